// Filter and bias gradients of the engine "winograd".
//
// The tiles are worked through in chunks. First the input, V[xi][c][t], and the output gradient,
// D[xi][vector of filters][t][lane], of a chunk are transformed (a task for each few channels or
// each vector of filters, and some tiles); then S[xi][vector of filters][c][lane] += V D' (a task
// for each xi and three vectors of filters, which own their part of S). The chunks depend on the
// shapes alone and come in order, so that the sums have the same bits for any number of threads.
// The sum of D at the point (1, 1) is the sum of the output gradient, db.
#include <cmath>

#include "base/machine.h"
#include "base/scalars.h"
#include "base/threads.h"
#include "base/workspace.h"
#include "conv/winograd/winograd.h"

namespace convstep {

namespace {

constexpr Index kChannelsPerTask = 16;
constexpr Index kVectorsPerTask = 8;
constexpr Index kSumBytes = Index{20} << 20;   // for S
constexpr Index kChunkBytes = Index{5} << 20;  // for V and D

template <typename Real>
struct Plan {
  const WinogradVariant<Real>& variant;
  const WinogradKernels<Real>& kernels;
  Index lanes, positions;
  Index rows;            // rows of V: the channels, rounded up to what `outer` takes
  Index filter_vectors;  // vectors of filters held at a time
  Index chunk;           // vectors of tiles
  Index v_step, d_step, s_step;
  Real* V;
  Real* D;
  Real* S;

  Index chunk_tiles() const { return chunk * lanes; }
};

// V and D of the tile vectors [begin, end).
template <typename Real, typename Store>
void transform_chunk(const Plan<Real>& plan, const ConvGeometry& g, const TileGrid& grid,
                     Index begin, Index end, Index filters, const Store* A, const Store* dZ) {
  const WinogradPlanes<Real, Store>& planes = plan.variant.template planes<Store>();
  const Index a_plane = g.m * g.h.in * g.w.in;
  const Index z_plane = g.m * g.h.out * g.w.out;
  const Index channels = g.group_channels();
  const Index channel_tasks = ceil_div(channels, kChannelsPerTask);
  const Index tasks = channel_tasks + ceil_div(filters, plan.lanes);
  const Index blocks = ceil_div(end - begin, kVectorsPerTask);
  const double ns = static_cast<double>(kVectorsPerTask * plan.positions * kChannelsPerTask);
  parallel_for(tasks * blocks, ns, [&](Index task, int) {
    const Index part = task / blocks;
    const Index v0 = begin + task % blocks * kVectorsPerTask;
    const Index v1 = std::min(v0 + kVectorsPerTask, end);
    const auto place = [&](Index v) { return (v0 - begin + v) * plan.lanes; };
    if (part < channel_tasks) {
      const TileVectors tiles(grid, {g.h.in, g.w.in, plan.variant.tile, -g.h.pad_lo, -g.w.pad_lo},
                              v0, v1, place);
      const Index stop = std::min((part + 1) * kChannelsPerTask, channels);
      for (Index c = part * kChannelsPerTask; c < stop; ++c) {
        planes.input(A + c * a_plane, tiles.block(), plan.V + c * plan.chunk_tiles(), plan.v_step,
                     c + 1 < stop ? a_plane : 0);
      }
    } else {
      const TileVectors tiles(grid, {g.h.out, g.w.out, plan.variant.out, 0, 0}, v0, v1, place);
      const Index k = (part - channel_tasks) * plan.lanes;
      planes.gradient(dZ + k * z_plane, z_plane,
                      static_cast<int>(std::min(plan.lanes, filters - k)), tiles.block(),
                      plan.D + k * plan.chunk_tiles(), plan.d_step);
    }
  });
}

// S += V D' over `tiles` tiles, and sums += D at the point (1, 1).
template <typename Real>
void accumulate_chunk(const Plan<Real>& plan, Index tiles, Index filters, bool first, Real* sums) {
  const Index vectors = ceil_div(filters, plan.lanes);
  const Index panels = ceil_div(vectors, plan.kernels.vectors);
  const double ns = static_cast<double>(tiles * plan.rows * plan.kernels.vectors * plan.lanes) / 40;
  parallel_for(plan.positions * panels, ns, [&](Index task, int) {
    const Index xi = task / panels;
    const Index panel = task % panels;
    const Index v = panel * plan.kernels.vectors;
    const Index count = std::min<Index>(plan.kernels.vectors, vectors - v);
    const Real* D = plan.D + xi * plan.d_step + v * plan.lanes * plan.chunk_tiles();
    for (Index c = 0; c < plan.rows; c += plan.kernels.channels) {
      plan.kernels.outer[count - 1](plan.V + xi * plan.v_step + c * plan.chunk_tiles(),
                                    plan.chunk_tiles(), D, plan.lanes * plan.chunk_tiles(), tiles,
                                    plan.S + xi * plan.s_step + (v * plan.rows + c) * plan.lanes,
                                    plan.rows * plan.lanes, !first);
    }
    if (sums != nullptr && xi == 1 + plan.variant.tile) {
      for (Index i = 0; i < count; ++i) {
        plan.kernels.sum(D + i * plan.lanes * plan.chunk_tiles(), tiles,
                         sums + (v + i) * plan.lanes);
      }
    }
  });
}

}  // namespace

template <typename Real, typename Store>
void winograd_filter_gradient(const WinogradVariant<Real>& variant, const ConvGeometry& g,
                              const Store* A, const Store* dZ, double* dW, double* db) {
  constexpr Index kLine = kLineCells<Real>;
  const SimdKernels<Real>& set = simd<Real>();
  const TileGrid grid(g.m, set.lanes, variant.out, g.h.out, g.w.out);
  const Index channels = g.group_channels();
  const Index filters = g.group_filters();
  Plan<Real> plan{variant,
                  set.winograd,
                  set.lanes,
                  Index{variant.tile} * variant.tile,
                  round_up(channels, set.winograd.channels),
                  0,
                  0,
                  0,
                  0,
                  0,
                  nullptr,
                  nullptr,
                  nullptr};
  const Index lanes = set.lanes;
  const Index s_vector = bytes_of<Real>(plan.positions * (plan.rows * lanes + kLine));
  plan.filter_vectors =
      std::min(ceil_div(filters, lanes), std::max<Index>(1, kSumBytes / s_vector));
  const Index vectors = grid.vectors();
  const Index tile_bytes =
      bytes_of<Real>(plan.positions * (plan.rows + plan.filter_vectors * lanes));
  plan.chunk = std::max<Index>(1, std::min(vectors, kChunkBytes / (tile_bytes * lanes)));
  plan.chunk = ceil_div(vectors, ceil_div(vectors, plan.chunk));
  // An odd number of lines apart, positions do not fall on the same cache sets.
  plan.v_step = plan.rows * plan.chunk_tiles() + kLine;
  plan.d_step = plan.filter_vectors * lanes * plan.chunk_tiles() + kLine;
  plan.s_step = plan.filter_vectors * plan.rows * lanes + kLine;
  const Index sums_size = round_up(filters, lanes);
  Workspace workspace(
      1, bytes_of<Real>(plan.positions * (plan.v_step + plan.d_step + plan.s_step) + sums_size));
  plan.V = workspace.of<Real>(0);
  plan.D = plan.V + plan.positions * plan.v_step;
  plan.S = plan.D + plan.positions * plan.d_step;
  Real* sums = plan.S + plan.positions * plan.s_step;
  std::fill_n(sums, sums_size, Real{0});
  for (Index xi = 0; xi < plan.positions; ++xi) {
    std::fill_n(plan.V + xi * plan.v_step + channels * plan.chunk_tiles(),
                (plan.rows - channels) * plan.chunk_tiles(), Real{0});
  }

  const Index part = plan.filter_vectors * lanes;
  for (Index k = 0; k < filters; k += part) {
    const Index count = std::min(part, filters - k);
    for (Index begin = 0; begin < vectors; begin += plan.chunk) {
      const Index end = std::min(begin + plan.chunk, vectors);
      transform_chunk(plan, g, grid, begin, end, count, A, dZ + k * g.m * g.h.out * g.w.out);
      accumulate_chunk<Real>(plan, (end - begin) * lanes, count, begin == 0,
                             db == nullptr ? nullptr : sums + k);
    }
    const double ns = static_cast<double>(plan.positions * channels * lanes);
    parallel_for(ceil_div(count, lanes), ns, [&](Index v, int) {
      variant.filter_gradient(plan.S + v * plan.rows * lanes, plan.s_step, channels,
                              static_cast<int>(std::min(lanes, count - v * lanes)),
                              dW + (k + v * lanes) * g.taps() * channels);
    });
  }
  if (db != nullptr) std::copy_n(sums, filters, db);
}

#define CONVSTEP_MAKE(Real, Store)                                                          \
  template void winograd_filter_gradient(const WinogradVariant<Real>&, const ConvGeometry&, \
                                         const Store*, const Store*, double*, double*);
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
