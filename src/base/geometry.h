// The shape of every operation, in one place: its arithmetic, its checks and its overflow checks.
//
// Arrays are (m, n_H, n_W, n_C), column-major: element (n, h, w, c) lies at
// n + m * (h + H * (w + W * c)). All sizes and offsets are 64-bit `Index`.
// The functions throw std::invalid_argument with a message that names the R argument, what was
// expected and what came; the glue turns it into an R error before anything has been allocated.
#pragma once

#include <cstddef>
#include <initializer_list>

namespace convstep {

using Index = std::ptrdiff_t;

// For b > 0 and a >= 0.
constexpr Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }
constexpr Index round_up(Index a, Index b) { return ceil_div(a, b) * b; }

// Padding that is not a width but a rule.
constexpr Index kPadSame = -1;

// One spatial axis (vertical or horizontal) of a sliding window.
struct Axis {
  Index in;        // input extent
  Index filter;    // window extent, in taps
  Index stride;    // distance between windows
  Index dilation;  // distance between taps
  Index pad_lo;    // padding before the first cell
  Index pad_hi;    // padding after the last cell
  Index out;       // number of windows

  // First and one-past-last tap of window `o` that fall on real cells.
  Index first_tap(Index o) const;
  Index end_tap(Index o) const;
  // Input cell under tap `t` of window `o`; outside [0, in) it is padding.
  Index cell(Index o, Index t) const { return o * stride + t * dilation - pad_lo; }
};

// A (m, H, W, C) and W (fH, fW, C / groups, K) give Z (m, out_H, out_W, K).
struct ConvGeometry {
  Index m, C, K, groups;
  Axis h, w;

  Index group_channels() const { return C / groups; }
  Index group_filters() const { return K / groups; }
  Index taps() const { return h.filter * w.filter; }
  Index a_size() const { return m * h.in * w.in * C; }
  Index w_size() const { return taps() * group_channels() * K; }
  Index z_size() const { return m * h.out * w.out * K; }
  // Multiply-adds of one pass times two.
  double flops() const;
};

// A (m, H, W, C) gives (m, out_H, out_W, C).
struct PoolGeometry {
  Index m, C;
  Axis h, w;

  Index a_size() const { return m * h.in * w.in * C; }
  Index z_size() const { return m * h.out * w.out * C; }
};

// A (m, H, W, C) gives (m, H + 2 * pad_h, W + 2 * pad_w, C).
struct PadGeometry {
  Index m, H, W, C, pad_h, pad_w;

  Index out_h() const { return H + 2 * pad_h; }
  Index out_w() const { return W + 2 * pad_w; }
  Index out_size() const { return m * out_h() * out_w() * C; }
};

// The product of extents; throws if it is more than R (2^52 elements) or memory can address.
Index checked_size(std::initializer_list<Index> extents, const char* what);

// `pad` is a width of at least 0, or kPadSame: an output of ceiling(n / stride), the odd cell of
// padding at the end.
struct WindowSpec {
  Index stride[2], pad[2], dilation[2];
};

ConvGeometry conv_geometry(const Index a_dim[4], const Index w_dim[4], const WindowSpec& spec,
                           Index groups);
// The convolution that a transposed one turns round: from its output, which is computed here, to
// its input A (m, H, W, g.K); W (fH, fW, g.C / groups, g.K). `output_pad` rows and columns are
// added at the end; pad "same" gives stride times as many as there are.
ConvGeometry conv_transpose_geometry(const Index a_dim[4], const Index w_dim[4],
                                     const WindowSpec& spec, const Index output_pad[2],
                                     Index groups);
PoolGeometry pool_geometry(const Index a_dim[4], const Index f[2], const WindowSpec& spec);
PadGeometry pad_geometry(const Index a_dim[4], const Index pad[2]);
// (m, D) times (D, U) as a 1x1 convolution of a 1x1 image: the arrays lie in memory alike.
ConvGeometry affine_geometry(Index m, Index D, Index U);

}  // namespace convstep
