#include "conv/direct/tiles.h"

#include <algorithm>

#include "conv/direct/shapes.h"

namespace convstep {

RowMap::RowMap(const DirectCorrelation& x, const RowBlock& block, const AxisPhase& phase,
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

TileRow::TileRow(const DirectKernels& kernels, int width, const RowMap& map, Index lanes,
                 bool streamed)
    : width_(width), lanes_(lanes), map_(map) {
  for (Index v = 0; v < map.vectors();) {
    const TileShape& s = shape_within(kernels.tiles, width, map.vectors() - v);
    tiles_.push_back(
        {v, &s, map.contiguous(v, s.length, 1), streamed && map.contiguous(v, s.length, lanes)});
    v += s.length;
  }
}

// A tile some of whose cells do not exist, or do not lie side by side.
void TileRow::run_by_scratch(const Planned& planned, Tile tile, Index filters) const {
  const Index cells = planned.shape->length * lanes_;
  alignas(64) double scratch[kTileDoubles];
  Index offset[kTileDoubles / 2];
  for (Index v = 0; v < planned.shape->length; ++v) offset[v] = v * lanes_;
  double* z = tile.z;
  const Index filter_stride = tile.filter_stride;
  const auto for_each_stretch = [&](auto copy) {
    map_.for_each_stretch(planned.vector, planned.shape->length,
                          [&](Index to, Index lane, Index length) {
                            for (Index k = 0; k < filters; ++k) {
                              copy(z + k * filter_stride + to, scratch + k * cells + lane, length);
                            }
                          });
  };
  if (tile.bias == nullptr) {
    std::fill_n(scratch, kTileDoubles, 0.0);
    for_each_stretch([](const double* outside, double* inside, Index length) {
      for (Index i = 0; i < length; ++i) inside[i] = outside[i];
    });
  }
  tile.z = scratch;
  tile.filter_stride = cells;
  tile.vector_offset = offset;
  tile.stream = false;
  planned.shape->run(tile);
  for_each_stretch([](double* outside, const double* inside, Index length) {
    for (Index i = 0; i < length; ++i) outside[i] = inside[i];
  });
}

}  // namespace convstep
