#include "activation.h"
#include "r_glue.h"

using namespace convstep;

namespace {

template <typename Forward>
SEXP forward_like(SEXP Z, Forward forward) {
  Rcpp::Shield<SEXP> A(uninitialised_like(Z));
  forward(Rf_xlength(Z), cells(Z), REAL(A));
  return A;
}

template <typename Backward>
SEXP backward_like(SEXP dA, SEXP Z, Backward backward) {
  Rcpp::Shield<SEXP> dZ(uninitialised_like(dA));
  backward(Rf_xlength(dA), cells(dA), cells(Z), REAL(dZ));
  return dZ;
}

}  // namespace

// [[Rcpp::export(rng = false)]]
SEXP sigmoid_cpp(SEXP Z) { return forward_like(Z, sigmoid_forward); }

// [[Rcpp::export(rng = false)]]
SEXP sigmoid_backward_cpp(SEXP dA, SEXP Z) { return backward_like(dA, Z, sigmoid_backward); }

// [[Rcpp::export(rng = false)]]
SEXP relu_cpp(SEXP Z) { return forward_like(Z, relu_forward); }

// [[Rcpp::export(rng = false)]]
SEXP relu_backward_cpp(SEXP dA, SEXP Z) { return backward_like(dA, Z, relu_backward); }
