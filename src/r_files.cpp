#include "base/crc32.h"
#include "r_glue.h"

using namespace convstep;

// The checksum that gzip keeps of a raw vector, or of one that follows what has `before`.
// [[Rcpp::export(rng = false)]]
double crc32_cpp(SEXP bytes, double before = 0) {
  return crc32(RAW_RO(bytes), Rf_xlength(bytes), static_cast<std::uint32_t>(before));
}
