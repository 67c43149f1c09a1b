#include "layers/cost.h"
#include "r_glue.h"

using namespace convstep;

namespace {

// A matrix by row; anything else is one row.
struct Rows {
  Index m, K;
  explicit Rows(SEXP x)
      : m(Rf_isMatrix(x) ? Rf_nrows(x) : 1), K(Rf_isMatrix(x) ? Rf_ncols(x) : Rf_xlength(x)) {}
};

}  // namespace

// [[Rcpp::export(rng = false)]]
Rcpp::NumericVector logsumexp_cpp(SEXP x) {
  const Rows rows(x);
  Rcpp::NumericVector out(Rcpp::no_init(rows.m));
  log_sum_exp(rows.m, rows.K, cells(x), out.begin());
  return out;
}

// [[Rcpp::export(rng = false)]]
SEXP softmax_cpp(SEXP x) {
  const Rows rows(x);
  Rcpp::Shield<SEXP> probs(uninitialised_like(x));
  by_scalar(x, [&](auto real) {
    using Real = decltype(real);
    softmax(rows.m, rows.K, cells<Real>(x), result_cells<Real>(probs));
  });
  return probs;
}

// `column` is each row's true class, counted from 1 and within ncol(AL).
// [[Rcpp::export(rng = false)]]
double cross_entropy_cpp(SEXP AL, Rcpp::IntegerVector column) {
  return cross_entropy(Rf_nrows(AL), cells(AL), column.begin());
}

// [[Rcpp::export(rng = false)]]
SEXP cross_entropy_gradient_cpp(SEXP AL, Rcpp::IntegerVector column) {
  Rcpp::Shield<SEXP> gradient(uninitialised_like(AL));
  cross_entropy_gradient(Rf_nrows(AL), Rf_ncols(AL), cells(AL), column.begin(), REAL(gradient));
  return gradient;
}
