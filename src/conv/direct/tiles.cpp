#include "conv/direct/tiles.h"

#include <algorithm>

#include "base/machine.h"
#include "base/scalars.h"
#include "conv/direct/shapes.h"
#include "simd/simd.h"

namespace convstep {

RowMap::RowMap(const CorrelationShape& x, const RowBlock& block, const AxisPhase& phase,
               Index lanes)
    : x_(x), block_(block), phase_(phase), lanes_(lanes) {
  for (Index q = block.begin; q < block.end; q += lanes) {
    const Index last = q + lanes - 1;
    const bool one_stretch = q / count() == last / count() || (count() == x.m && x.out_step_h == 1);
    contiguous_.push_back(last < block.end && one_stretch && inside(q / count()) &&
                          inside(last / count()));
    offset_.push_back(contiguous_.back() ? place(q) : 0);
  }
}

bool RowMap::contiguous(Index vector, Index vectors, Index unit) const {
  for (Index v = vector; v < vector + vectors; ++v) {
    const std::size_t i = static_cast<std::size_t>(v);
    if (!contiguous_[i] || offset_[i] % unit != 0) return false;
  }
  return true;
}

template <typename Real, typename Store>
TileRow<Real, Store>::TileRow(const DirectKernels<Real>& kernels, int width, const RowMap& map,
                              Index lanes, bool streamed)
    : kernels_(kernels), width_(width), lanes_(lanes), map_(map) {
  for (Index v = 0; v < map.vectors();) {
    const TileShape<Real>& s = shape_within(kernels.tiles, width, map.vectors() - v);
    tiles_.push_back(
        {v, &s, map.contiguous(v, s.length, 1), streamed && map.contiguous(v, s.length, lanes)});
    v += s.length;
  }
}

// A tile some of whose cells do not exist, do not lie side by side, or are stored as another
// scalar.
template <typename Real, typename Store>
void TileRow<Real, Store>::run_by_scratch(const Planned& planned, Tile<Real> tile, Index filters,
                                          Store* z) const {
  const Index cells = planned.shape->length * lanes_;
  alignas(kCacheLine) Real scratch[kMaxTileVectors * kMaxLanes];
  Index offset[kMaxTileVectors];
  for (Index v = 0; v < planned.shape->length; ++v) offset[v] = v * lanes_;
  const Index filter_stride = tile.filter_stride;
  const auto for_each_stretch = [&](auto visit) {
    map_.for_each_stretch(planned.vector, planned.shape->length, visit);
  };
  if (tile.bias == nullptr) {
    std::fill_n(scratch, cells * width_, Real{0});
    for_each_stretch([&](Index from, Index lane, Index length) {
      kernels_.template in<Store>().rows(z + from, filter_stride, filters, length, scratch + lane,
                                         cells);
    });
  }
  tile.z = scratch;
  tile.filter_stride = cells;
  tile.vector_offset = offset;
  tile.stream = false;
  planned.shape->run(tile);
  if constexpr (!std::is_same_v<Real, Store>) {
    if (planned.stream && filters == width_) {
      for (Index v = 0; v < planned.shape->length; ++v) {
        kernels_.stream_rows(scratch + v * lanes_, cells, filters, lanes_,
                             z + *map_.offset(planned.vector + v), filter_stride);
      }
      return;
    }
  }
  for_each_stretch([&](Index to, Index lane, Index length) {
    kernels_.template out<Store>().rows(scratch + lane, cells, filters, length, z + to,
                                        filter_stride);
  });
}

#define CONVSTEP_MAKE(Real, Store) template class TileRow<Real, Store>;
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
