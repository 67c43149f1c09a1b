#include "layers/loss.h"
#include "r_glue.h"

using namespace convstep;

// `y` holds the columns of the true classes, or is a matrix of each example's shares of the
// classes; `weights` is a number a class, or NULL.
// [[Rcpp::export(rng = false)]]
Rcpp::List softmax_loss_cpp(SEXP Z, SEXP y, SEXP weights, bool gradient) {
  const Index m = Rf_nrows(Z);
  const Index K = Rf_ncols(Z);
  Rcpp::RObject dZ;
  if (gradient) dZ = uninitialised_array({m, K}, TYPEOF(Z));
  const LossSum loss = by_scalar(Z, [&](auto real) {
    using Real = decltype(real);
    const double* weight = Rf_isNull(weights) ? nullptr : cells(weights);
    Real* slope = result_cells<Real>(dZ);
    return TYPEOF(y) == REALSXP
               ? shared_softmax_loss(m, K, cells<Real>(Z), REAL_RO(y), weight, slope)
               : softmax_loss(m, K, cells<Real>(Z), INTEGER_RO(y), weight, slope);
  });
  return Rcpp::List::create(Rcpp::Named("sum") = loss.sum, Rcpp::Named("correct") = loss.correct,
                            Rcpp::Named("dZ") = dZ);
}
