// What the passes of the engine "winograd" share: the tiling of a plane and the filters' transform.
#pragma once

#include <algorithm>

#include "conv/conv.h"
#include "simd/simd.h"

namespace convstep {

// At most so many vectors of tiles are transformed at a time.
constexpr Index kMaxBlockVectors = 32;

// The tiles of a batch of output planes, in groups of examples: within one, tile
// t = n + examples * (tile row + rows * tile column), n the example's place in the group. Groups
// are small, so that neighbouring vectors of tiles share input cells.
struct TileGrid {
  Index m, group, lanes, out, rows, columns;
  TileGrid(Index m, int lanes, Index out, Index height, Index width)
      : m(m),
        group(lanes),
        lanes(lanes),
        out(out),
        rows(ceil_div(height, out)),
        columns(ceil_div(width, out)) {}
  Index groups() const { return ceil_div(m, group); }
  Index examples(Index g) const { return std::min(group, m - g * group); }
  Index tiles(Index g) const { return examples(g) * rows * columns; }
  Index group_vectors(Index g) const { return ceil_div(tiles(g), lanes); }
  Index vectors() const { return (groups() - 1) * group_vectors(0) + group_vectors(groups() - 1); }
};

// The place of a tile: its example and its first output cell.
struct TilePlace {
  Index n, h, w;
  TilePlace(const TileGrid& grid, Index group, Index t) {
    const Index examples = grid.examples(group);
    n = group * grid.group + t % examples;
    h = grid.out * (t / examples % grid.rows);
    w = grid.out * (t / examples / grid.rows);
  }
};

// A plane that the tiles read or write: a tile at (h, w) covers the extent x extent cells from
// (h + top, w + left), some of which may lie outside the plane.
struct TiledPlane {
  Index height, width, extent, top, left;
};

// The vectors [begin, end) of a grid for a kernel; at most kMaxBlockVectors.
class TileVectors {
 public:
  // The place of vector begin + v in the kernel's buffer is to(v).
  template <typename To>
  TileVectors(const TileGrid& grid, const TiledPlane& plane, Index begin, Index end, To to) {
    block_ = {vectors_, end - begin, runs_, grid.m, grid.m * plane.height};
    int runs = 0;
    for (Index v = begin; v < end; ++v) {
      TileVector& vector = vectors_[v - begin];
      vector.to = to(v - begin);
      vector.first = runs;
      const Index group = v / grid.group_vectors(0);
      const Index t = (v - group * grid.group_vectors(0)) * grid.lanes;
      const Index stop = std::min(t + grid.lanes, grid.tiles(group));
      for (Index s = t; s < stop; s += runs_[runs - 1].count) {
        const Index most = std::min(stop - s, grid.examples(group) - s % grid.examples(group));
        runs_[runs++] = run(grid, plane, TilePlace(grid, group, s), most, s - t);
      }
      vector.runs = runs - vector.first;
      vector.direct = runs_[vector.first].count == grid.lanes;
    }
  }
  TileVectors(const TileVectors&) = delete;
  TileVectors& operator=(const TileVectors&) = delete;

  const TileBlock& block() const { return block_; }

 private:
  static TileRun run(const TileGrid& grid, const TiledPlane& plane, const TilePlace& place,
                     Index count, Index lane) {
    const Index h = place.h + plane.top;
    const Index w = place.w + plane.left;
    const auto inside = [&](Index cell) {
      return static_cast<int>(std::max<Index>(0, std::min(cell, plane.extent)));
    };
    return {place.n + grid.m * (h + plane.height * w),
            static_cast<int>(lane),
            static_cast<int>(count),
            inside(-h),
            inside(plane.height - h),
            inside(-w),
            inside(plane.width - w)};
  }

  TileVector vectors_[kMaxBlockVectors];
  TileRun runs_[kMaxBlockVectors * kMaxLanes];
  TileBlock block_;
};

// Y[h, w, k] = bias[k] + sum over c, i, j of X[h + top + i, w + left + j, c] F[i, j, c, k]:
// a convolution of stride 1, or the input gradient of one, which also has this form. X is zero
// outside its plane; `bias` may be null.
struct Correlation {
  Index m;
  Index x_height, x_width, channels;
  Index y_height, y_width, filters;
  Index taps, top, left;
  FilterView F;
};

// By winograd tiles; the filters must be finite.
template <typename Real, typename Store>
void winograd_correlate(const WinogradVariant<Real>& variant, const Correlation& s, const Store* X,
                        const double* bias, Store* Y);

// dW and db (which may be null) of one group of channels and filters, by winograd tiles. Where A or
// dZ is not finite, so is dW, but not only in the right places.
template <typename Real, typename Store>
void winograd_filter_gradient(const WinogradVariant<Real>& variant, const ConvGeometry& g,
                              const Store* A, const Store* dZ, double* dW, double* db);

}  // namespace convstep
