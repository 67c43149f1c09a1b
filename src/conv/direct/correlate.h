// The two drivers of the direct engine: correlations (the forward pass and the input gradient) and
// filter gradients.
#pragma once

#include <vector>

#include "conv/direct/columns.h"

namespace convstep {

// Scratch memory of the direct engine: what all threads share (packed filters or partial sums) and
// what each has for itself. Threads are as many as fit into kWorkspaceBytes.
constexpr Index kSharedBytes = Index{14} << 20;

// Outputs of one axis that share their taps: window o gives output out_first + o * out_step, and
// skips those outside [0, out). Their taps are `count` of the axis' own, from `tap` on; the first
// belongs to filter row (or column) `filter`, the next to filter + filter_step.
struct AxisPhase {
  Index out_first;
  Index tap, count;
  Index filter, filter_step;
};

// out[n, y, x, k] = bias[k] + sum over the taps of in[...] * filter[...], for each group; the
// forward pass, or the input gradient with dZ as input and the filters turned round.
//   in   (m, h.in, w.in, groups * in_channels)
//   out  (m, out_h, out_w, groups * out_channels)
struct CorrelationShape {
  Index m, groups;
  Index in_channels, out_channels;  // of a group
  TapAxis h, w;
  std::vector<AxisPhase> h_phases, w_phases;
  Index out_h, out_w;
  Index out_step_h, out_step_w;
  // The weight of filter row i, column j, from input channel c to output channel k of group g:
  // filters[i + filter_rows * j + c * in_stride + k * out_stride + g * group_stride].
  const double* filters;
  Index filter_rows, in_stride, out_stride, group_stride;
  const double* bias;  // null: zeros
};

template <typename Store>
struct DirectCorrelation : CorrelationShape {
  const Store* in;
  Store* out;
};

template <typename Real, typename Store>
void correlate(const DirectCorrelation<Store>& x);

// dW[i, j, c, k] = sum over n, windows h, w of A * dZ, and db[k] = sum of dZ.
template <typename Real, typename Store>
void filter_gradient(const ConvGeometry& g, const Store* dZ, const Store* A, double* dW,
                     double* db);

// db alone.
template <typename Real, typename Store>
void bias_gradient(const ConvGeometry& g, const Store* dZ, double* db);

}  // namespace convstep
