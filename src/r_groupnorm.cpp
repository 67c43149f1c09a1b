#include "layers/groupnorm.h"
#include "r_glue.h"

using namespace convstep;

namespace {

// The last axis of A_prev holds the channels. Over pixels: each pixel of each example by itself, as
// if it were an example.
GroupnormShape shape_of(SEXP A_prev, SEXP gamma, int groups, bool by_pixel) {
  const Index m = INTEGER(Rf_getAttrib(A_prev, R_DimSymbol))[0];
  const Index C = Rf_xlength(gamma);
  const Index cells = Rf_xlength(A_prev) / C;
  if (by_pixel || m == 0) return {cells, 1, C, groups};
  return {m, cells / m, C, groups};
}

}  // namespace

// Returns Z and the statistics (examples or pixels, groups).
// [[Rcpp::export(rng = false)]]
Rcpp::List groupnorm_forward_cpp(SEXP A_prev, SEXP gamma, SEXP beta, int groups, bool by_pixel,
                                 double epsilon) {
  const GroupnormShape s = shape_of(A_prev, gamma, groups, by_pixel);
  Rcpp::Shield<SEXP> mean(uninitialised_array({s.m, s.groups}));
  Rcpp::Shield<SEXP> variance(uninitialised_array({s.m, s.groups}));
  Rcpp::Shield<SEXP> Z(uninitialised_like(A_prev));
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    groupnorm_statistics(s, cells<Real>(A_prev), REAL(mean), REAL(variance));
    groupnorm_forward(s, epsilon, cells<Real>(A_prev), cells(gamma), cells(beta), REAL(mean),
                      REAL(variance), result_cells<Real>(Z));
  });
  return Rcpp::List::create(Rcpp::Named("Z") = static_cast<SEXP>(Z),
                            Rcpp::Named("mean") = static_cast<SEXP>(mean),
                            Rcpp::Named("variance") = static_cast<SEXP>(variance));
}

// [[Rcpp::export(rng = false)]]
Rcpp::List groupnorm_backward_cpp(SEXP dZ, SEXP A_prev, SEXP gamma, SEXP mean, SEXP variance,
                                  int groups, bool by_pixel, double epsilon) {
  const GroupnormShape s = shape_of(A_prev, gamma, groups, by_pixel);
  Rcpp::Shield<SEXP> dA_prev(uninitialised_like(A_prev));
  Rcpp::Shield<SEXP> dgamma(uninitialised_like(gamma));
  Rcpp::Shield<SEXP> dbeta(uninitialised_like(gamma));
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    groupnorm_backward(s, epsilon, cells<Real>(dZ), cells<Real>(A_prev), cells(gamma), cells(mean),
                       cells(variance), result_cells<Real>(dA_prev), REAL(dgamma), REAL(dbeta));
  });
  return Rcpp::List::create(Rcpp::Named("dA_prev") = static_cast<SEXP>(dA_prev),
                            Rcpp::Named("dgamma") = static_cast<SEXP>(dgamma),
                            Rcpp::Named("dbeta") = static_cast<SEXP>(dbeta));
}
