#include "base/crc32.h"
#include "r_glue.h"

using namespace convstep;

// The checksum that gzip keeps of a raw vector.
// [[Rcpp::export(rng = false)]]
double crc32_cpp(SEXP bytes) { return crc32(RAW_RO(bytes), Rf_xlength(bytes)); }
