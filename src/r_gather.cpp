#include "layers/gather.h"
#include "r_glue.h"

using namespace convstep;

// The images `rows` (all within 1..m) of x (m, H, W, C), double, integer, logical or raw.
// [[Rcpp::export(rng = false)]]
SEXP gather_batch_cpp(SEXP x, Rcpp::IntegerVector rows, double scale) {
  const Dim4 dim(x);
  const Index n = dim.extent[0];
  const Index pixels = dim.extent[1] * dim.extent[2] * dim.extent[3];
  const Index b = rows.size();
  Rcpp::Shield<SEXP> batch(uninitialised_array({b, dim.extent[1], dim.extent[2], dim.extent[3]}));
  double* out = REAL(batch);
  switch (TYPEOF(x)) {
    case REALSXP:
      gather_rows(n, pixels, b, REAL_RO(x), rows.begin(), scale, out);
      break;
    case INTSXP:
      gather_rows(n, pixels, b, INTEGER_RO(x), rows.begin(), scale, out);
      break;
    case LGLSXP:
      gather_rows(n, pixels, b, LOGICAL_RO(x), rows.begin(), scale, out);
      break;
    default:
      gather_rows(n, pixels, b, RAW_RO(x), rows.begin(), scale, out);
  }
  return batch;
}

// The images `rows` (all within 1..m) of x (m, H, W, C), as they are.
// [[Rcpp::export(rng = false)]]
SEXP take_images_cpp(SEXP x, Rcpp::IntegerVector rows) {
  const Dim4 dim(x);
  const Index n = dim.extent[0];
  const Index pixels = dim.extent[1] * dim.extent[2] * dim.extent[3];
  const Index b = rows.size();
  Rcpp::Shield<SEXP> taken(
      uninitialised_array({b, dim.extent[1], dim.extent[2], dim.extent[3]}, TYPEOF(x)));
  switch (TYPEOF(x)) {
    case REALSXP:
      take_rows(n, pixels, b, REAL_RO(x), rows.begin(), REAL(taken));
      break;
    case INTSXP:
      take_rows(n, pixels, b, INTEGER_RO(x), rows.begin(), INTEGER(taken));
      break;
    case LGLSXP:
      take_rows(n, pixels, b, LOGICAL_RO(x), rows.begin(), LOGICAL(taken));
      break;
    default:
      take_rows(n, pixels, b, RAW_RO(x), rows.begin(), RAW(taken));
  }
  return taken;
}

// Image i of x (b, H, W, C), moved down by dy[i] and right by dx[i].
// [[Rcpp::export(rng = false)]]
SEXP shift_images_cpp(SEXP x, Rcpp::IntegerVector dy, Rcpp::IntegerVector dx, double fill) {
  const Dim4 dim(x);
  Rcpp::Shield<SEXP> shifted(uninitialised_like(x, REALSXP));
  shift_images(dim.extent[0], dim.extent[1], dim.extent[2], dim.extent[3], cells(x), dy.begin(),
               dx.begin(), fill, REAL(shifted));
  return shifted;
}
