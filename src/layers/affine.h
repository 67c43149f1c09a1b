// The affine layer: a 1x1 convolution of a 1x1 image, so it runs on the convolution engines.
//
// Shapes: A_prev, dA_prev (m, D); W, dW (D, U); b, db (U); Z, dZ (m, U).
#pragma once

#include "base/geometry.h"

namespace convstep {

template <typename Real, typename Store>
void affine_forward(Index m, Index D, Index U, const Store* A_prev, const double* W,
                    const double* b, Store* Z);
// dW and db are means over the batch (NaN if it is empty), dA_prev is not divided. Any of the three
// may be null.
template <typename Real, typename Store>
void affine_backward(Index m, Index D, Index U, const Store* dZ, const Store* A_prev,
                     const double* W, Store* dA_prev, double* dW, double* db);

}  // namespace convstep
