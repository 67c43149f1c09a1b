// The output gradient as the products of the direct engine read it (direct_kernels.h): turned into
// rows of filters, or, for the dot product of few filters, copied.
#pragma once

#include <vector>

#include "conv/direct/columns.h"
#include "conv/direct/shapes.h"
#include "simd/simd.h"

namespace convstep {

template <typename Real, typename Store>
class GradientRows {
 public:
  // Of a block of `filters` filters. `windows` (vertical) and `filter_stride` are dZ's.
  GradientRows(const SimdKernels<Real>& set, bool dot, Index m, Index windows, Index filter_stride,
               Index filters);

  // Filters that one kernel call takes.
  struct FilterTile {
    Index first, count;  // within the block
    int width;           // as the kernel has them
  };
  const std::vector<FilterTile>& tiles() const { return tiles_; }

  // Fills `to` with the block's rows of a run of windows, and adds them to `sums` (or null), a cell
  // a filter. dZ begins at the block's first filter.
  void load(const Store* dZ, const RowBlock& block, const WindowOrder::Run& run, Real* to,
            Real* sums) const;
  // Where in `to` the rows of a tile begin, for a run of `windows` windows.
  Index offset(const FilterTile& tile, Index windows, Index rows) const {
    return tile.first * windows * (dot_ ? round_up(rows, set_.lanes) : rows);
  }

 private:
  void copy(const FilterTile& tile, const Store* from, Index length, Real* to, Index padded) const;

  const SimdKernels<Real>& set_;
  const DirectKernels<Real>& kernels_;
  const bool dot_;
  const Index m_, windows_, filter_stride_;
  std::vector<FilterTile> tiles_;
};

}  // namespace convstep
