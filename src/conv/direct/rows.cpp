#include "conv/direct/rows.h"

#include <algorithm>

#include "base/scalars.h"

namespace convstep {

template <typename Real, typename Store>
GradientRows<Real, Store>::GradientRows(const SimdKernels<Real>& set, bool dot, Index m,
                                        Index windows, Index filter_stride, Index filters)
    : set_(set),
      kernels_(set.direct),
      dot_(dot),
      m_(m),
      windows_(windows),
      filter_stride_(filter_stride) {
  const Index unit = dot ? 1 : set.lanes;  // filters a step of the width
  const ShapeList<ProductKernel<Real>>& shapes = dot ? kernels_.dots : kernels_.outer;
  for (Index k = 0; k < filters;) {
    const int width = width_within(shapes, ceil_div(filters - k, unit));
    tiles_.push_back({k, std::min(width * unit, filters - k), width});
    k += width * unit;
  }
}

template <typename Real, typename Store>
void GradientRows<Real, Store>::load(const Store* dZ, const RowBlock& block,
                                     const WindowOrder::Run& run, Real* to, Real* sums) const {
  const Index count = block.examples.count;
  const Index rows = block.rows();
  const Index padded = round_up(rows, set_.lanes);
  for (Index i = 0; i < run.count; ++i) {
    const Store* column = dZ + m_ * windows_ * (run.first + i * run.step) + block.examples.first;
    for (const FilterTile& tile : tiles_) {
      const Index width = dot_ ? tile.width : tile.width * set_.lanes;
      Real* cells = to + offset(tile, run.count, rows) + i * width * (dot_ ? padded : rows);
      for (Index q = block.begin; q < block.end;) {
        const Index length = count == m_ ? rows : std::min(count - q % count, block.end - q);
        copy(tile, column + q % count + m_ * (q / count) + filter_stride_ * tile.first, length,
             cells + (q - block.begin) * (dot_ ? 1 : width), padded);
        q += length;
      }
      if (dot_) {
        if (sums != nullptr) {
          kernels_.add_columns(cells, padded, rows, tile.width, sums + tile.first);
        }
        for (Index k = 0; k < tile.width; ++k) {
          std::fill_n(cells + k * padded + rows, padded - rows, Real{0});
        }
      } else if (sums != nullptr) {
        kernels_.add_rows(cells, width, rows, width, sums + tile.first);
      }
    }
  }
}

// `length` rows of a tile; filters that do not exist are zeros.
template <typename Real, typename Store>
void GradientRows<Real, Store>::copy(const FilterTile& tile, const Store* from, Index length,
                                     Real* to, Index padded) const {
  if (dot_) {
    kernels_.template in<Store>().rows(from, filter_stride_, tile.count, length, to, padded);
    return;
  }
  const Index width = tile.width * set_.lanes;
  kernels_.template in<Store>().transpose(from, filter_stride_, length, tile.count, to, width);
  for (Index r = 0; r < length && tile.count < width; ++r) {
    std::fill_n(to + r * width + tile.count, width - tile.count, Real{0});
  }
}

#define CONVSTEP_MAKE(Real, Store) template class GradientRows<Real, Store>;
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
