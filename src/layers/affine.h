// The affine layer: a 1x1 convolution of a 1x1 image, so it runs on the convolution engines.
//
// Shapes: A_prev, dA_prev (m, D); W, dW (D, U); b, db (U); Z, dZ (m, U).
#pragma once

#include "base/geometry.h"

namespace convstep {

void affine_forward(Index m, Index D, Index U, const double* A_prev, const double* W,
                    const double* b, double* Z);
// dW and db are means over the batch (NaN if it is empty), dA_prev is not divided. Any of the three
// may be null.
void affine_backward(Index m, Index D, Index U, const double* dZ, const double* A_prev,
                     const double* W, double* dA_prev, double* dW, double* db);

}  // namespace convstep
