#include "layers/conv_transpose.h"
#include "r_glue.h"
#include "r_scalars.h"

using namespace convstep;

namespace {

ConvGeometry geometry_of(const Index a_dim[4], const Index w_dim[4],
                         const Rcpp::IntegerVector& window, int groups) {
  const Index output_pad[] = {window[6], window[7]};
  return or_r_error([&] {
    return conv_transpose_geometry(a_dim, w_dim, window_spec(window), output_pad, groups);
  });
}

}  // namespace

// `window` has the output padding behind stride, pad and dilation.
// [[Rcpp::export(rng = false)]]
SEXP conv_transpose_forward_cpp(SEXP A_prev, SEXP W, SEXP b, Rcpp::IntegerVector window,
                                int groups) {
  const ConvGeometry g = geometry_of(Dim4(A_prev).extent, Dim4(W).extent, window, groups);
  Rcpp::Shield<SEXP> Z(uninitialised_array({g.m, g.h.in, g.w.in, g.C}, TYPEOF(A_prev)));
  by_scalars(A_prev, [&](auto real, auto store) {
    using Store = decltype(store);
    conv_transpose_forward<decltype(real)>(g, cells<Store>(A_prev), cells(W), cells(b),
                                           result_cells<Store>(Z));
  });
  return Z;
}

// `wanted` says which of dA_prev, dW and db to compute; the others are NULL.
// [[Rcpp::export(rng = false)]]
Rcpp::List conv_transpose_backward_cpp(SEXP dZ, SEXP A_prev, SEXP W, Rcpp::IntegerVector window,
                                       int groups, Rcpp::LogicalVector wanted) {
  const ConvGeometry g = geometry_of(Dim4(A_prev).extent, Dim4(W).extent, window, groups);
  Rcpp::RObject dA_prev;
  Rcpp::RObject dW;
  Rcpp::RObject db;
  if (wanted[0]) dA_prev = uninitialised_array({g.m, g.h.out, g.w.out, g.K}, TYPEOF(A_prev));
  if (wanted[1]) {
    dW = uninitialised_array({g.h.filter, g.w.filter, g.group_channels(), g.K});
  }
  if (wanted[2]) db = uninitialised_array({1, 1, 1, g.C});
  by_scalars(A_prev, [&](auto real, auto store) {
    using Store = decltype(store);
    conv_transpose_backward<decltype(real)>(g, cells<Store>(dZ), cells<Store>(A_prev), cells(W),
                                            result_cells<Store>(dA_prev), result_cells(dW),
                                            result_cells(db));
  });
  return Rcpp::List::create(Rcpp::Named("dA_prev") = dA_prev, Rcpp::Named("dW") = dW,
                            Rcpp::Named("db") = db);
}

// The output extents (m, n_H, n_W, n_C), by the shapes alone.
// [[Rcpp::export(rng = false)]]
Rcpp::IntegerVector conv_transpose_output_dim_cpp(Rcpp::IntegerVector a_dim,
                                                  Rcpp::IntegerVector w_dim,
                                                  Rcpp::IntegerVector window, int groups) {
  const Index a[] = {a_dim[0], a_dim[1], a_dim[2], a_dim[3]};
  const Index w[] = {w_dim[0], w_dim[1], w_dim[2], w_dim[3]};
  const ConvGeometry g = geometry_of(a, w, window, groups);
  return Rcpp::IntegerVector::create(static_cast<int>(g.m), static_cast<int>(g.h.in),
                                     static_cast<int>(g.w.in), static_cast<int>(g.C));
}
