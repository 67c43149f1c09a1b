// What every glue file shares: R arrays to pointers and sizes, results, errors, interrupts.
// The R side has checked types, ranks and ranges before it calls; sizes that must fit each other
// are checked by geometry.h.
#pragma once

#include <Rcpp/Lightest>

#include <initializer_list>
#include <stdexcept>

#include "base/geometry.h"
#include "result_pool.h"

namespace convstep {

// A fresh array whose cells are not initialised: the kernel writes every one.
inline SEXP uninitialised_array(std::initializer_list<Index> dim, SEXPTYPE type = REALSXP) {
  const Index size = checked_size(dim, "dim");
  Rcpp::Shield<SEXP> array(Rcpp::unwindProtect(
      [size, type]() -> SEXP { return result_vector(type, static_cast<R_xlen_t>(size)); }));
  Rcpp::Shield<SEXP> extents(Rf_allocVector(INTSXP, static_cast<R_xlen_t>(dim.size())));
  int i = 0;
  for (Index extent : dim) INTEGER(extents)[i++] = static_cast<int>(extent);
  Rf_setAttrib(array, R_DimSymbol, extents);
  return array;
}

// The same with the extents of an R vector, of any number.
inline SEXP uninitialised_extents(Rcpp::IntegerVector dim, SEXPTYPE type = REALSXP) {
  Index size = 1;
  for (int extent : dim) size = checked_size({size, extent}, "dim");
  Rcpp::Shield<SEXP> array(Rcpp::unwindProtect(
      [size, type]() -> SEXP { return result_vector(type, static_cast<R_xlen_t>(size)); }));
  Rf_setAttrib(array, R_DimSymbol, dim);
  return array;
}

// A fresh vector with the attributes of `like` (dim, names, ...), cells not initialised.
inline SEXP uninitialised_like(SEXP like, SEXPTYPE type) {
  Rcpp::Shield<SEXP> x(Rcpp::unwindProtect(
      [like, type]() -> SEXP { return result_vector(type, Rf_xlength(like)); }));
  SHALLOW_DUPLICATE_ATTRIB(x, like);
  return x;
}

inline SEXP uninitialised_like(SEXP like) { return uninitialised_like(like, TYPEOF(like)); }

// The extents of a four-dimensional array.
struct Dim4 {
  Index extent[4];
  explicit Dim4(SEXP x) {
    SEXP dim = Rf_getAttrib(x, R_DimSymbol);
    for (int i = 0; i < 4; ++i) extent[i] = INTEGER(dim)[i];
  }
};

// Arrays hold doubles, or, between the layers of a net that computes in single precision, floats in
// the cells of an integer vector. Whatever users hand over has been made double before it gets
// here, so that an integer vector can only be such a one.
template <typename Real>
constexpr SEXPTYPE kTypeOf = sizeof(Real) == sizeof(double) ? REALSXP : INTSXP;

// The cells of an input. Read-only access: REAL() of a vector that shares its cells with another
// (`dim<-` makes such) would copy them.
template <typename Real = double>
const Real* cells(SEXP x);
template <>
inline const double* cells<double>(SEXP x) {
  return REAL_RO(x);
}
template <>
inline const float* cells<float>(SEXP x) {
  return reinterpret_cast<const float*>(INTEGER_RO(x));
}

// The cells of a fresh result; null for NULL.
template <typename Real = double>
Real* result_cells(SEXP x) {
  if (Rf_isNull(x)) return nullptr;
  if constexpr (kTypeOf<Real> == REALSXP) {
    return REAL(x);
  } else {
    return reinterpret_cast<float*>(INTEGER(x));
  }
}

// run(Real) for the scalar that an array holds.
template <typename Run>
auto by_scalar(SEXP x, Run run) {
  return TYPEOF(x) == INTSXP ? run(float{}) : run(double{});
}

// `window` holds stride, pad and dilation, each (vertical, horizontal); `pad` -1 means "same".
inline WindowSpec window_spec(const Rcpp::IntegerVector& window) {
  WindowSpec spec{};
  for (int axis = 0; axis < 2; ++axis) {
    spec.stride[axis] = window[axis];
    spec.pad[axis] = window[2 + axis];
    spec.dilation[axis] = window[4 + axis];
  }
  return spec;
}

// Errors of geometry.h as R errors without a C++ call in front.
template <typename Make>
auto or_r_error(Make make) -> decltype(make()) {
  try {
    return make();
  } catch (const std::invalid_argument& error) {
    throw Rcpp::exception(error.what(), false);
  }
}

}  // namespace convstep
