#include "layers/affine.h"
#include "r_glue.h"
#include "r_scalars.h"

using namespace convstep;

// [[Rcpp::export(rng = false)]]
SEXP affine_forward_cpp(SEXP A_prev, SEXP W, SEXP b) {
  const Index m = Rf_nrows(A_prev);
  const Index D = Rf_nrows(W);
  const Index U = Rf_ncols(W);
  Rcpp::Shield<SEXP> Z(uninitialised_array({m, U}, TYPEOF(A_prev)));
  by_scalars(A_prev, [&](auto real, auto store) {
    using Store = decltype(store);
    affine_forward<decltype(real)>(m, D, U, cells<Store>(A_prev), cells(W), cells(b),
                                   result_cells<Store>(Z));
  });
  return Z;
}

// `wanted` says which of dA_prev, dW and db to compute; the others are NULL. dA_prev has the
// extents of A_prev, which may be an array whose examples W takes as rows.
// [[Rcpp::export(rng = false)]]
Rcpp::List affine_backward_cpp(SEXP dZ, SEXP A_prev, SEXP W, Rcpp::LogicalVector wanted) {
  const Index m = Rf_nrows(A_prev);
  const Index D = Rf_nrows(W);
  const Index U = Rf_ncols(W);
  Rcpp::RObject dA_prev;
  Rcpp::RObject dW;
  Rcpp::RObject db;
  if (wanted[0]) {
    dA_prev = uninitialised_array({m, D}, TYPEOF(A_prev));
    Rf_setAttrib(dA_prev, R_DimSymbol, Rf_getAttrib(A_prev, R_DimSymbol));
  }
  if (wanted[1]) dW = uninitialised_array({D, U});
  if (wanted[2]) db = uninitialised_array({1, U});
  by_scalars(A_prev, [&](auto real, auto store) {
    using Store = decltype(store);
    affine_backward<decltype(real)>(m, D, U, cells<Store>(dZ), cells<Store>(A_prev), cells(W),
                                    result_cells<Store>(dA_prev), result_cells(dW),
                                    result_cells(db));
  });
  return Rcpp::List::create(Rcpp::Named("dA_prev") = dA_prev, Rcpp::Named("dW") = dW,
                            Rcpp::Named("db") = db);
}
