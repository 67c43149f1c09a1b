// Transposed convolution, both directions: the maps of a convolution the other way round.
//
// Shapes (g is what conv_transpose_geometry() made, the geometry of that convolution):
//   A, dA  (m, g.h.out, g.w.out, g.K)                input and its gradient
//   F, dW  (fH, fW, g.C / groups, g.K)               filters: outputs before inputs
//   b, db  (g.C)                                     biases
//   Z, dZ  (m, g.h.in, g.w.in, g.C)                  output and its gradient
// The contract of conv.h holds for the rest.
#pragma once

#include "base/geometry.h"

namespace convstep {

template <typename Real, typename Store>
void conv_transpose_forward(const ConvGeometry& g, const Store* A, const double* F, const double* b,
                            Store* Z);
template <typename Real, typename Store>
void conv_transpose_backward(const ConvGeometry& g, const Store* dZ, const Store* A,
                             const double* F, Store* dA, double* dW, double* db);

}  // namespace convstep
