#include "layers/activation.h"
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

// [[Rcpp::export(rng = false)]]
SEXP leaky_relu_cpp(SEXP Z, double slope) {
  return forward_like(
      Z, [slope](Index n, const double* z, double* a) { leaky_relu_forward(n, slope, z, a); });
}

// [[Rcpp::export(rng = false)]]
SEXP leaky_relu_backward_cpp(SEXP dA, SEXP Z, double slope) {
  return backward_like(dA, Z, [slope](Index n, const double* da, const double* z, double* dz) {
    leaky_relu_backward(n, slope, da, z, dz);
  });
}

// [[Rcpp::export(rng = false)]]
SEXP tanh_cpp(SEXP Z) { return forward_like(Z, tanh_forward); }

// [[Rcpp::export(rng = false)]]
SEXP tanh_backward_cpp(SEXP dA, SEXP Z) { return backward_like(dA, Z, tanh_backward); }
