// The matrix product of the BLAS that R runs on, for the engine "blas".
#pragma once

#include "base/geometry.h"

namespace convstep {

// C = op(A) op(B), or C += ... with `add`. Column-major without gaps; op(A) is rows x inner,
// op(B) inner x columns. No two arguments overlap.
void gemm(bool transpose_a, bool transpose_b, Index rows, Index columns, Index inner,
          const double* A, const double* B, double* C, bool add);

}  // namespace convstep
