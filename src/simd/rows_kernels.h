// Contract of the kernels on rows that exist once per instruction set; beyond it as
// elementwise_kernels.h.
//
// x holds `rows` rows of `length` cells that begin `step` apart. What belongs to a position in a
// row (center, scale, ..., the sums) holds `length` values. For sums of floats, at most some 16
// thousand cells at a time.
#pragma once

#include "base/geometry.h"

namespace convstep {

struct Rows {
  Index rows, length, step;
};

template <typename Real>
struct RowKernels {
  // Sums over the rows, in their order: of x, of (x - center)^2; of dy and of dy * (x - center).
  void (*sum)(const Rows& at, const Real* x, Real* sums);
  void (*sum_squares)(const Rows& at, const Real* center, const Real* x, Real* sums);
  void (*sum_products)(const Rows& at, const Real* center, const Real* dy, const Real* x,
                       Real* sums, Real* products);
  // y = (x - center) * scale * gamma + beta.
  void (*normalise)(const Rows& at, double gamma, double beta, const Real* center,
                    const Real* scale, const Real* x, Real* y);
  // dx = dy * scale * gamma - mean - (x - center) * slope.
  void (*normalise_backward)(const Rows& at, double gamma, const Real* center, const Real* scale,
                             const Real* mean, const Real* slope, const Real* dy, const Real* x,
                             Real* dx);
  // y = factor * x, or with `add` y += factor * x, over n cells.
  void (*scale)(Index n, double factor, bool add, const Real* x, Real* y);
};

}  // namespace convstep
