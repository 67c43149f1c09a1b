// Contract of the activations that exist once per instruction set; beyond it as
// elementwise_kernels.h. One more is an entry in activation_body.h and one here in the count.
#pragma once

#include "base/geometry.h"

namespace convstep {

template <typename Real>
struct ActivationKernel {
  const char* name;
  double nanoseconds;  // a cell, for the decision to start threads
  // y = f(x), dx = dy * f'(x). NaN comes through; infinities give the limits.
  void (*forward)(Index n, const Real* x, Real* y);
  void (*backward)(Index n, const Real* dy, const Real* x, Real* dx);
};

constexpr int kActivations = 6;

template <typename Real>
struct ActivationKernels {
  ActivationKernel<Real> each[kActivations];
};

}  // namespace convstep
