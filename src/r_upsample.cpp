#include "layers/upsample.h"
#include "r_glue.h"

using namespace convstep;

namespace {

UpsampleShape shape_of(const Index a_dim[4], const Rcpp::IntegerVector& factor, bool bilinear) {
  const Index by[] = {factor[0], factor[1]};
  return or_r_error([&] { return upsample_shape(a_dim, by, bilinear); });
}

}  // namespace

// [[Rcpp::export(rng = false)]]
SEXP upsample_forward_cpp(SEXP A_prev, Rcpp::IntegerVector factor, bool bilinear) {
  const UpsampleShape s = shape_of(Dim4(A_prev).extent, factor, bilinear);
  Rcpp::Shield<SEXP> Z(uninitialised_array({s.m, s.out_h(), s.out_w(), s.C}, TYPEOF(A_prev)));
  if (s.m == 0) return Z;
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    upsample_forward(s, cells<Real>(A_prev), result_cells<Real>(Z));
  });
  return Z;
}

// `a_dim` are the extents of the input.
// [[Rcpp::export(rng = false)]]
SEXP upsample_backward_cpp(SEXP dZ, Rcpp::IntegerVector a_dim, Rcpp::IntegerVector factor,
                           bool bilinear) {
  const Index dim[] = {a_dim[0], a_dim[1], a_dim[2], a_dim[3]};
  const UpsampleShape s = shape_of(dim, factor, bilinear);
  Rcpp::Shield<SEXP> dA_prev(uninitialised_array({s.m, s.H, s.W, s.C}, TYPEOF(dZ)));
  if (s.m == 0) return dA_prev;
  by_scalar(dZ, [&](auto real) {
    using Real = decltype(real);
    upsample_backward(s, cells<Real>(dZ), result_cells<Real>(dA_prev));
  });
  return dA_prev;
}
