// Vectors for results that are used again, batch after batch.
//
// Each batch of a training makes the same large arrays. Fresh ones cost page faults and garbage
// collections, together as much time as the kernels of a small net. While a pool is in use, large
// results of the glue come from it; when its vectors are given back they serve again for results of
// the same type and length: in training after the batch, in prediction as soon as the value is done
// with. Whoever puts a pool to use answers for it that nothing looks at a vector that was given
// back. Main thread only.
#pragma once

#include <Rcpp/Lightest>

namespace convstep {

// A vector from the pool in use, or a fresh one; without attributes, cells not initialised. May
// leave by R's own error.
SEXP result_vector(SEXPTYPE type, R_xlen_t length);

}  // namespace convstep
