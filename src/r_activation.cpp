#include "layers/activation.h"
#include "r_glue.h"

using namespace convstep;

namespace {

// forward(n, Z, A) and backward(n, dA, Z, dZ) fill the results, of doubles or of floats.
template <typename Forward>
SEXP forward_like(SEXP Z, Forward forward) {
  Rcpp::Shield<SEXP> A(uninitialised_like(Z));
  by_scalar(Z, [&](auto real) {
    using Real = decltype(real);
    forward(Rf_xlength(Z), cells<Real>(Z), result_cells<Real>(A));
  });
  return A;
}

template <typename Backward>
SEXP backward_like(SEXP dA, SEXP Z, Backward backward) {
  Rcpp::Shield<SEXP> dZ(uninitialised_like(dA));
  by_scalar(dA, [&](auto real) {
    using Real = decltype(real);
    backward(Rf_xlength(dA), cells<Real>(dA), cells<Real>(Z), result_cells<Real>(dZ));
  });
  return dZ;
}

}  // namespace

// [[Rcpp::export(rng = false)]]
SEXP sigmoid_cpp(SEXP Z) {
  return forward_like(Z, [](Index n, auto z, auto a) { sigmoid_forward(n, z, a); });
}

// [[Rcpp::export(rng = false)]]
SEXP sigmoid_backward_cpp(SEXP dA, SEXP Z) {
  return backward_like(dA, Z,
                       [](Index n, auto da, auto z, auto dz) { sigmoid_backward(n, da, z, dz); });
}

// [[Rcpp::export(rng = false)]]
SEXP relu_cpp(SEXP Z) {
  return forward_like(Z, [](Index n, auto z, auto a) { relu_forward(n, z, a); });
}

// [[Rcpp::export(rng = false)]]
SEXP relu_backward_cpp(SEXP dA, SEXP Z) {
  return backward_like(dA, Z,
                       [](Index n, auto da, auto z, auto dz) { relu_backward(n, da, z, dz); });
}

// [[Rcpp::export(rng = false)]]
SEXP leaky_relu_cpp(SEXP Z, double slope) {
  return forward_like(Z, [=](Index n, auto z, auto a) { leaky_relu_forward(n, slope, z, a); });
}

// [[Rcpp::export(rng = false)]]
SEXP leaky_relu_backward_cpp(SEXP dA, SEXP Z, double slope) {
  return backward_like(
      dA, Z, [=](Index n, auto da, auto z, auto dz) { leaky_relu_backward(n, slope, da, z, dz); });
}

// [[Rcpp::export(rng = false)]]
SEXP tanh_cpp(SEXP Z) {
  return forward_like(Z, [](Index n, auto z, auto a) { tanh_forward(n, z, a); });
}

// [[Rcpp::export(rng = false)]]
SEXP tanh_backward_cpp(SEXP dA, SEXP Z) {
  return backward_like(dA, Z,
                       [](Index n, auto da, auto z, auto dz) { tanh_backward(n, da, z, dz); });
}

// The activations of simd/activation_body.h, by name.
// [[Rcpp::export(rng = false)]]
SEXP activation_cpp(SEXP Z, std::string name) {
  return forward_like(Z,
                      [&](Index n, auto z, auto a) { activation_forward(name.c_str(), n, z, a); });
}

// [[Rcpp::export(rng = false)]]
SEXP activation_backward_cpp(SEXP dA, SEXP Z, std::string name) {
  return backward_like(dA, Z, [&](Index n, auto da, auto z, auto dz) {
    activation_backward(name.c_str(), n, da, z, dz);
  });
}
