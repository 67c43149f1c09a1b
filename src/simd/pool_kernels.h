// Contract of the pooling kernels that exist once per instruction set.
//
// A kernel does `rows` rows of `count` windows each. Window e of row r belongs to output
// z[r * z_step + e]; the cells under it are a[r * a_step + e + offset[t]], taps t = 0, 1, ... in
// the order row by row of the window. All taps of all windows are real cells: who calls leaves out
// those that fall on padding. There is at least one. Any alignment; nothing else is read or
// written.
#pragma once

#include "base/geometry.h"

namespace convstep {

struct PoolRun {
  Index rows, count, a_step, z_step, taps;
  const Index* offset;
};

template <typename Real>
struct PoolKernels {
  // The largest cell, NaN if one is NaN.
  void (*max)(const PoolRun& run, const Real* a, Real* z);
  // The sum of the cells divided by `taps`.
  void (*average)(const PoolRun& run, const Real* a, Real* z);

  // What each cell under a window gets of its gradient dz, added to da, or with `fresh` stored
  // there (possible where no two windows share a cell). The first NaN or else the first maximum
  // gets dz, the others 0.
  void (*max_first)(const PoolRun& run, bool fresh, const Real* dz, const Real* a, Real* da);
  // dz times 1 for each maximum, 0 elsewhere, NaN everywhere if a cell is NaN.
  void (*max_all)(const PoolRun& run, bool fresh, const Real* dz, const Real* a, Real* da);
  // dz / taps.
  void (*average_backward)(const PoolRun& run, bool fresh, const Real* dz, Real* da);
};

}  // namespace convstep
