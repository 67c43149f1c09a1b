#include <cstring>

#include "layers/flat.h"
#include "r_glue.h"

using namespace convstep;

namespace {

// Lists of lists of doubles, to any depth; the R side makes no others.
Index cells_of(SEXP tree) {
  if (TYPEOF(tree) != VECSXP) return Rf_xlength(tree);
  Index n = 0;
  for (R_xlen_t i = 0; i < Rf_xlength(tree); ++i) n += cells_of(VECTOR_ELT(tree, i));
  return n;
}

double* flatten_into(SEXP tree, double factor, double* out) {
  if (TYPEOF(tree) != VECSXP) {
    scale_to(Rf_xlength(tree), cells(tree), factor, out);
    return out + Rf_xlength(tree);
  }
  for (R_xlen_t i = 0; i < Rf_xlength(tree); ++i) {
    out = flatten_into(VECTOR_ELT(tree, i), factor, out);
  }
  return out;
}

SEXP unflatten_from(const double*& x, SEXP like) {
  if (TYPEOF(like) != VECSXP) {
    Rcpp::Shield<SEXP> part(uninitialised_like(like));
    std::memcpy(REAL(part), x, static_cast<std::size_t>(Rf_xlength(like)) * sizeof(double));
    x += Rf_xlength(like);
    return part;
  }
  Rcpp::Shield<SEXP> list(Rf_allocVector(VECSXP, Rf_xlength(like)));
  Rf_setAttrib(list, R_NamesSymbol, Rf_getAttrib(like, R_NamesSymbol));
  for (R_xlen_t i = 0; i < Rf_xlength(like); ++i) {
    SET_VECTOR_ELT(list, i, unflatten_from(x, VECTOR_ELT(like, i)));
  }
  return list;
}

}  // namespace

// All cells of a tree of doubles, in order, times `factor`; and room for `more` cells, which are 0.
// [[Rcpp::export(rng = false)]]
SEXP flatten_cpp(SEXP tree, double factor, int more) {
  const Index n = cells_of(tree);
  Rcpp::Shield<SEXP> flat(uninitialised_array({n + more}));
  Rf_setAttrib(flat, R_DimSymbol, R_NilValue);
  double* end = flatten_into(tree, factor, REAL(flat));
  for (int i = 0; i < more; ++i) end[i] = 0;
  return flat;
}

// The tree whose cells begin at `offset` of `flat`, in the shape of `like`.
// [[Rcpp::export(rng = false)]]
SEXP unflatten_cpp(SEXP flat, SEXP like, double offset) {
  const double* x = cells(flat) + static_cast<Index>(offset);
  return unflatten_from(x, like);
}

// Adds `b` to `a`, in place, and returns it: `a` must be a vector that nobody else has.
// [[Rcpp::export(rng = false)]]
SEXP add_to_cpp(SEXP a, SEXP b) {
  add_to(Rf_xlength(a), REAL(a), cells(b));
  return a;
}

// Flat vectors as bytes, one after the other.
// [[Rcpp::export(rng = false)]]
SEXP to_bytes_cpp(Rcpp::List vectors, bool single) {
  const Index size = single ? sizeof(float) : sizeof(double);
  Index n = 0;
  for (SEXP x : vectors) n += Rf_xlength(x);
  Rcpp::Shield<SEXP> bytes(
      Rcpp::unwindProtect([&]() -> SEXP { return Rf_allocVector(RAWSXP, n * size); }));
  unsigned char* out = RAW(bytes);
  for (SEXP x : vectors) {
    const Index m = Rf_xlength(x);
    if (single) {
      narrow(m, cells(x), out);
    } else if (m > 0) {
      std::memcpy(out, cells(x), static_cast<std::size_t>(m * size));
    }
    out += m * size;
  }
  return bytes;
}

// The part of `n` cells from cell `offset` on.
// [[Rcpp::export(rng = false)]]
SEXP from_bytes_cpp(SEXP bytes, double offset, double n, bool single) {
  const Index m = static_cast<Index>(n);
  Rcpp::Shield<SEXP> flat(Rcpp::unwindProtect([m]() -> SEXP { return result_vector(REALSXP, m); }));
  const Index size = single ? sizeof(float) : sizeof(double);
  const unsigned char* x = RAW_RO(bytes) + static_cast<Index>(offset) * size;
  if (single) {
    widen(m, x, REAL(flat));
  } else if (m > 0) {
    std::memcpy(REAL(flat), x, static_cast<std::size_t>(m * size));
  }
  return flat;
}

// `n` cells of `x` from cell `offset` on.
// [[Rcpp::export(rng = false)]]
SEXP slice_cpp(SEXP x, double offset, double n) {
  const Index m = static_cast<Index>(n);
  Rcpp::Shield<SEXP> slice(
      Rcpp::unwindProtect([m]() -> SEXP { return result_vector(REALSXP, m); }));
  scale_to(m, cells(x) + static_cast<Index>(offset), 1, REAL(slice));
  return slice;
}

// Vectors of one length, cut before the cells `cuts` (the first 0, the last their length): the
// first piece of each vector, the second of each, and so on.
// [[Rcpp::export(rng = false)]]
SEXP cut_vectors_cpp(Rcpp::List vectors, Rcpp::NumericVector cuts) {
  const R_xlen_t pieces = cuts.size() - 1;
  Rcpp::Shield<SEXP> all(uninitialised_array({static_cast<Index>(cuts[pieces]), vectors.size()}));
  double* out = REAL(all);
  for (R_xlen_t i = 0; i < pieces; ++i) {
    const Index first = static_cast<Index>(cuts[i]);
    const Index n = static_cast<Index>(cuts[i + 1]) - first;
    for (SEXP x : vectors) {
      scale_to(n, cells(x) + first, 1, out);
      out += n;
    }
  }
  return all;
}
