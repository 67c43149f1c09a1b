// Zero padding of the two spatial axes.
#pragma once

#include "base/geometry.h"

namespace convstep {

// out (m, H + 2 pad_h, W + 2 pad_w, C) from in (m, H, W, C); every cell of out is written.
template <typename Real>
void pad_forward(const PadGeometry& g, const Real* in, Real* out);

}  // namespace convstep
