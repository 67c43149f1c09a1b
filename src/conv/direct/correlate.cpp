// Correlations of the direct engine. Work is cut into blocks of q (columns.h); a thread
// takes a block and a range of windows along the horizontal axis, keeps the packed columns these
// need in a ring, and for each window runs through filter panels and tiles. Where the taps of all
// channels are too many for the caches, channels are taken in blocks, each continuing the sums of
// the last, so that every sum runs over channels, columns and rows in the same order however work
// is cut.
//
// Each task owns the outputs of its windows, rows and filters.
#include "conv/direct/correlate.h"

#include <algorithm>
#include <cstdint>

#include "base/machine.h"
#include "base/scalars.h"
#include "base/threads.h"
#include "base/workspace.h"
#include "conv/conv.h"
#include "conv/direct/filters.h"
#include "conv/direct/shapes.h"
#include "conv/direct/tiles.h"
#include "simd/simd.h"

namespace convstep {

namespace {

// Taps of one pass over the input: more are taken in several passes, which bounds the ring.
constexpr Index kMostRowTaps = 64;
constexpr Index kMostColumnTaps = 16;
// Taps times channels of a block: long enough sums, and filters that fit the caches.
constexpr Index kMostDepth = 640;
constexpr Index kLeastDepth = 256;
// A thread's ring of columns lies in the second cache, and leaves room there for some filters. With
// few filters the sums are few too, and reading the ring bounds the speed: it lies in the first
// cache then, and the sums are taken up more often.
constexpr Index kFewFilters = 4;
constexpr Index kSmallDepth = 48;
constexpr Index kChunk = 32;        // examples side by side in a block of a large batch
constexpr Index kMostVectors = 64;  // in a block
constexpr Index kMostTouched = Index{64} << 20;  // bytes of results that one task may touch

template <typename Real, typename Store>
class Correlator {
 public:
  // `accumulate`: what is in `out` counts; `final`: nothing will be added later.
  Correlator(const DirectCorrelation<Store>& x, bool accumulate, bool final);
  void run();

 private:
  ColumnLayout layout_of(const RowBlock& block) const {
    return ColumnLayout(x_.h, block.examples.count, block.rows(), set_.lanes, kLineCells<Real>);
  }
  void plan_blocks();
  void plan_tasks();
  // What a task is about.
  struct Share {
    Index group;
    const RowBlock& block;
    Index window_begin, window_end;
    Index panel_begin, panel_end;
  };
  using Round = typename PackedFilters<Real>::Round;
  Share share(Index task, const Round& round) const;
  void run_task(const Share& s, Index first_depth, Index end_depth, Real* ring_memory) const;
  Store* output_column(Index group, Index column) const {
    return x_.out + x_.m * x_.out_h * (column + x_.out_w * group * x_.out_channels);
  }

  const DirectCorrelation<Store>& x_;
  const bool accumulate_;
  const SimdKernels<Real>& set_;
  const DirectKernels<Real>& kernels_;
  PackedFilters<Real> filters_;
  std::vector<RowBlock> blocks_;
  Index channels_;  // of a block
  Index ring_cells_;
  Index window_parts_, panel_parts_;
  double task_ns_;
  bool stream_;
};

template <typename Real, typename Store>
Correlator<Real, Store>::Correlator(const DirectCorrelation<Store>& x, bool accumulate, bool final)
    : x_(x),
      accumulate_(accumulate),
      set_(simd<Real>()),
      kernels_(set_.direct),
      filters_(x, kernels_) {
  plan_blocks();
  filters_.set_channels(channels_);
  plan_tasks();
  // Whole lines only, of a result that is written once; every output column is as aligned as the
  // first.
  const Index lanes = set_.lanes;
  stream_ = lanes == kLineCells<Real> && filters_.depths() == 1 && final && !accumulate_ &&
            x.m * x.out_h % lanes == 0 &&
            reinterpret_cast<std::uintptr_t>(x.out) % kCacheLine == 0 &&
            bytes_of<Store>(x.m * x.out_h * x.out_w * x.groups * x.out_channels) >= kStreamBytes;
}

// The blocks of rows and the channels of a block, such that a ring of their columns fits the cache.
template <typename Real, typename Store>
void Correlator<Real, Store>::plan_blocks() {
  const Index lanes = set_.lanes;
  const int width = filters_.panels()[0].width;
  const Index quantum = shape_within(kernels_.tiles, width, kMostVectors).length * lanes;
  const Index taps = std::max<Index>(1, x_.h.taps * x_.w.taps);
  const Index slots = std::max<Index>(1, x_.w.taps);
  const Index span = x_.h.taps > 0 ? (x_.h.taps - 1) * x_.h.spacing / x_.h.step : 0;

  const bool few = x_.out_channels <= kFewFilters && x_.out_step_h == 1;
  const Index ring_cells =
      (few ? kFirstCacheBytes : kSecondCacheBytes) / static_cast<Index>(sizeof(Real));
  const Index least_depth = few ? kSmallDepth / 2 : kLeastDepth;
  const Index depths =
      std::min(x_.in_channels, ceil_div(x_.in_channels * taps, few ? kSmallDepth : kMostDepth));
  std::vector<Examples> batch =
      split_examples(x_.m, span == 0 ? x_.m : std::max(kChunk, lanes), lanes);
  const auto room = [&] {  // rows that fit
    return ring_cells / (slots * channels_) - span * batch[0].count;
  };
  channels_ = ceil_div(x_.in_channels, depths);
  while (room() < 4 * quantum && channels_ * taps > least_depth && channels_ > 1) {
    channels_ = ceil_div(channels_, 2);
  }
  const Index rows =
      std::clamp(room() / quantum, Index{1}, std::max<Index>(1, kMostVectors * lanes / quantum)) *
      quantum;
  blocks_ = split_rows(batch, x_.h.out, rows, quantum);
  Index cells = 0;
  for (const RowBlock& block : blocks_) {
    if (&block == &blocks_[0] || block.examples.count != (&block)[-1].examples.count) {
      cells = std::max(cells, layout_of(block).cells);
    }
  }
  ring_cells_ = cells * slots * channels_;
}

// How many ranges of windows and of panels a round is cut into: enough for all threads, and for
// short tasks.
template <typename Real, typename Store>
void Correlator<Real, Store>::plan_tasks() {
  const Index base = x_.groups * static_cast<Index>(blocks_.size());
  const double flops = 2.0 * static_cast<double>(x_.m * x_.h.out * x_.w.out * x_.groups) *
                       static_cast<double>(filters_.taps()) *
                       static_cast<double>(x_.in_channels * x_.out_channels);
  const double all_ns = flops / (kFlopsPerLane * set_.lanes) +
                        2.0 * static_cast<double>(x_.m * x_.out_h * x_.out_w * x_.out_channels);
  const double ns = all_ns / static_cast<double>(filters_.rounds().size());
  const Index threads = threads_for(ns);
  const Index panels = static_cast<Index>(filters_.panels().size());
  Index wanted = static_cast<Index>(ns / kLongTask);
  if (threads > 1) {
    wanted = std::max({wanted, 4 * threads, static_cast<Index>(ns / 300e3)});
  }
  // A block of some examples touches every page of its columns, and the first touch of fresh memory
  // is slow.
  const Index touched =
      x_.m * x_.out_h * x_.out_w * x_.groups * x_.out_channels * static_cast<Index>(sizeof(Store));
  wanted = std::max(wanted, base * (touched / kMostTouched));
  window_parts_ = panel_parts_ = 1;
  if (wanted > 1) {
    // Ranges of windows pack their first columns anew: not too short, unless there is no choice.
    const Index shortest = base >= threads ? std::max<Index>(1, 2 * x_.w.taps) : 1;
    window_parts_ =
        std::clamp(ceil_div(wanted, base), Index{1}, std::max<Index>(1, x_.w.out / shortest));
    if (base * window_parts_ < threads) {
      panel_parts_ = std::clamp(ceil_div(4 * threads, base * window_parts_), Index{1}, panels);
    }
  }
  task_ns_ = ns / static_cast<double>(base * window_parts_ * panel_parts_);
}

template <typename Real, typename Store>
auto Correlator<Real, Store>::share(Index task, const Round& round) const -> Share {
  const Index panel_parts = std::min(panel_parts_, round.panels());
  const Index panel_part = task % panel_parts;
  task /= panel_parts;
  const Index window_part = task % window_parts_;
  task /= window_parts_;
  const Index block_count = static_cast<Index>(blocks_.size());
  return {task / block_count,
          blocks_[static_cast<std::size_t>(task % block_count)],
          x_.w.out * window_part / window_parts_,
          x_.w.out * (window_part + 1) / window_parts_,
          round.first_panel + round.panels() * panel_part / panel_parts,
          round.first_panel + round.panels() * (panel_part + 1) / panel_parts};
}

// Spreads the fetching of the columns that the next window needs over the kernel calls of this one:
// each fetches its share of a column's lines, in all channels.
template <typename Real, typename Store>
class FetchAhead {
 public:
  FetchAhead(const ColumnRing<Real, Store>& ring, Index channels, Index channel_stride, Index calls)
      : ring_(ring),
        channels_(channels),
        channel_stride_(bytes_of<Store>(channel_stride)),
        calls_(calls) {}

  void set(const WindowOrder::Run& next) {
    ring_.missing(next, columns_);
    call_ = 0;
  }
  void clear() { columns_.clear(); }

  Ahead take() {
    const Index per_column = static_cast<Index>(ring_.lines().size());
    const Index lines = static_cast<Index>(columns_.size()) * per_column;
    if (lines == 0) return {};
    const Index line = lines * call_ / calls_;
    ++call_;
    const Index end = std::min(lines * call_ / calls_, (line / per_column + 1) * per_column);
    const Store* column = columns_[static_cast<std::size_t>(line / per_column)];
    return {reinterpret_cast<const char*>(column), channels_, channel_stride_,
            ring_.lines().data() + line % per_column, end - line};
  }

 private:
  const ColumnRing<Real, Store>& ring_;
  const Index channels_, channel_stride_, calls_;
  Index call_ = 0;
  std::vector<const Store*> columns_;
};

// Blocks of channels [first_depth, end_depth), for the share's windows, rows and filters.
template <typename Real, typename Store>
void Correlator<Real, Store>::run_task(const Share& s, Index first_depth, Index end_depth,
                                       Real* ring_memory) const {
  const Index lanes = set_.lanes;
  const ColumnLayout layout = layout_of(s.block);
  ColumnRing<Real, Store> ring(kernels_, set_.lanes, x_.m, x_.h, x_.w, layout, s.block, x_.w.taps,
                               channels_, ring_memory);
  // The tiles of each vertical phase; panels of one width share them.
  std::vector<RowMap> maps;
  for (const AxisPhase& phase : x_.h_phases) maps.emplace_back(x_, s.block, phase, lanes);
  std::vector<TileRow<Real, Store>> rows;
  std::vector<std::size_t> first_row;  // of each panel
  Index calls = 0;                     // of kernels, for one window
  for (Index p = s.panel_begin; p < s.panel_end; ++p) {
    const int width = filters_.panels()[static_cast<std::size_t>(p)].width;
    if (rows.empty() || rows.back().width() != width) {
      for (const RowMap& map : maps) rows.emplace_back(kernels_, width, map, lanes, stream_);
    }
    first_row.push_back(rows.size() - maps.size());
    for (std::size_t i = first_row.back(); i < rows.size(); ++i) {
      calls += static_cast<Index>(rows[i].size() * x_.w_phases.size());
    }
  }
  const WindowOrder order(x_.w);
  std::vector<Index> taps(static_cast<std::size_t>(x_.h.taps * x_.w.taps + 1));

  for (Index depth = first_depth; depth < end_depth; ++depth) {
    const Index channels = filters_.channels(depth);
    const Index channel_stride = x_.m * x_.h.in * x_.w.in;
    const bool from_bias = depth == 0 && !accumulate_;
    ring.set_channels(x_.in + channel_stride * (s.group * x_.in_channels + depth * channels_),
                      channels);
    FetchAhead<Real, Store> ahead(ring, channels, channel_stride, calls);
    for (Index window = s.window_begin; window < s.window_end; ++window) {
      const WindowOrder::Run run = order.run(window, 1);
      ring.load(run);
      if (window + 1 < s.window_end) {
        ahead.set(order.run(window + 1, 1));
      } else {
        ahead.clear();
      }
      for (std::size_t v = 0; v < filters_.variants().size(); ++v) {
        const Variant& variant = filters_.variants()[v];
        const Index column = variant.w->out_first + x_.out_step_w * run.first;
        if (column < 0 || column >= x_.out_w) continue;
        Index* tap = taps.data();
        for (Index j = 0; j < variant.w->count; ++j) {
          const Index slot = ring.offset(run.place, variant.w->tap + j);
          for (Index i = 0; i < variant.h->count; ++i) {
            *tap++ = slot + layout.tap_offset[static_cast<std::size_t>(variant.h->tap + i)];
          }
        }
        Store* out = output_column(s.group, column);
        Tile<Real> tile{};
        tile.channels = channels;
        tile.channel_stride = layout.cells;
        tile.taps = taps.data();
        tile.tap_count = variant.taps;
        tile.filter_stride = x_.m * x_.out_h * x_.out_w;
        for (Index p = s.panel_begin; p < s.panel_end; ++p) {
          const Panel& panel = filters_.panels()[static_cast<std::size_t>(p)];
          Real bias[kMaxTileWidth] = {};
          for (Index k = 0; k < panel.count && x_.bias != nullptr; ++k) {
            bias[k] = static_cast<Real>(x_.bias[s.group * x_.out_channels + panel.first + k]);
          }
          tile.bias = from_bias ? bias : nullptr;
          tile.weights = filters_.of(v, s.group, depth, panel);
          Store* z = out + tile.filter_stride * panel.first;
          const TileRow<Real, Store>& row =
              rows[first_row[static_cast<std::size_t>(p - s.panel_begin)] +
                   static_cast<std::size_t>(variant.h - x_.h_phases.data())];
          for (std::size_t i = 0; i < row.size(); ++i) {
            tile.ahead = ahead.take();
            row.run(i, tile, ring.data(), panel.count, z);
          }
        }
      }
    }
  }
  if (stream_) kernels_.fence();
}

template <typename Real, typename Store>
void Correlator<Real, Store>::run() {
  const Index base = x_.groups * static_cast<Index>(blocks_.size()) * window_parts_;
  const Index shared = bytes_of<Real>(filters_.cells());
  const Index own = bytes_of<Real>(ring_cells_);
  const Index room = (kWorkspaceBytes - shared) / (own + 2 * kPageBytes);
  const int threads =
      static_cast<int>(std::clamp<Index>(room, 1, planned_threads(base * panel_parts_, task_ns_)));
  Workspace workspace(threads, own);
  Workspace shared_workspace(1, shared);
  for (const Round& round : filters_.rounds()) {
    filters_.pack(round, shared_workspace.of<Real>(0));
    parallel_for(
        base * std::min(panel_parts_, round.panels()), task_ns_,
        [&](Index task, int thread) {
          run_task(share(task, round), round.first_depth, round.end_depth,
                   workspace.of<Real>(thread));
        },
        threads);
  }
}

// The phases' shares of taps [tap, tap + count) of their axis.
std::vector<AxisPhase> part_of(const std::vector<AxisPhase>& phases, Index tap, Index count) {
  std::vector<AxisPhase> parts = phases;
  for (AxisPhase& phase : parts) {
    const Index begin = std::clamp(phase.tap, tap, tap + count);
    const Index end = std::clamp(phase.tap + phase.count, begin, tap + count);
    phase.filter += (begin - phase.tap) * phase.filter_step;
    phase.tap = begin - tap;
    phase.count = end - begin;
  }
  return parts;
}

}  // namespace

template <typename Real, typename Store>
void correlate(const DirectCorrelation<Store>& x) {
  const Index row_parts = std::max<Index>(1, ceil_div(x.h.taps, kMostRowTaps));
  const Index column_parts = std::max<Index>(1, ceil_div(x.w.taps, kMostColumnTaps));
  for (Index j = 0; j < column_parts; ++j) {
    for (Index i = 0; i < row_parts; ++i) {
      DirectCorrelation<Store> part = x;
      const Index row = x.h.taps * i / row_parts;
      const Index rows = x.h.taps * (i + 1) / row_parts - row;
      const Index column = x.w.taps * j / column_parts;
      const Index columns = x.w.taps * (j + 1) / column_parts - column;
      part.h = x.h.part(row, rows);
      part.w = x.w.part(column, columns);
      part.h_phases = part_of(x.h_phases, row, rows);
      part.w_phases = part_of(x.w_phases, column, columns);
      Correlator<Real, Store>(part, i + j > 0, row_parts * column_parts == 1).run();
    }
  }
}

#define CONVSTEP_MAKE(Real, Store) template void correlate<Real>(const DirectCorrelation<Store>&);
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
