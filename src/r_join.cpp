#include "layers/join.h"
#include "r_glue.h"

using namespace convstep;

namespace {

template <typename Real>
std::vector<const Real*> cells_of(const Rcpp::List& arrays) {
  std::vector<const Real*> all;
  for (R_xlen_t j = 0; j < arrays.size(); ++j) all.push_back(cells<Real>(arrays[j]));
  return all;
}

// Of the array whose last extent is replaced by `channels`.
Rcpp::IntegerVector with_channels(SEXP like, int channels) {
  Rcpp::IntegerVector dim = Rcpp::clone(Rcpp::IntegerVector(Rf_getAttrib(like, R_DimSymbol)));
  dim[dim.size() - 1] = channels;
  return dim;
}

// The cells before the last extent.
Index cells_per_channel(const Rcpp::IntegerVector& dim) {
  Index n = 1;
  for (R_xlen_t i = 0; i + 1 < dim.size(); ++i) n *= dim[i];
  return n;
}

}  // namespace

// All alike; the result has the attributes of the first.
// [[Rcpp::export(rng = false)]]
SEXP add_arrays_cpp(Rcpp::List arrays) {
  const SEXP first = arrays[0];
  Rcpp::Shield<SEXP> Z(uninitialised_like(first));
  by_scalar(first, [&](auto real) {
    using Real = decltype(real);
    add_arrays(Rf_xlength(first), cells_of<Real>(arrays), result_cells<Real>(Z));
  });
  return Z;
}

// Arrays or matrices whose extents but the last are alike, one behind the other along the last.
// [[Rcpp::export(rng = false)]]
SEXP concat_arrays_cpp(Rcpp::List arrays) {
  std::vector<Index> sizes;
  Index channels = 0;
  for (R_xlen_t j = 0; j < arrays.size(); ++j) {
    const Rcpp::IntegerVector dim = Rf_getAttrib(arrays[j], R_DimSymbol);
    sizes.push_back(Rf_xlength(arrays[j]));
    channels += dim[dim.size() - 1];
  }
  Rcpp::Shield<SEXP> Z(uninitialised_extents(with_channels(arrays[0], static_cast<int>(channels)),
                                             TYPEOF(arrays[0])));
  by_scalar(Z, [&](auto real) {
    using Real = decltype(real);
    join_pieces(sizes, cells_of<Real>(arrays), result_cells<Real>(Z));
  });
  return Z;
}

// The reverse: a list of arrays with these numbers of channels.
// [[Rcpp::export(rng = false)]]
Rcpp::List split_array_cpp(SEXP Z, Rcpp::IntegerVector channels) {
  Rcpp::List arrays(channels.size());
  std::vector<Index> sizes;
  for (R_xlen_t j = 0; j < channels.size(); ++j) {
    const Rcpp::IntegerVector dim = with_channels(Z, channels[j]);
    arrays[j] = uninitialised_extents(dim, TYPEOF(Z));
    sizes.push_back(cells_per_channel(dim) * channels[j]);
  }
  by_scalar(Z, [&](auto real) {
    using Real = decltype(real);
    std::vector<Real*> all;
    for (R_xlen_t j = 0; j < channels.size(); ++j) all.push_back(result_cells<Real>(arrays[j]));
    cut_pieces(sizes, cells<Real>(Z), all);
  });
  return arrays;
}
