#include "layers/batchnorm.h"
#include "r_glue.h"

using namespace convstep;

namespace {

// The last axis holds the channels, one gamma each.
BatchnormShape shape_of(SEXP A_prev, SEXP gamma) {
  const Index C = Rf_xlength(gamma);
  return {Rf_xlength(A_prev) / C, C};
}

}  // namespace

// Normalises by the statistics of this batch; `variance` is divided by the number of cells.
// [[Rcpp::export(rng = false)]]
Rcpp::List batchnorm_train_cpp(SEXP A_prev, SEXP gamma, SEXP beta, double epsilon) {
  const BatchnormShape s = shape_of(A_prev, gamma);
  Rcpp::NumericVector mean(Rcpp::no_init(s.C));
  Rcpp::NumericVector variance(Rcpp::no_init(s.C));
  Rcpp::Shield<SEXP> Z(uninitialised_like(A_prev));
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    batchnorm_statistics(s, cells<Real>(A_prev), mean.begin(), variance.begin());
    batchnorm_forward(s, epsilon, cells<Real>(A_prev), cells(gamma), cells(beta), mean.begin(),
                      variance.begin(), result_cells<Real>(Z));
  });
  return Rcpp::List::create(Rcpp::Named("Z") = static_cast<SEXP>(Z), Rcpp::Named("mean") = mean,
                            Rcpp::Named("variance") = variance);
}

// Normalises by given statistics.
// [[Rcpp::export(rng = false)]]
SEXP batchnorm_predict_cpp(SEXP A_prev, SEXP gamma, SEXP beta, SEXP mean, SEXP variance,
                           double epsilon) {
  Rcpp::Shield<SEXP> Z(uninitialised_like(A_prev));
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    batchnorm_forward(shape_of(A_prev, gamma), epsilon, cells<Real>(A_prev), cells(gamma),
                      cells(beta), cells(mean), cells(variance), result_cells<Real>(Z));
  });
  return Z;
}

// [[Rcpp::export(rng = false)]]
Rcpp::List batchnorm_backward_cpp(SEXP dZ, SEXP A_prev, SEXP gamma, SEXP mean, SEXP variance,
                                  double epsilon, bool training) {
  Rcpp::Shield<SEXP> dA_prev(uninitialised_like(A_prev));
  Rcpp::Shield<SEXP> dgamma(uninitialised_like(gamma));
  Rcpp::Shield<SEXP> dbeta(uninitialised_like(gamma));
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    batchnorm_backward(shape_of(A_prev, gamma), epsilon, training, cells<Real>(dZ),
                       cells<Real>(A_prev), cells(gamma), cells(mean), cells(variance),
                       result_cells<Real>(dA_prev), REAL(dgamma), REAL(dbeta));
  });
  return Rcpp::List::create(Rcpp::Named("dA_prev") = static_cast<SEXP>(dA_prev),
                            Rcpp::Named("dgamma") = static_cast<SEXP>(dgamma),
                            Rcpp::Named("dbeta") = static_cast<SEXP>(dbeta));
}
