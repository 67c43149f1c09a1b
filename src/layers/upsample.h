// Enlarging images by whole factors, both directions.
//
// Shapes: A, dA (m, H, W, C), Z, dZ (m, H * factor[0], W * factor[1], C). Inputs are read only,
// results written in full. `Real` is double or float.
//   nearest   each cell is repeated
//   bilinear  cells are seen as squares; a new one is weighted by the distances of its centre to
//             those of the four around it, and at the border of those there are
#pragma once

#include "base/geometry.h"

namespace convstep {

struct UpsampleShape {
  Index m, H, W, C;
  Index factor[2];
  bool bilinear;

  Index out_h() const { return H * factor[0]; }
  Index out_w() const { return W * factor[1]; }
};

// Throws std::invalid_argument if the result would be too large.
UpsampleShape upsample_shape(const Index a_dim[4], const Index factor[2], bool bilinear);

template <typename Real>
void upsample_forward(const UpsampleShape& s, const Real* A, Real* Z);
template <typename Real>
void upsample_backward(const UpsampleShape& s, const Real* dZ, Real* dA);

}  // namespace convstep
