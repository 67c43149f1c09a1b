#include "layers/loss.h"
#include "r_glue.h"

using namespace convstep;

// `y` holds the numbers of the true classes, integers, or a matrix of the classes' probabilities;
// `weights` is a number a class, or NULL.
// [[Rcpp::export(rng = false)]]
Rcpp::List softmax_loss_cpp(SEXP Z, SEXP y, double smoothing, SEXP weights, bool gradient) {
  const Index m = Rf_nrows(Z);
  const Index K = Rf_ncols(Z);
  const bool classes = TYPEOF(y) == INTSXP;
  const Targets targets{classes ? INTEGER_RO(y) : nullptr, classes ? nullptr : cells(y), smoothing};
  Rcpp::RObject dZ;
  if (gradient) dZ = uninitialised_array({m, K}, TYPEOF(Z));
  const LossSum loss = by_scalar(Z, [&](auto real) {
    using Real = decltype(real);
    return softmax_loss(m, K, cells<Real>(Z), targets,
                        Rf_isNull(weights) ? nullptr : cells(weights), result_cells<Real>(dZ));
  });
  return Rcpp::List::create(Rcpp::Named("sum") = loss.sum, Rcpp::Named("correct") = loss.correct,
                            Rcpp::Named("dZ") = dZ);
}
