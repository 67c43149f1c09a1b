#include "layers/optimizer.h"
#include "r_glue.h"

using namespace convstep;

// The gradient is first clamped to [-clip, clip] (Inf: not at all), multiplied by `scale`, and `l2`
// times the parameter added, in all of these. `step` counts from 1.
// [[Rcpp::export(rng = false)]]
Rcpp::List adam_step_cpp(SEXP param, SEXP grad, SEXP m, SEXP v, double lr, double beta1,
                         double beta2, double eps, double step, double weight_decay, double l2,
                         double clip, double scale) {
  Rcpp::Shield<SEXP> new_param(uninitialised_like(param));
  Rcpp::Shield<SEXP> new_m(uninitialised_like(param));
  Rcpp::Shield<SEXP> new_v(uninitialised_like(param));
  adam_step(Rf_xlength(param), {lr, beta1, beta2, eps, step, weight_decay}, {clip, scale, l2},
            cells(param), cells(grad), cells(m), cells(v), REAL(new_param), REAL(new_m),
            REAL(new_v));
  return Rcpp::List::create(Rcpp::Named("param") = static_cast<SEXP>(new_param),
                            Rcpp::Named("m") = static_cast<SEXP>(new_m),
                            Rcpp::Named("v") = static_cast<SEXP>(new_v));
}

// [[Rcpp::export(rng = false)]]
Rcpp::List sgd_step_cpp(SEXP param, SEXP grad, SEXP u, double lr, double momentum, bool nesterov,
                        double l2, double clip, double scale) {
  Rcpp::Shield<SEXP> new_param(uninitialised_like(param));
  Rcpp::Shield<SEXP> new_u(uninitialised_like(param));
  sgd_step(Rf_xlength(param), {lr, momentum, nesterov}, {clip, scale, l2}, cells(param),
           cells(grad), cells(u), REAL(new_param), REAL(new_u));
  return Rcpp::List::create(Rcpp::Named("param") = static_cast<SEXP>(new_param),
                            Rcpp::Named("u") = static_cast<SEXP>(new_u));
}

// [[Rcpp::export(rng = false)]]
Rcpp::List rmsprop_step_cpp(SEXP param, SEXP grad, SEXP v, SEXP u, double lr, double rho,
                            double eps, double momentum, double l2, double clip, double scale) {
  Rcpp::Shield<SEXP> new_param(uninitialised_like(param));
  Rcpp::Shield<SEXP> new_v(uninitialised_like(param));
  Rcpp::Shield<SEXP> new_u(uninitialised_like(param));
  rmsprop_step(Rf_xlength(param), {lr, rho, eps, momentum}, {clip, scale, l2}, cells(param),
               cells(grad), cells(v), cells(u), REAL(new_param), REAL(new_v), REAL(new_u));
  return Rcpp::List::create(Rcpp::Named("param") = static_cast<SEXP>(new_param),
                            Rcpp::Named("v") = static_cast<SEXP>(new_v),
                            Rcpp::Named("u") = static_cast<SEXP>(new_u));
}

// The sum of the squares of the clamped gradient, for clipping by the norm.
// [[Rcpp::export(rng = false)]]
double sum_of_squares_cpp(SEXP grad, double clip) {
  return sum_of_squares(Rf_xlength(grad), clip, cells(grad));
}
