#include <cstdint>
#include <vector>

#include "base/random.h"
#include "images/augment.h"
#include "r_glue.h"

using namespace convstep;

namespace {

// The stream of image `i` of a batch: the numbers of its `key` (seed, epoch, batch, step, ...),
// then that of the image, each mixed into what came before.
std::uint64_t stream_of(const Rcpp::NumericVector& key, Index i) {
  std::uint64_t stream = 0;
  for (double part : key) stream = splitmix(stream, static_cast<std::uint64_t>(part));
  return splitmix(stream, static_cast<std::uint64_t>(i));
}

// run(shape, X, out) on a batch and a fresh one like it, in the scalar that it holds.
template <typename Run>
SEXP changed(SEXP x, Run run) {
  const Dim4 dim(x);
  const BatchShape shape{dim.extent[0], dim.extent[1], dim.extent[2], dim.extent[3]};
  Rcpp::Shield<SEXP> out(uninitialised_like(x));
  by_scalar(x, [&](auto real) {
    using Real = decltype(real);
    run(shape, cells<Real>(x), result_cells<Real>(out));
    return 0;
  });
  return out;
}

}  // namespace

// The first `n` uniform numbers of the stream of each of `b` images, a row an image.
// [[Rcpp::export(rng = false)]]
Rcpp::NumericMatrix augment_uniforms_cpp(Rcpp::NumericVector key, int b, int n) {
  Rcpp::NumericMatrix draws(b, n);
  for (int i = 0; i < b; ++i) {
    const std::uint64_t stream = stream_of(key, i);
    for (int k = 0; k < n; ++k) draws(i, k) = uniform(stream, static_cast<std::uint64_t>(k));
  }
  return draws;
}

// [[Rcpp::export(rng = false)]]
SEXP shift_images_cpp(SEXP x, Rcpp::IntegerVector dy, Rcpp::IntegerVector dx, double fill) {
  return changed(x, [&](const BatchShape& shape, const auto* X, auto* out) {
    shift_images(shape, X, dy.begin(), dx.begin(), fill, out);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP flip_images_cpp(SEXP x, Rcpp::LogicalVector vertical, Rcpp::LogicalVector horizontal) {
  return changed(x, [&](const BatchShape& shape, const auto* X, auto* out) {
    flip_images(shape, X, vertical.begin(), horizontal.begin(), out);
  });
}

// `map` has a column of six numbers an image.
// [[Rcpp::export(rng = false)]]
SEXP warp_images_cpp(SEXP x, Rcpp::NumericMatrix map, double fill, bool extend) {
  return changed(x, [&](const BatchShape& shape, const auto* X, auto* out) {
    warp_images(shape, X, map.begin(), fill, extend, out);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP colour_images_cpp(SEXP x, Rcpp::NumericVector brightness, Rcpp::NumericVector contrast,
                       Rcpp::NumericVector saturation) {
  return changed(x, [&](const BatchShape& shape, const auto* X, auto* out) {
    colour_images(shape, X, brightness.begin(), contrast.begin(), saturation.begin(), out);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP noisy_images_cpp(SEXP x, Rcpp::NumericVector key, double sd) {
  std::vector<std::uint64_t> keys;
  for (Index i = 0; i < Dim4(x).extent[0]; ++i) keys.push_back(stream_of(key, i));
  return changed(x, [&](const BatchShape& shape, const auto* X, auto* out) {
    noisy_images(shape, X, keys.data(), sd, out);
  });
}

// Rows and columns count from 0.
// [[Rcpp::export(rng = false)]]
SEXP erase_images_cpp(SEXP x, Rcpp::IntegerVector top, Rcpp::IntegerVector height,
                      Rcpp::IntegerVector left, Rcpp::IntegerVector width, double fill) {
  return changed(x, [&](const BatchShape& shape, const auto* X, auto* out) {
    erase_images(shape, X, top.begin(), height.begin(), left.begin(), width.begin(), fill, out);
  });
}

// `partner` counts from 0.
// [[Rcpp::export(rng = false)]]
SEXP blend_images_cpp(SEXP x, Rcpp::IntegerVector partner, Rcpp::NumericVector share) {
  return changed(x, [&](const BatchShape& shape, const auto* X, auto* out) {
    blend_images(shape, X, partner.begin(), share.begin(), out);
  });
}
