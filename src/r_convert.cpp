#include "layers/convert.h"
#include "r_glue.h"

using namespace convstep;

// The floats of an array of doubles, in the cells of an integer array (see r_glue.h), and back. An
// array that holds what is asked for comes back itself.
// [[Rcpp::export(rng = false)]]
SEXP to_single_cpp(SEXP x) {
  if (TYPEOF(x) == INTSXP) return x;
  Rcpp::Shield<SEXP> floats(uninitialised_like(x, INTSXP));
  to_single(Rf_xlength(x), cells(x), result_cells<float>(floats));
  return floats;
}

// [[Rcpp::export(rng = false)]]
SEXP to_double_cpp(SEXP x) {
  if (TYPEOF(x) == REALSXP) return x;
  Rcpp::Shield<SEXP> doubles(uninitialised_like(x, REALSXP));
  to_double(Rf_xlength(x), cells<float>(x), result_cells(doubles));
  return doubles;
}
