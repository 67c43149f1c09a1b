#include "conv/conv.h"
#include "r_glue.h"
#include "r_scalars.h"

using namespace convstep;

// [[Rcpp::export(rng = false)]]
SEXP conv_forward_cpp(SEXP A_prev, SEXP W, SEXP b, Rcpp::IntegerVector window, int groups) {
  const ConvGeometry g = or_r_error([&] {
    return conv_geometry(Dim4(A_prev).extent, Dim4(W).extent, window_spec(window), groups);
  });
  Rcpp::Shield<SEXP> Z(uninitialised_array({g.m, g.h.out, g.w.out, g.K}, TYPEOF(A_prev)));
  by_scalars(A_prev, [&](auto real, auto store) {
    using Store = decltype(store);
    conv_forward<decltype(real)>(g, cells<Store>(A_prev), cells(W), cells(b),
                                 result_cells<Store>(Z));
  });
  return Z;
}

// `wanted` says which of dA_prev, dW and db to compute; the others are NULL.
// [[Rcpp::export(rng = false)]]
Rcpp::List conv_backward_cpp(SEXP dZ, SEXP A_prev, SEXP W, Rcpp::IntegerVector window, int groups,
                             Rcpp::LogicalVector wanted) {
  const ConvGeometry g = or_r_error([&] {
    return conv_geometry(Dim4(A_prev).extent, Dim4(W).extent, window_spec(window), groups);
  });
  const Index axis_w[] = {g.h.filter, g.w.filter, g.group_channels(), g.K};
  Rcpp::RObject dA_prev;
  Rcpp::RObject dW;
  Rcpp::RObject db;
  if (wanted[0]) dA_prev = uninitialised_array({g.m, g.h.in, g.w.in, g.C}, TYPEOF(A_prev));
  if (wanted[1]) dW = uninitialised_array({axis_w[0], axis_w[1], axis_w[2], axis_w[3]});
  if (wanted[2]) db = uninitialised_array({1, 1, 1, g.K});
  by_scalars(A_prev, [&](auto real, auto store) {
    using Store = decltype(store);
    conv_backward<decltype(real)>(g, cells<Store>(dZ), cells<Store>(A_prev), cells(W),
                                  result_cells<Store>(dA_prev), result_cells(dW), result_cells(db));
  });
  return Rcpp::List::create(Rcpp::Named("dA_prev") = dA_prev, Rcpp::Named("dW") = dW,
                            Rcpp::Named("db") = db);
}

// The output extents (m, n_H, n_W, n_C) of a convolution, by its shapes alone.
// [[Rcpp::export(rng = false)]]
Rcpp::IntegerVector conv_output_dim_cpp(Rcpp::IntegerVector a_dim, Rcpp::IntegerVector w_dim,
                                        Rcpp::IntegerVector window, int groups) {
  Index a[4];
  Index w[4];
  for (int i = 0; i < 4; ++i) {
    a[i] = a_dim[i];
    w[i] = w_dim[i];
  }
  const ConvGeometry g =
      or_r_error([&] { return conv_geometry(a, w, window_spec(window), groups); });
  return Rcpp::IntegerVector::create(static_cast<int>(g.m), static_cast<int>(g.h.out),
                                     static_cast<int>(g.w.out), static_cast<int>(g.K));
}
