#include <vector>

#include "layers/gather.h"
#include "r_glue.h"

using namespace convstep;

namespace {

// run(cells) with the cells of x as what they are.
template <typename Run>
void by_type(SEXP x, Run run) {
  switch (TYPEOF(x)) {
    case REALSXP:
      run(REAL_RO(x));
      break;
    case INTSXP:
      run(INTEGER_RO(x));
      break;
    case LGLSXP:
      run(LOGICAL_RO(x));
      break;
    default:
      run(RAW_RO(x));
  }
}

}  // namespace

// The images `rows` (all within 1..m) of x (m, H, W, C), double, integer, logical or raw, each
// value less `centre` and times `factor`: one number each, or one a channel. The result holds
// doubles, or floats as r_glue.h has them if `single`.
// [[Rcpp::export(rng = false)]]
SEXP gather_batch_cpp(SEXP x, Rcpp::IntegerVector rows, Rcpp::NumericVector centre,
                      Rcpp::NumericVector factor, bool single = false) {
  const Dim4 dim(x);
  const Index pixels = dim.extent[1] * dim.extent[2];
  const Index b = rows.size();
  const Scaling scaling{centre.begin(), factor.begin(),
                        centre.size() > 1 ? pixels : pixels * dim.extent[3]};
  Rcpp::Shield<SEXP> batch(uninitialised_array({b, dim.extent[1], dim.extent[2], dim.extent[3]},
                                               single ? INTSXP : REALSXP));
  by_type(x, [&](const auto* cells) {
    by_scalar(batch, [&](auto real) {
      gather_rows(dim.extent[0], pixels * dim.extent[3], b, cells, rows.begin(), scaling,
                  result_cells<decltype(real)>(batch));
    });
  });
  return batch;
}

// A matrix with a row a channel: the mean of the images `rows` of x, and the sum of the squares of
// the distances from it.
// [[Rcpp::export(rng = false)]]
Rcpp::NumericMatrix channel_moments_cpp(SEXP x, Rcpp::IntegerVector rows) {
  const Dim4 dim(x);
  const Index channels = dim.extent[3];
  std::vector<Moments> moments(static_cast<std::size_t>(channels));
  by_type(x, [&](const auto* cells) {
    channel_moments(dim.extent[0], dim.extent[1] * dim.extent[2], channels, rows.size(), cells,
                    rows.begin(), moments.data());
  });
  Rcpp::NumericMatrix result(static_cast<int>(channels), 2);
  for (Index c = 0; c < channels; ++c) {
    result(static_cast<int>(c), 0) = moments[static_cast<std::size_t>(c)].mean;
    result(static_cast<int>(c), 1) = moments[static_cast<std::size_t>(c)].squares;
  }
  return result;
}

// The images `rows` (all within 1..m) of x (m, H, W, C), as they are.
// [[Rcpp::export(rng = false)]]
SEXP take_images_cpp(SEXP x, Rcpp::IntegerVector rows) {
  const Dim4 dim(x);
  const Index n = dim.extent[0];
  const Index pixels = dim.extent[1] * dim.extent[2] * dim.extent[3];
  const Index b = rows.size();
  Rcpp::Shield<SEXP> taken(
      uninitialised_array({b, dim.extent[1], dim.extent[2], dim.extent[3]}, TYPEOF(x)));
  switch (TYPEOF(x)) {
    case REALSXP:
      take_rows(n, pixels, b, REAL_RO(x), rows.begin(), REAL(taken));
      break;
    case INTSXP:
      take_rows(n, pixels, b, INTEGER_RO(x), rows.begin(), INTEGER(taken));
      break;
    case LGLSXP:
      take_rows(n, pixels, b, LOGICAL_RO(x), rows.begin(), LOGICAL(taken));
      break;
    default:
      take_rows(n, pixels, b, RAW_RO(x), rows.begin(), RAW(taken));
  }
  return taken;
}
