// The engine "direct": convolution as sums of shifted vector multiply-adds, in R's memory order.
//
// Examples are contiguous and after them rows, so that the joint index q = n + m * oh of an output
// column is contiguous, and a vertical tap is a shift:
//   Z[q, ow, k] = b[k] + sum over c, j, i of A[q + m * d * i, ow * s + d * j, c] * F[i, j, c, k]
// The forward pass and dA are correlations (correlate.cpp), dW is a sum of outer products
// (gradient.cpp); both read packed columns (columns.h) by the kernels of the
// instruction set in use (direct_kernels.h).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/chunks.h"
#include "base/scalars.h"
#include "conv/conv.h"
#include "conv/direct/correlate.h"

namespace convstep {

namespace {

template <typename Real, typename Store>
void forward(const ConvGeometry& g, const Store* A, const double* F, const double* b, Store* Z) {
  if (g.m == 0) return;
  const auto axis = [](const Axis& a) {
    return TapAxis{a.in, a.out, a.stride, -a.pad_lo, a.dilation, a.filter};
  };
  DirectCorrelation<Store> x{};
  x.m = g.m;
  x.groups = g.groups;
  x.in_channels = g.group_channels();
  x.out_channels = g.group_filters();
  x.h = axis(g.h);
  x.w = axis(g.w);
  x.h_phases = {{0, 0, g.h.filter, 0, 1}};
  x.w_phases = {{0, 0, g.w.filter, 0, 1}};
  x.in = A;
  x.out = Z;
  x.out_h = g.h.out;
  x.out_w = g.w.out;
  x.out_step_h = x.out_step_w = 1;
  x.filters = F;
  x.filter_rows = g.h.filter;
  x.in_stride = g.taps();
  x.out_stride = g.taps() * g.group_channels();
  x.group_stride = x.out_stride * g.group_filters();
  x.bias = b;
  correlate<Real>(x);
}

// The input gradient along one axis. Input cell y = stride * a + r - pad, with the phase r below
// the stride, is under tap i of window a - (dilation * i - r) / stride, for the taps i for which
// that is whole. So each phase is a correlation of its own, with stride 1, over a. There are no
// more phases with taps than the filter has rows, however large the stride; the cells of all
// others are zeros.
struct GradientAxis {
  TapAxis axis;
  std::vector<AxisPhase> phases;
};

// All phases together, over one range of a: without dilation (or without stride) their taps are
// ranges of one list.
GradientAxis joint_phases(const Axis& x) {
  const Index last_shift = x.dilation * (x.filter - 1) / x.stride;
  const Index first = x.pad_lo / x.stride;  // a of cell 0
  const Index last = (x.in - 1 + x.pad_lo) / x.stride;
  const Index spacing = x.stride > 1 ? 1 : x.dilation;
  const Index taps = last_shift / spacing + 1;
  GradientAxis out{{x.out, last - first + 1, 1, first - last_shift, spacing, taps}, {}};
  for (Index r = 0; r < std::min(x.stride, x.filter); ++r) {
    // Taps i = r, r + stride, ...; the last of the list is shift 0, so i = r.
    const Index count = (x.filter - 1 - r) / x.stride + 1;
    out.phases.push_back({first * x.stride + r - x.pad_lo, taps - count, count,
                          r + (count - 1) * x.stride, -x.stride});
  }
  return out;
}

// The phase of tap i alone, with dilation and stride; i is its first tap.
GradientAxis single_phase(const Axis& x, Index i) {
  const Index r = x.dilation * i % x.stride;
  const Index common = std::gcd(x.dilation, x.stride);
  const Index filter_step = x.stride / common;
  const Index count = (x.filter - 1 - i) / filter_step + 1;
  const Index last_filter = i + (count - 1) * filter_step;
  const Index last_shift = (x.dilation * last_filter - r) / x.stride;
  const Index first = ceil_div(std::max<Index>(x.pad_lo - r, 0), x.stride);
  const Index last = x.in - 1 + x.pad_lo >= r ? (x.in - 1 + x.pad_lo - r) / x.stride : -1;
  return {{x.out, std::max<Index>(last - first + 1, 0), 1, first - last_shift, x.dilation / common,
           count},
          {{first * x.stride + r - x.pad_lo, 0, count, last_filter, -filter_step}}};
}

std::vector<GradientAxis> gradient_axes(const Axis& x) {
  if (x.stride == 1 || x.dilation == 1 || x.filter == 1) return {joint_phases(x)};
  std::vector<GradientAxis> axes;
  const Index different = std::min(x.filter, x.stride / std::gcd(x.dilation, x.stride));
  for (Index i = 0; i < different; ++i) axes.push_back(single_phase(x, i));
  return axes;
}

// Whether every phase has taps.
bool leaves_no_zeros(const Axis& x) {
  return x.stride == 1 || (std::gcd(x.dilation, x.stride) == 1 && x.filter >= x.stride);
}

template <typename Real, typename Store>
void input_gradient(const ConvGeometry& g, const Store* dZ, const double* F, Store* dA) {
  DirectCorrelation<Store> x{};
  x.m = g.m;
  x.groups = g.groups;
  x.in_channels = g.group_filters();
  x.out_channels = g.group_channels();
  x.in = dZ;
  x.out = dA;
  x.out_h = g.h.in;
  x.out_w = g.w.in;
  x.out_step_h = g.h.stride;
  x.out_step_w = g.w.stride;
  x.filters = F;
  x.filter_rows = g.h.filter;
  x.in_stride = g.taps() * g.group_channels();
  x.out_stride = g.taps();
  x.group_stride = x.in_stride * g.group_filters();
  x.bias = nullptr;
  if (!leaves_no_zeros(g.h) || !leaves_no_zeros(g.w)) fill_zeros(g.a_size(), dA);
  for (const GradientAxis& w : gradient_axes(g.w)) {
    for (const GradientAxis& h : gradient_axes(g.h)) {
      if (w.axis.out == 0 || h.axis.out == 0) continue;
      x.h = h.axis;
      x.w = w.axis;
      x.h_phases = h.phases;
      x.w_phases = w.phases;
      correlate<Real>(x);
    }
  }
}

bool all_finite(const double* x, Index n) {
  return std::all_of(x, x + n, [](double v) { return std::isfinite(v); });
}

template <typename Real, typename Store>
void backward(const ConvGeometry& g, const Store* dZ, const Store* A, const double* F, Store* dA,
              double* dW, double* db) {
  if (dA != nullptr && g.m > 0) {
    // The correlation pads dZ with zeros, and zero times a weight that is not finite is NaN.
    if (all_finite(F, g.w_size())) {
      input_gradient<Real>(g, dZ, F, dA);
    } else {
      conv_blas<Real, Store>().backward(g, dZ, A, F, dA, nullptr, nullptr);
    }
  }
  if (dW != nullptr) {
    filter_gradient<Real>(g, dZ, A, dW, db);
  } else if (db != nullptr) {
    bias_gradient<Real>(g, dZ, db);
  }
}

bool supports(const ConvGeometry&) { return true; }

}  // namespace

template <typename Real, typename Store>
ConvEngine<Real, Store> conv_direct() {
  return {"direct", supports, forward<Real, Store>, backward<Real, Store>};
}

#define CONVSTEP_MAKE(Real, Store) template ConvEngine<Real, Store> conv_direct<Real, Store>();
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
