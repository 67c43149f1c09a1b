// Which of a set's kernels to use: shapes by their width and length (direct_kernels.h).
#pragma once

#include "simd/direct_kernels.h"

namespace convstep {

template <typename Kernel>
const Shape<Kernel>* begin(const ShapeList<Kernel>& list) {
  return list.shapes;
}
template <typename Kernel>
const Shape<Kernel>* end(const ShapeList<Kernel>& list) {
  return list.shapes + list.count;
}

// The widest shape no wider than `width`.
template <typename Kernel>
int width_within(const ShapeList<Kernel>& list, Index width) {
  for (const Shape<Kernel>& s : list) {
    if (s.width <= width) return s.width;
  }
  return 1;
}

// The narrowest shape that is at least `width` wide, or the widest of all.
template <typename Kernel>
int width_around(const ShapeList<Kernel>& list, Index width) {
  int found = list.shapes[0].width;
  for (const Shape<Kernel>& s : list) {
    if (s.width >= width) found = s.width;
  }
  return found;
}

// The longest shape of that width.
template <typename Kernel>
Index longest(const ShapeList<Kernel>& list, int width) {
  for (const Shape<Kernel>& s : list) {
    if (s.width == width) return s.length;
  }
  return 1;
}

// The longest shape of that width up to `length`; halves of it rather than a small rest.
template <typename Kernel>
const Shape<Kernel>& shape_within(const ShapeList<Kernel>& list, int width, Index length) {
  const Index most = longest(list, width);
  const Index wanted = length > most && length < 2 * most ? ceil_div(length, 2) : length;
  const Shape<Kernel>* best = nullptr;
  for (const Shape<Kernel>& s : list) {
    if (s.width != width || s.length > length) continue;
    if (best == nullptr || s.length >= wanted) best = &s;
  }
  return *best;
}

}  // namespace convstep
