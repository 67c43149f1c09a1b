// Outputs and input gradients of the engine "winograd".
//
// The filters are transformed once: U[filter panel][xi][c][f]. A task is a block of tiles: its
// input is transformed channel by channel, V[panel of tiles][xi][c][t], and stays in the second
// level cache while, kFilterBlock filters at a time, the products M[panel][xi][f][t] are made and
// transformed into Y. Every tile's value depends on nothing but the tile, so that neither blocks
// nor threads show in the bits.
//
// Where a tile's output is not finite (its input was not, or a product overflowed), the tile is
// computed once more as the definition has it: a NaN would fill the whole tile otherwise.
#include <cmath>
#include <cstdint>

#include "base/machine.h"
#include "base/scalars.h"
#include "base/threads.h"
#include "base/workspace.h"
#include "conv/winograd/winograd.h"

namespace convstep {

namespace {

constexpr Index kFilterBytes = Index{24} << 20;           // for the transformed filters
constexpr Index kBlockBytes = kSecondCacheBytes / 4 * 3;  // for V of a block, at least a panel
constexpr Index kThreadBytes = Index{32} << 20;           // for the blocks of all threads
constexpr Index kFilterBlock = 8;

// The sizes of a call and the distances in its buffers, in cells.
template <typename Real>
struct Plan {
  static constexpr Index kLine = kLineCells<Real>;
  const WinogradVariant<Real>& variant;
  const WinogradKernels<Real>& kernels;
  Index lanes;
  Index positions;       // tile^2
  Index panel;           // tiles in a panel
  Index filter_part;     // filters whose transforms are held at a time
  Index filter_block;    // filters whose products are held at a time
  Index panels, blocks;  // panels of a block, blocks in all
  Index v_step, v_panel;
  Index m_step, m_panel;
  bool streamed;

  template <typename Store>
  Plan(const WinogradVariant<Real>& variant, const SimdKernels<Real>& set, const Correlation& s,
       Index vectors, const Store* Y)
      : variant(variant), kernels(set.winograd), lanes(set.lanes) {
    positions = Index{variant.tile} * variant.tile;
    panel = kernels.vectors * lanes;
    const Index width = kernels.filters;
    const Index panel_filters = bytes_of<Real>(positions * s.channels * width);
    filter_part =
        std::min(ceil_div(s.filters, width), std::max<Index>(1, kFilterBytes / panel_filters)) *
        width;
    filter_block = std::min(kFilterBlock, filter_part);
    // An odd number of lines apart, positions do not fall on the same cache sets.
    v_step = (s.channels + 1) * panel;
    v_panel = v_step * positions;
    m_step = filter_block * panel + kLine;
    m_panel = m_step * positions;
    panels = std::max<Index>(
        1, std::min(kBlockBytes / bytes_of<Real>(v_panel), kMaxBlockVectors / kernels.vectors));
    panels = std::min(panels, ceil_div(vectors, kernels.vectors));
    blocks = ceil_div(vectors, panels * kernels.vectors);
    streamed = lanes == kLine && s.m % lanes == 0 &&
               reinterpret_cast<std::uintptr_t>(Y) % kCacheLine == 0 &&
               bytes_of<Store>(s.m * s.y_height * s.y_width * s.filters) >= kStreamBytes;
  }
};

// The transforms of filters [begin, begin + count), a task for each panel of filters.
template <typename Real>
void transform_filters(const Plan<Real>& plan, const Correlation& s, Index begin, Index count,
                       Real* U) {
  const Index width = plan.kernels.filters;
  const Index panels = ceil_div(count, width);
  const double ns = static_cast<double>(s.channels * plan.positions) * 2;
  parallel_for(panels, ns, [&](Index panel, int) {
    FilterView view = s.F;
    view.data += (begin + panel * width) * view.filter;
    plan.variant.filters(view, s.channels, static_cast<int>(std::min(width, count - panel * width)),
                         U + panel * plan.positions * s.channels * width);
  });
}

// One tile by the definition, for filters [begin, begin + count).
template <typename Real, typename Store>
void correlate_directly(const Correlation& s, const TileGrid& grid, const TilePlace& tile,
                        Index begin, Index count, const Store* X, const double* bias, Store* Y) {
  const Index n = tile.n;
  const Index h0 = tile.h;
  const Index w0 = tile.w;
  const Index h1 = std::min(h0 + grid.out, s.y_height);
  const Index w1 = std::min(w0 + grid.out, s.y_width);
  for (Index k = begin; k < begin + count; ++k) {
    const double* F = s.F.data + k * s.F.filter;
    for (Index w = w0; w < w1; ++w) {
      for (Index h = h0; h < h1; ++h) {
        Real sum = 0;
        for (Index j = 0; j < s.taps; ++j) {
          const Index column = w + s.left + j;
          if (column < 0 || column >= s.x_width) continue;
          for (Index i = 0; i < s.taps; ++i) {
            const Index row = h + s.top + i;
            if (row < 0 || row >= s.x_height) continue;
            const Store* x = X + n + s.m * (row + s.x_height * column);
            const double* f = F + i * s.F.row + j * s.F.column;
            for (Index c = 0; c < s.channels; ++c) {
              sum += static_cast<Real>(x[c * s.m * s.x_height * s.x_width]) *
                     static_cast<Real>(f[c * s.F.channel]);
            }
          }
        }
        Y[n + s.m * (h + s.y_height * (w + s.y_width * k))] =
            static_cast<Store>(sum + static_cast<Real>(bias ? bias[k] : 0));
      }
    }
  }
}

// The vectors of tiles [begin, end), for the filters whose transforms U holds.
template <typename Real, typename Store>
void correlate_block(const Plan<Real>& plan, const Correlation& s, const TileGrid& grid,
                     Index begin, Index end, Index first_filter, Index filters, const Store* X,
                     const Real* U, const double* bias, Store* Y, Real* V) {
  const WinogradPlanes<Real, Store>& planes = plan.variant.template planes<Store>();
  const Index lanes = plan.lanes;
  const Index wide = plan.kernels.vectors;
  const Index width = plan.kernels.filters;
  const Index x_plane = s.m * s.x_height * s.x_width;
  const Index y_plane = s.m * s.y_height * s.y_width;
  Real* M = V + plan.panels * plan.v_panel;
  Real bad[kMaxBlockVectors * kMaxLanes];

  const auto place = [&](Index panel_size) {
    return [=](Index v) { return v / wide * panel_size + v % wide * lanes; };
  };
  const TileVectors in(grid, {s.x_height, s.x_width, plan.variant.tile, s.top, s.left}, begin, end,
                       place(plan.v_panel));
  const TileVectors out(grid, {s.y_height, s.y_width, plan.variant.out, 0, 0}, begin, end,
                        place(plan.m_panel));
  const Index vectors = end - begin;
  for (Index c = 0; c < s.channels; ++c) {
    planes.input(X + c * x_plane, in.block(), V + c * plan.panel, plan.v_step,
                 c + 1 < s.channels ? x_plane : 0);
  }
  std::fill_n(bad, vectors * lanes, Real{0});
  for (Index k0 = 0; k0 < filters; k0 += plan.filter_block) {
    const Index k1 = std::min(k0 + plan.filter_block, filters);
    for (Index xi = 0; xi < plan.positions; ++xi) {
      for (Index v = 0; v < vectors; v += wide) {
        const Index p = v / wide;
        const auto product = plan.kernels.product[std::min(wide, vectors - v) - 1];
        for (Index k = k0; k < k1; k += width) {
          product(V + p * plan.v_panel + xi * plan.v_step,
                  U + (k / width * plan.positions + xi) * s.channels * width, s.channels,
                  M + p * plan.m_panel + xi * plan.m_step + (k - k0) * plan.panel);
        }
      }
    }
    for (Index k = k0; k < k1; ++k) {
      planes.output(M + (k - k0) * plan.panel, plan.m_step,
                    bias == nullptr ? 0.0 : bias[first_filter + k],
                    Y + (first_filter + k) * y_plane, out.block(), bad, plan.streamed,
                    k + 1 < k1 ? y_plane : 0);
    }
  }
  if (plan.streamed) plan.kernels.fence();
  for (Index v = begin; v < end; ++v) {
    const Index group = v / grid.group_vectors(0);
    const Index t = (v - group * grid.group_vectors(0)) * lanes;
    for (Index lane = 0; lane < std::min(lanes, grid.tiles(group) - t); ++lane) {
      if (!std::isfinite(bad[(v - begin) * lanes + lane])) {
        correlate_directly<Real>(s, grid, TilePlace(grid, group, t + lane), first_filter, filters,
                                 X, bias, Y);
      }
    }
  }
}

}  // namespace

template <typename Real, typename Store>
void winograd_correlate(const WinogradVariant<Real>& variant, const Correlation& s, const Store* X,
                        const double* bias, Store* Y) {
  const SimdKernels<Real>& set = simd<Real>();
  const TileGrid grid(s.m, set.lanes, variant.out, s.y_height, s.y_width);
  const Index vectors = grid.vectors();
  const Plan<Real> plan(variant, set, s, vectors, Y);
  const Index u_size =
      round_up(plan.positions * s.channels * plan.filter_part, 512) + kLineCells<Real>;
  const Index thread_size =
      round_up(plan.panels * (plan.v_panel + plan.m_panel), 512) + kLineCells<Real>;
  // However many threads there are, no more than there is room for.
  const int most_threads = static_cast<int>(std::min<Index>(
      kMostThreads, std::max<Index>(1, kThreadBytes / bytes_of<Real>(thread_size))));
  const double products = static_cast<double>(plan.positions * s.channels * plan.filter_part) *
                          static_cast<double>(vectors * plan.lanes);
  const double ns = 2 * products / (kFlopsPerLane * set.lanes) / static_cast<double>(plan.blocks);
  const int threads = std::min(planned_threads(plan.blocks, ns), most_threads);
  Workspace workspace(1, bytes_of<Real>(u_size + threads * thread_size));
  Real* U = workspace.of<Real>(0);
  for (Index k = 0; k < s.filters; k += plan.filter_part) {
    const Index count = std::min(plan.filter_part, s.filters - k);
    transform_filters(plan, s, k, count, U);
    parallel_for(
        plan.blocks, ns,
        [&](Index b, int thread) {
          correlate_block(plan, s, grid, vectors * b / plan.blocks, vectors * (b + 1) / plan.blocks,
                          k, count, X, U, bias, Y, U + u_size + thread * thread_size);
        },
        most_threads);
  }
}

#define CONVSTEP_MAKE(Real, Store)                                                                 \
  template void winograd_correlate(const WinogradVariant<Real>&, const Correlation&, const Store*, \
                                   const double*, Store*);
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
