// Tiles of a block of the direct engine: which kernels cover its rows, and where their results go.
#pragma once

#include <algorithm>
#include <type_traits>
#include <vector>

#include "conv/direct/correlate.h"

namespace convstep {

// Where the rows of a block go in an output column, for one vertical phase.
class RowMap {
 public:
  RowMap(const CorrelationShape& x, const RowBlock& block, const AxisPhase& phase, Index lanes);

  Index vectors() const { return static_cast<Index>(offset_.size()); }
  // Offsets in the output column of the first lanes of vectors.
  const Index* offset(Index vector) const { return offset_.data() + vector; }
  // Whether each vector's lanes lie side by side, from a multiple of `unit` on.
  bool contiguous(Index vector, Index vectors, Index unit) const;

  // visit(offset in the output column, first lane, count) for all stretches of the lanes of
  // vectors [vector, vector + vectors) that exist.
  template <typename Visit>
  void for_each_stretch(Index vector, Index vectors, Visit visit) const {
    const Index begin = block_.begin + vector * lanes_;
    const Index end = std::min(begin + vectors * lanes_, block_.end);
    for (Index at = begin; at < end;) {
      const Index length = std::min(count() - at % count(), end - at);
      if (inside(at / count())) visit(place(at), at - begin, length);
      at += length;
    }
  }

 private:
  Index count() const { return block_.examples.count; }
  Index row(Index window) const { return phase_.out_first + x_.out_step_h * window; }
  bool inside(Index window) const { return row(window) >= 0 && row(window) < x_.out_h; }
  Index place(Index q) const {
    return block_.examples.first + q % count() + x_.m * row(q / count());
  }

  const CorrelationShape& x_;
  const RowBlock& block_;
  const AxisPhase& phase_;
  const Index lanes_;
  std::vector<Index> offset_;
  std::vector<bool> contiguous_;
};

// The tiles, `width` filters wide, that cover a block's rows. Results are of `Store`.
template <typename Real, typename Store>
class TileRow {
 public:
  // `streamed`: results may be stored past the caches.
  TileRow(const DirectKernels<Real>& kernels, int width, const RowMap& map, Index lanes,
          bool streamed);

  int width() const { return width_; }
  std::size_t size() const { return tiles_.size(); }
  // Runs tile `i`, whose results go to z: `source` is the first row's cell of the packed columns,
  // `filters` how many of the tile's exist.
  void run(std::size_t i, Tile<Real>& tile, const Real* source, Index filters, Store* z) const {
    const Planned& planned = tiles_[i];
    tile.src = source + planned.vector * lanes_;
    if constexpr (std::is_same_v<Real, Store>) {
      if (planned.direct && filters == width_) {
        tile.z = z;
        tile.vector_offset = map_.offset(planned.vector);
        tile.stream = planned.stream;
        planned.shape->run(tile);
        return;
      }
    }
    run_by_scratch(planned, tile, filters, z);
  }

 private:
  // Vectors [vector, vector + shape->length).
  struct Planned {
    Index vector;
    const TileShape<Real>* shape;
    bool direct;  // stored in place, not by way of a scratch tile
    bool stream;
  };
  void run_by_scratch(const Planned& planned, Tile<Real> tile, Index filters, Store* z) const;

  const DirectKernels<Real>& kernels_;
  const int width_;
  const Index lanes_;
  const RowMap& map_;
  std::vector<Planned> tiles_;
};

}  // namespace convstep
