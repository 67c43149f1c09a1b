#include "conv/direct/rows.h"

#include <algorithm>

namespace convstep {

GradientRows::GradientRows(const SimdSet& set, bool dot, Index m, Index windows,
                           Index filter_stride, Index filters)
    : set_(set),
      kernels_(set.direct),
      dot_(dot),
      m_(m),
      windows_(windows),
      filter_stride_(filter_stride) {
  const Index unit = dot ? 1 : set.lanes;  // filters a step of the width
  const ShapeList<ProductKernel>& shapes = dot ? kernels_.dots : kernels_.outer;
  for (Index k = 0; k < filters;) {
    const int width = width_within(shapes, ceil_div(filters - k, unit));
    tiles_.push_back({k, std::min(width * unit, filters - k), width});
    k += width * unit;
  }
}

void GradientRows::load(const double* dZ, const RowBlock& block, const WindowOrder::Run& run,
                        double* to, double* sums) const {
  const Index count = block.examples.count;
  const Index rows = block.rows();
  const Index padded = round_up(rows, set_.lanes);
  for (Index i = 0; i < run.count; ++i) {
    const double* column = dZ + m_ * windows_ * (run.first + i * run.step) + block.examples.first;
    for (const FilterTile& tile : tiles_) {
      const Index width = dot_ ? tile.width : tile.width * set_.lanes;
      double* cells = to + offset(tile, run.count, rows) + i * width * (dot_ ? padded : rows);
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
          std::fill_n(cells + k * padded + rows, padded - rows, 0.0);
        }
      } else if (sums != nullptr) {
        kernels_.add_rows(cells, width, rows, width, sums + tile.first);
      }
    }
  }
}

// `length` rows of a tile; filters that do not exist are zeros.
void GradientRows::copy(const FilterTile& tile, const double* from, Index length, double* to,
                        Index padded) const {
  if (dot_) {
    kernels_.copy_rows(from, filter_stride_, tile.count, length, to, padded);
    return;
  }
  const Index width = tile.width * set_.lanes;
  kernels_.transpose(from, filter_stride_, length, tile.count, to, width);
  for (Index r = 0; r < length && tile.count < width; ++r) {
    std::fill_n(to + r * width + tile.count, width - tile.count, 0.0);
  }
}

}  // namespace convstep
