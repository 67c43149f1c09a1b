#include "layers/pool.h"
#include "r_glue.h"

using namespace convstep;

namespace {

PoolGeometry geometry_of(SEXP A_prev, const Rcpp::IntegerVector& f,
                         const Rcpp::IntegerVector& window) {
  const Index taps[] = {f[0], f[1]};
  return or_r_error([&] { return pool_geometry(Dim4(A_prev).extent, taps, window_spec(window)); });
}

}  // namespace

// [[Rcpp::export(rng = false)]]
SEXP pool_forward_cpp(SEXP A_prev, Rcpp::IntegerVector f, Rcpp::IntegerVector window,
                      bool average) {
  const PoolGeometry g = geometry_of(A_prev, f, window);
  Rcpp::Shield<SEXP> A(uninitialised_array({g.m, g.h.out, g.w.out, g.C}, TYPEOF(A_prev)));
  if (g.m == 0) return A;  // the extents of an empty batch may be as large as can be
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    const Real* from = cells<Real>(A_prev);
    average ? pool_average_forward(g, from, result_cells<Real>(A))
            : pool_max_forward(g, from, result_cells<Real>(A));
  });
  return A;
}

// [[Rcpp::export(rng = false)]]
SEXP pool_backward_cpp(SEXP dA, SEXP A_prev, Rcpp::IntegerVector f, Rcpp::IntegerVector window,
                       bool average, bool first_only) {
  const PoolGeometry g = geometry_of(A_prev, f, window);
  Rcpp::Shield<SEXP> dA_prev(uninitialised_array({g.m, g.h.in, g.w.in, g.C}, TYPEOF(A_prev)));
  if (g.m == 0) return dA_prev;
  by_scalar(A_prev, [&](auto real) {
    using Real = decltype(real);
    Real* to = result_cells<Real>(dA_prev);
    if (average) {
      pool_average_backward(g, cells<Real>(dA), to);
    } else {
      pool_max_backward(g, first_only ? Ties::first : Ties::all, cells<Real>(dA),
                        cells<Real>(A_prev), to);
    }
  });
  return dA_prev;
}

// The output extents (m, n_H, n_W, n_C) of a pooling layer.
// [[Rcpp::export(rng = false)]]
Rcpp::IntegerVector pool_output_dim_cpp(SEXP A_prev, Rcpp::IntegerVector f,
                                        Rcpp::IntegerVector window) {
  const PoolGeometry g = geometry_of(A_prev, f, window);
  return Rcpp::IntegerVector::create(static_cast<int>(g.m), static_cast<int>(g.h.out),
                                     static_cast<int>(g.w.out), static_cast<int>(g.C));
}
