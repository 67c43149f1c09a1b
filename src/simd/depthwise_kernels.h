// Contract of the kernels of depthwise convolution that exist once per instruction set. Runs of
// windows are as in pool_kernels.h; w holds a weight for each tap of the run.
#pragma once

#include "simd/pool_kernels.h"

namespace convstep {

template <typename Real>
struct DepthwiseKernels {
  // z = bias + the sum of w * a over the taps, in their order.
  void (*forward)(const PoolRun& run, const Real* w, double bias, const Real* a, Real* z);
  // w * dz added to each cell da under the window.
  void (*backward)(const PoolRun& run, const Real* w, const Real* dz, Real* da);
  // dw[t] += the sum of dz * a over all windows, for each tap t.
  void (*weights)(const PoolRun& run, const Real* dz, const Real* a, double* dw);
};

}  // namespace convstep
