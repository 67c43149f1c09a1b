#include <cmath>

#include "layers/dropout.h"
#include "r_glue.h"

using namespace convstep;

// `draws` are two numbers of R's generator, in (0, 1): the upper and lower half of the seed.
// [[Rcpp::export(rng = false)]]
Rcpp::List dropout_forward_cpp(SEXP A_prev, double rate, Rcpp::NumericVector draws) {
  const auto half = [](double u) { return static_cast<std::uint64_t>(std::ldexp(u, 32)); };
  const std::uint64_t seed = half(draws[0]) << 32 | half(draws[1]);
  Rcpp::Shield<SEXP> A(uninitialised_like(A_prev));
  Rcpp::Shield<SEXP> mask(uninitialised_like(A_prev, LGLSXP));
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    dropout_forward(Rf_xlength(A_prev), rate, seed, cells<Real>(A_prev), result_cells<Real>(A),
                    LOGICAL(mask));
  });
  return Rcpp::List::create(Rcpp::Named("A") = static_cast<SEXP>(A),
                            Rcpp::Named("mask") = static_cast<SEXP>(mask));
}

// [[Rcpp::export(rng = false)]]
SEXP dropout_backward_cpp(SEXP dA, SEXP mask, double rate) {
  Rcpp::Shield<SEXP> dA_prev(uninitialised_like(dA));
  by_scalar(dA, [&](auto real) {
    using Real = decltype(real);
    dropout_backward(Rf_xlength(dA), rate, cells<Real>(dA), LOGICAL_RO(mask),
                     result_cells<Real>(dA_prev));
  });
  return dA_prev;
}
