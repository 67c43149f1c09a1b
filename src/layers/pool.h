// Pooling, both directions.
//
// Shapes (g is a PoolGeometry that pool_geometry() made):
//   A, dA  (m, H, W, C)             input and its gradient
//   Z, dZ  (m, out_H, out_W, C)     output and its gradient
// `Real` is double or float. Inputs are read only; Z or dA is written in full, whatever it held,
// and overlaps nothing else. Padding never wins a maximum and does not count in an average. A
// window that lies wholly in the padding has the maximum -Inf and the average NaN, as max() and
// mean() of nothing, and passes no gradient on. The maximum and the average of a window that holds
// a NaN are NaN.
#pragma once

#include "base/geometry.h"

namespace convstep {

template <typename Real>
void pool_max_forward(const PoolGeometry& g, const Real* A, Real* Z);
template <typename Real>
void pool_average_forward(const PoolGeometry& g, const Real* A, Real* Z);

// Who gets the gradient of a maximum that occurs more than once:
//   all    every cell of the window gets (1 if it equals the maximum, else 0) * dZ, as R's
//          arithmetic has it: NaN times anything, and 0 times an infinite or NaN gradient, are NaN
//   first  the first maximum, or the first NaN, in the order row by row (the column index fastest)
//          gets dZ, the other cells nothing
enum class Ties { all, first };

template <typename Real>
void pool_max_backward(const PoolGeometry& g, Ties ties, const Real* dZ, const Real* A, Real* dA);
template <typename Real>
void pool_average_backward(const PoolGeometry& g, const Real* dZ, Real* dA);

}  // namespace convstep
