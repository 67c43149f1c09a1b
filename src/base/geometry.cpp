#include "base/geometry.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace convstep {

namespace {

// R's own limits; where an Index has 32 bits, so few doubles that their bytes can be counted, and
// extents that can be added.
constexpr bool kWideIndex = sizeof(Index) > 4;
constexpr int kElementBits = kWideIndex ? 52 : 28;
constexpr int kExtentBits = kWideIndex ? 31 : 28;
constexpr Index kMaxElements = Index{1} << kElementBits;
constexpr Index kMaxExtent = (Index{1} << kExtentBits) - 1;

[[noreturn]] void fail(const std::string& argument, const std::string& message) {
  throw std::invalid_argument("Assertion on '" + argument + "' failed: " + message + ".");
}

std::string dims_text(const Index dim[4]) {
  std::string s = "(";
  for (int i = 0; i < 4; ++i) s += (i ? ", " : "") + std::to_string(dim[i]);
  return s + ")";
}

std::string fewer_than(int bits) { return "fewer than 2^" + std::to_string(bits) + " "; }

// `name` says which axis a message means: "rows" or "columns".
Axis make_axis(Index in, Index filter, Index stride, Index pad, Index dilation, const char* name) {
  Axis axis{in, filter, stride, dilation, 0, 0, 0};
  if (filter - 1 > kMaxExtent / dilation) {
    fail("hparameters$dilation", "The window must span " + fewer_than(kExtentBits) + name +
                                     ", but has " + std::to_string(filter) + " taps " +
                                     std::to_string(dilation) + " apart");
  }
  const Index span = dilation * (filter - 1) + 1;
  if (pad == kPadSame) {
    axis.out = ceil_div(in, stride);
    const Index total = std::max<Index>(span - (in - (axis.out - 1) * stride), 0);
    axis.pad_lo = total / 2;
    axis.pad_hi = total - axis.pad_lo;
  } else {
    if (pad > (kMaxExtent - in) / 2) {
      fail("hparameters$pad", "The padded input must have " + fewer_than(kExtentBits) + name +
                                  ", but has " + std::to_string(in) + " + 2 * " +
                                  std::to_string(pad));
    }
    axis.pad_lo = axis.pad_hi = pad;
    const Index room = in + 2 * pad - span;
    if (room < 0) {
      fail("hparameters", "The window spans " + std::to_string(span) + " " + name +
                              ", but the padded input has only " + std::to_string(in + 2 * pad));
    }
    axis.out = room / stride + 1;
  }
  return axis;
}

}  // namespace

Index Axis::first_tap(Index o) const {
  const Index start = o * stride - pad_lo;
  return start >= 0 ? 0 : std::min(filter, ceil_div(-start, dilation));
}

Index Axis::end_tap(Index o) const {
  const Index start = o * stride - pad_lo;
  if (start >= in) return first_tap(o);
  return std::max(first_tap(o), std::min(filter, (in - 1 - start) / dilation + 1));
}

double ConvGeometry::flops() const {
  return 2.0 * static_cast<double>(z_size()) * static_cast<double>(taps() * group_channels());
}

Index checked_size(std::initializer_list<Index> extents, const char* what) {
  Index size = 1;
  for (Index extent : extents) {
    if (extent == 0) return 0;
  }
  for (Index extent : extents) {
    if (size > kMaxElements / extent) {
      fail(what, "Must have " + fewer_than(kElementBits) +
                     "elements, but the product of its extents is larger");
    }
    size *= extent;
  }
  return size;
}

ConvGeometry conv_geometry(const Index a_dim[4], const Index w_dim[4], const WindowSpec& spec,
                           Index groups) {
  const Index C = a_dim[3];
  const Index K = w_dim[3];
  if (C % groups != 0 || K % groups != 0) {
    fail("hparameters$groups", "Must divide the channels of 'A_prev' (" + std::to_string(C) +
                                   ") and the filters of 'W' (" + std::to_string(K) + "), but is " +
                                   std::to_string(groups));
  }
  if (w_dim[2] != C / groups) {
    fail("W", "Must have dim(A_prev)[4] / groups = " + std::to_string(C / groups) +
                  " channels (dim(W)[3]), but has dim " + dims_text(w_dim));
  }
  ConvGeometry g{};
  g.m = a_dim[0];
  g.C = C;
  g.K = K;
  g.groups = groups;
  g.h = make_axis(a_dim[1], w_dim[0], spec.stride[0], spec.pad[0], spec.dilation[0], "rows");
  g.w = make_axis(a_dim[2], w_dim[1], spec.stride[1], spec.pad[1], spec.dilation[1], "columns");
  checked_size({g.m, g.h.out, g.w.out, g.K}, "Z");
  return g;
}

ConvGeometry conv_transpose_geometry(const Index a_dim[4], const Index w_dim[4],
                                     const WindowSpec& spec, const Index output_pad[2],
                                     Index groups) {
  if (w_dim[3] != a_dim[3]) {
    fail("W", "Must have dim(A_prev)[4] = " + std::to_string(a_dim[3]) +
                  " channels (dim(W)[4]), but has dim " + dims_text(w_dim));
  }
  if (a_dim[3] % groups != 0) {
    fail("hparameters$groups", "Must divide the channels of 'A_prev' (" + std::to_string(a_dim[3]) +
                                   "), but is " + std::to_string(groups));
  }
  const Index channels = checked_size({w_dim[2], groups}, "W");
  Index out[4] = {a_dim[0], 0, 0, channels};
  const char* const names[] = {"rows", "columns"};
  for (int axis = 0; axis < 2; ++axis) {
    const Index in = a_dim[1 + axis];
    const Index stride = spec.stride[axis];
    const std::string name = names[axis];
    if (output_pad[axis] >= stride) {
      fail("hparameters$output_pad", "Must be less than the stride (" + std::to_string(stride) +
                                         "), but is " + std::to_string(output_pad[axis]));
    }
    const Index taps = w_dim[axis] - 1;
    if (spec.pad[axis] > kMaxExtent || taps > kMaxExtent / spec.dilation[axis] ||
        in > kMaxExtent / stride) {
      fail("hparameters", "The output must have fewer than 2^31 " + name);
    }
    out[1 + axis] = spec.pad[axis] == kPadSame ? in * stride
                                               : (in - 1) * stride + spec.dilation[axis] * taps +
                                                     1 - 2 * spec.pad[axis] + output_pad[axis];
    if (out[1 + axis] < 1 || out[1 + axis] > kMaxExtent) {
      fail("hparameters", "The output must have at least one and fewer than 2^31 " + name +
                              ", but would have " + std::to_string(out[1 + axis]));
    }
  }
  if (channels > kMaxExtent) fail("W", "Must give fewer than 2^31 channels");
  checked_size({out[0], out[1], out[2], out[3]}, "Z");
  return conv_geometry(out, w_dim, spec, groups);
}

PoolGeometry pool_geometry(const Index a_dim[4], const Index f[2], const WindowSpec& spec) {
  PoolGeometry g{};
  g.m = a_dim[0];
  g.C = a_dim[3];
  g.h = make_axis(a_dim[1], f[0], spec.stride[0], spec.pad[0], 1, "rows");
  g.w = make_axis(a_dim[2], f[1], spec.stride[1], spec.pad[1], 1, "columns");
  checked_size({g.m, g.h.out, g.w.out, g.C}, "A");
  return g;
}

PadGeometry pad_geometry(const Index a_dim[4], const Index pad[2]) {
  const char* const names[] = {"rows", "columns"};
  for (int axis = 0; axis < 2; ++axis) {
    if (pad[axis] > (kMaxExtent - a_dim[1 + axis]) / 2) {
      fail("stride", "The padded input must have " + fewer_than(kExtentBits) + names[axis] +
                         ", but has " + std::to_string(a_dim[1 + axis]) + " + 2 * " +
                         std::to_string(pad[axis]));
    }
  }
  const PadGeometry g{a_dim[0], a_dim[1], a_dim[2], a_dim[3], pad[0], pad[1]};
  checked_size({g.m, g.out_h(), g.out_w(), g.C}, "stride");
  return g;
}

ConvGeometry affine_geometry(Index m, Index D, Index U) {
  const Index a_dim[] = {m, 1, 1, D};
  const Index w_dim[] = {1, 1, D, U};
  return conv_geometry(a_dim, w_dim, WindowSpec{{1, 1}, {0, 0}, {1, 1}}, 1);
}

}  // namespace convstep
