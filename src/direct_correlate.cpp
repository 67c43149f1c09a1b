// Correlations of the direct engine. Work is cut into blocks of q (direct_columns.h); a thread
// takes a block and a range of windows along the horizontal axis, keeps the packed columns these
// need in a ring, and for each window runs through filter panels and tiles. Where the taps of all
// channels are too many for the caches, channels are taken in blocks, each continuing the sums of
// the last, so that every sum runs over channels, columns and rows in the same order however work
// is cut.
//
// Each task owns the outputs of its windows, rows and filters.
#include "direct_correlate.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "conv.h"
#include "simd.h"
#include "threads.h"
#include "workspace.h"

namespace convstep {

namespace {

// Taps of one pass over the input: more are taken in several passes, which bounds the ring.
constexpr Index kMostRowTaps = 64;
constexpr Index kMostColumnTaps = 16;
// Taps times channels of a block: long enough sums, and filters that fit the caches.
constexpr Index kMostDepth = 640;
constexpr Index kLeastDepth = 256;
// Doubles in a thread's ring of columns; the L2 cache must hold them and some filters.
constexpr Index kRingDoubles = (Index{400} << 10) / 8;
// With few filters the sums are few too, and reading the ring bounds the speed: it lies in the L1
// cache then, and the sums are taken up more often.
constexpr Index kFewFilters = 4;
constexpr Index kSmallRingDoubles = (Index{32} << 10) / 8;
constexpr Index kSmallDepth = 48;
constexpr Index kChunk = 32;            // examples side by side in a block of a large batch
constexpr Index kMostVectors = 64;      // in a block
constexpr Index kTileDoubles = 24 * 8;  // the largest tile of any set
constexpr int kMostWidth = 8;           // filters of a tile
// Results of this size are not read from the caches again: to store past them saves reading what
// is overwritten.
constexpr Index kStreamBytes = Index{8} << 20;

Index ceil_div(Index a, Index b) { return (a + b - 1) / b; }

// Filters [first, first + count) of a group, packed `width` wide.
struct Panel {
  Index first, count;
  int width;
  Index place;  // filters of the panels before, with their padding
};

// One of the outputs that share the packed columns.
struct Variant {
  const AxisPhase* h;
  const AxisPhase* w;
  Index taps;
  Index weights;  // where its packed filters begin
};

class RowMap;
struct PlannedTile;

class Correlator {
 public:
  // `accumulate`: what is in `out` counts; `final`: nothing will be added later.
  Correlator(const DirectCorrelation& x, bool accumulate, bool final);
  void run();

 private:
  void plan_panels();
  void plan_blocks();
  void plan_rounds();
  void plan_tasks();
  void pack_filters(Index first_panel, Index end_panel, Index first_depth, Index end_depth);
  void run_task(Index task, Index first_panel, Index end_panel, Index first_depth, Index end_depth,
                double* ring) const;
  void run_by_scratch(Tile tile, const PlannedTile& planned, const RowMap& map, Index q,
                      Index filters) const;
  const TileShape& shape(int width, Index vectors) const;
  Index depth_channels(Index depth) const {
    return std::min(channels_, x_.in_channels - depth * channels_);
  }

  const DirectCorrelation& x_;
  const bool accumulate_;
  const SimdSet& set_;
  const DirectKernels& kernels_;
  std::vector<Panel> panels_;
  std::vector<Variant> variants_;
  std::vector<RowBlock> blocks_;
  Index channels_;  // of a block
  Index depths_;    // blocks of channels
  Index rows_;      // of q in a block, at most
  Index ring_doubles_;
  Index round_filters_, round_depths_;  // whose filters are packed at a time
  Index window_parts_, panel_parts_;
  double task_ns_;
  bool stream_;
  double* weights_ = nullptr;
  Index weights_channels_ = 0;  // channels and filters that are packed at present
  Index weights_filters_ = 0;
};

Correlator::Correlator(const DirectCorrelation& x, bool accumulate, bool final)
    : x_(x), accumulate_(accumulate), set_(simd()), kernels_(set_.direct) {
  plan_panels();
  plan_blocks();
  // Whole lines only, of a result that is written once; every output column is as aligned as the
  // first.
  const Index lanes = set_.lanes;
  stream_ = lanes * sizeof(double) == 64 && depths_ == 1 && final && !accumulate_ &&
            x.m * x.out_h % lanes == 0 && reinterpret_cast<std::uintptr_t>(x.out) % 64 == 0 &&
            x.m * x.out_h * x.out_w * x.groups * x.out_channels * 8 >= kStreamBytes;
}

// The shape of that width with the most vectors up to `vectors`; halves rather than a small rest.
const TileShape& Correlator::shape(int width, Index vectors) const {
  const TileShape* best = nullptr;
  Index wanted = vectors;
  bool first = true;
  for (int i = 0; i < kernels_.tile_count; ++i) {
    const TileShape& s = kernels_.tiles[i];
    if (s.filters != width) continue;
    if (first && vectors > s.vectors && vectors < 2 * s.vectors) wanted = ceil_div(vectors, 2);
    first = false;
    if (s.vectors <= vectors && (best == nullptr || s.vectors >= wanted)) best = &s;
  }
  return *best;
}

void Correlator::plan_panels() {
  const Index K = x_.out_channels;
  Index place = 0;
  for (Index k = 0; k < K;) {
    int width = kernels_.tiles[0].filters;
    for (int i = 0; i < kernels_.tile_count; ++i) {
      if (kernels_.tiles[i].filters >= K - k) width = kernels_.tiles[i].filters;
    }
    panels_.push_back({k, std::min<Index>(width, K - k), width, place});
    k += width;
    place += width;
  }
  for (const AxisPhase& w : x_.w_phases) {
    for (const AxisPhase& h : x_.h_phases) variants_.push_back({&h, &w, h.count * w.count, 0});
  }
}

void Correlator::plan_blocks() {
  const Index lanes = set_.lanes;
  const int width = panels_[0].width;
  const Index quantum = shape(width, kMostVectors).vectors * lanes;
  const Index taps = std::max<Index>(1, x_.h.taps * x_.w.taps);
  const Index slots = std::max<Index>(1, x_.w.taps);
  const Index span = x_.h.taps > 0 ? (x_.h.taps - 1) * x_.h.spacing / x_.h.step : 0;

  const bool few = x_.out_channels <= kFewFilters && x_.out_step_h == 1;
  const Index ring_doubles = few ? kSmallRingDoubles : kRingDoubles;
  const Index least_depth = few ? kSmallDepth / 2 : kLeastDepth;
  depths_ =
      std::min(x_.in_channels, ceil_div(x_.in_channels * taps, few ? kSmallDepth : kMostDepth));
  std::vector<Examples> batch =
      split_examples(x_.m, span == 0 ? x_.m : std::max(kChunk, lanes), lanes);
  const auto room = [&] {  // rows that fit
    return ring_doubles / (slots * channels_) - span * batch[0].count;
  };
  channels_ = ceil_div(x_.in_channels, depths_);
  while (room() < 4 * quantum && channels_ * taps > least_depth && channels_ > 1) {
    channels_ = ceil_div(channels_, 2);
  }
  depths_ = ceil_div(x_.in_channels, channels_);
  rows_ =
      std::clamp(room() / quantum, Index{1}, std::max<Index>(1, kMostVectors * lanes / quantum)) *
      quantum;
  blocks_ = split_rows(batch, x_.h.out, rows_, quantum);
  rows_ = 0;
  Index doubles = 0;
  for (const RowBlock& block : blocks_) {
    rows_ = std::max(rows_, block.rows());
    if (&block == &blocks_[0] || block.examples.count != (&block)[-1].examples.count) {
      doubles =
          std::max(doubles, ColumnLayout(x_.h, block.examples.count, block.rows(), lanes).doubles);
    }
  }
  ring_doubles_ = doubles * slots * channels_;
  plan_rounds();
  plan_tasks();
}

// Filters are packed for as many panels and channels at a time as fit into kSharedBytes.
void Correlator::plan_rounds() {
  Index taps = 0;
  for (const Variant& v : variants_) taps += v.taps;
  taps = std::max<Index>(1, taps);
  const Index most = kSharedBytes / static_cast<Index>(sizeof(double));
  const Index widest = panels_[0].width;
  round_filters_ = std::min(panels_.back().place + panels_.back().width,
                            std::max(widest, most / (taps * x_.groups * x_.in_channels)));
  round_depths_ = std::clamp(most / (taps * x_.groups * widest * channels_), Index{1}, depths_);
}

void Correlator::plan_tasks() {
  const Index threads = thread_count();
  const Index base = x_.groups * static_cast<Index>(blocks_.size());
  double flops = 0;
  for (const Variant& v : variants_) flops += static_cast<double>(v.taps);
  flops *= 2.0 * static_cast<double>(x_.m * x_.h.out * x_.w.out * x_.groups) *
           static_cast<double>(x_.in_channels * x_.out_channels);
  const double ns = flops / (12.0 * set_.lanes) +
                    2.0 * static_cast<double>(x_.m * x_.out_h * x_.out_w * x_.out_channels);
  window_parts_ = panel_parts_ = 1;
  const double rounds =
      static_cast<double>(ceil_div(panels_.back().place + panels_.back().width, round_filters_) *
                          ceil_div(depths_, round_depths_));
  Index wanted = static_cast<Index>(ns / rounds / kLongTask);
  if (threads > 1 && ns > 60e3) {
    wanted = std::max({wanted, 4 * threads, static_cast<Index>(ns / 300e3)});
  }
  if (wanted > 1) {
    // Ranges of windows pack their first columns anew: not too short, unless there is no choice.
    const Index shortest = base >= threads ? std::max<Index>(1, 2 * x_.w.taps) : 1;
    window_parts_ =
        std::clamp(ceil_div(wanted, base), Index{1}, std::max<Index>(1, x_.w.out / shortest));
    panel_parts_ = std::clamp(ceil_div(4 * threads, base * window_parts_), Index{1},
                              static_cast<Index>(panels_.size()));
    if (base * window_parts_ >= threads) panel_parts_ = 1;
  }
  task_ns_ = ns / rounds / static_cast<double>(base * window_parts_ * panel_parts_);
}

// Filters as the tiles read them: for each variant, group, block of channels and panel
// [channel][tap][filter of the panel].
void Correlator::pack_filters(Index first_panel, Index end_panel, Index first_depth,
                              Index end_depth) {
  const Index panel_count = end_panel - first_panel;
  const Index depth_count = end_depth - first_depth;
  const Index tasks = static_cast<Index>(variants_.size()) * x_.groups * depth_count * panel_count;
  const double cells = static_cast<double>(weights_channels_ * weights_filters_ * x_.groups) *
                       static_cast<double>(x_.h.taps * x_.w.taps);
  parallel_for(tasks, cells / static_cast<double>(tasks), [&](Index task, int) {
    const Panel& panel = panels_[static_cast<std::size_t>(first_panel + task % panel_count)];
    task /= panel_count;
    const Index depth = first_depth + task % depth_count;
    task /= depth_count;
    const Index group = task % x_.groups;
    const Variant& variant = variants_[static_cast<std::size_t>(task / x_.groups)];
    const Index channels = depth_channels(depth);
    double* to =
        weights_ + variant.weights +
        variant.taps *
            (weights_filters_ * (group * weights_channels_ + (depth - first_depth) * channels_) +
             channels * (panel.place - panels_[static_cast<std::size_t>(first_panel)].place));
    const double* from = x_.filters + group * x_.group_stride + depth * channels_ * x_.in_stride +
                         panel.first * x_.out_stride;
    const Index width = panel.width;
    if (panel.count < width) std::fill_n(to, channels * variant.taps * width, 0.0);
    if (variant.h->filter_step == 1 && variant.taps == x_.in_stride) {
      // All taps of a channel, then those of the next: as they lie in memory.
      kernels_.transpose(from, x_.out_stride, channels * variant.taps, panel.count, to, width);
      return;
    }
    for (Index c = 0; c < channels; ++c, from += x_.in_stride) {
      for (Index j = 0; j < variant.w->count; ++j) {
        for (Index i = 0; i < variant.h->count; ++i, to += width) {
          const double* tap = from + variant.h->filter + i * variant.h->filter_step +
                              x_.filter_rows * (variant.w->filter + j * variant.w->filter_step);
          for (Index k = 0; k < panel.count; ++k) to[k] = tap[k * x_.out_stride];
        }
      }
    }
  });
}

// Where the rows of a block go in an output column, for one vertical phase.
class RowMap {
 public:
  RowMap(const DirectCorrelation& x, const RowBlock& block, const AxisPhase& phase, Index lanes)
      : x_(x), block_(block), phase_(phase) {
    for (Index q = block.begin; q < block.end; q += lanes) {
      const Index last = q + lanes - 1;
      const bool one_stretch =
          q / count() == last / count() || (count() == x.m && x.out_step_h == 1);
      contiguous_.push_back(last < block.end && one_stretch && inside(q / count()) &&
                            inside(last / count()));
      offset_.push_back(contiguous_.back() ? place(q) : 0);
    }
  }

  Index vectors() const { return static_cast<Index>(offset_.size()); }
  // Offsets in the output column of the first lanes of vectors.
  const Index* offset(Index vector) const { return offset_.data() + vector; }
  // Whether each vector's lanes lie side by side, from a multiple of `unit` on.
  bool contiguous(Index vector, Index vectors, Index unit) const {
    for (Index v = vector; v < vector + vectors; ++v) {
      const std::size_t i = static_cast<std::size_t>(v);
      if (!contiguous_[i] || offset_[i] % unit != 0) return false;
    }
    return true;
  }

  // visit(offset in the output column, first lane, count) for all stretches of lanes [0, lanes)
  // from row q of the block on that exist.
  template <typename Visit>
  void for_each_stretch(Index q, Index lanes, Visit visit) const {
    const Index end = std::min(q + lanes, block_.end);
    for (Index at = q; at < end;) {
      const Index length = std::min(count() - at % count(), end - at);
      if (inside(at / count())) visit(place(at), at - q, length);
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

  const DirectCorrelation& x_;
  const RowBlock& block_;
  const AxisPhase& phase_;
  std::vector<Index> offset_;
  std::vector<bool> contiguous_;
};

// A tile of a block: vectors [vector, vector + shape->vectors).
struct PlannedTile {
  Index vector;
  const TileShape* shape;
  bool direct;  // stored in place, not by way of a scratch tile
  bool stream;
};

void Correlator::run_task(Index task, Index first_panel, Index end_panel, Index first_depth,
                          Index end_depth, double* ring_memory) const {
  const Index lanes = set_.lanes;
  const Index panel_count = end_panel - first_panel;
  const Index panel_parts = std::min(panel_parts_, panel_count);
  const Index panel_part = task % panel_parts;
  const Index panel_begin = first_panel + panel_count * panel_part / panel_parts;
  const Index panel_end = first_panel + panel_count * (panel_part + 1) / panel_parts;
  task /= panel_parts;
  const Index window_part = task % window_parts_;
  const Index window_begin = x_.w.out * window_part / window_parts_;
  const Index window_end = x_.w.out * (window_part + 1) / window_parts_;
  task /= window_parts_;
  const RowBlock& block = blocks_[static_cast<std::size_t>(task) % blocks_.size()];
  const Index group = task / static_cast<Index>(blocks_.size());

  const ColumnLayout layout(x_.h, block.examples.count, block.rows(), lanes);
  ColumnRing ring(kernels_, set_.lanes, x_.m, x_.h, x_.w, layout, block, x_.w.taps, channels_,
                  ring_memory);
  std::vector<RowMap> maps;
  for (const AxisPhase& phase : x_.h_phases) maps.emplace_back(x_, block, phase, lanes);
  // The tiles of each vertical phase and panel width.
  std::vector<std::array<std::vector<PlannedTile>, kMostWidth + 1>> tiles(maps.size());
  Index calls = 0;  // of kernels, for one window
  for (const Variant& variant : variants_) {
    const std::size_t phase = static_cast<std::size_t>(variant.h - x_.h_phases.data());
    for (Index p = panel_begin; p < panel_end; ++p) {
      const int width = panels_[static_cast<std::size_t>(p)].width;
      std::vector<PlannedTile>& list = tiles[phase][static_cast<std::size_t>(width)];
      for (Index v = 0; list.empty() || v > 0;) {
        const TileShape& s = shape(width, maps[phase].vectors() - v);
        list.push_back({v, &s, maps[phase].contiguous(v, s.vectors, 1),
                        stream_ && maps[phase].contiguous(v, s.vectors, lanes)});
        v += s.vectors;
        if (v == maps[phase].vectors()) break;
      }
      calls += static_cast<Index>(list.size());
    }
  }
  const WindowOrder order(x_.w);
  const Index filter_stride = x_.m * x_.out_h * x_.out_w;
  std::vector<Index> taps(static_cast<std::size_t>(x_.h.taps * x_.w.taps + 1));
  std::vector<const double*> missing;  // columns that the next window needs

  for (Index depth = first_depth; depth < end_depth; ++depth) {
    const Index channels = depth_channels(depth);
    const bool from_bias = depth == 0 && !accumulate_;
    ring.set_channels(
        x_.in + x_.m * x_.h.in * x_.w.in * (group * x_.in_channels + depth * channels_), channels);
    for (Index window = window_begin; window < window_end; ++window) {
      const WindowOrder::Run run = order.run(window, 1);
      ring.load(run);
      missing.clear();
      if (window + 1 < window_end) ring.missing(order.run(window + 1, 1), missing);
      const Index lines = static_cast<Index>(missing.size() * ring.lines().size());
      Index call = 0;
      for (const Variant& variant : variants_) {
        const Index column = variant.w->out_first + x_.out_step_w * run.first;
        if (column < 0 || column >= x_.out_w) continue;
        Index* tap = taps.data();
        for (Index j = 0; j < variant.w->count; ++j) {
          const Index slot = ring.offset(run.place, variant.w->tap + j);
          for (Index i = 0; i < variant.h->count; ++i) {
            *tap++ = slot + layout.tap_offset[static_cast<std::size_t>(variant.h->tap + i)];
          }
        }
        const std::size_t phase = static_cast<std::size_t>(variant.h - x_.h_phases.data());
        double* out = x_.out + x_.m * x_.out_h * column + filter_stride * group * x_.out_channels;
        const double* weights = weights_ + variant.weights +
                                variant.taps * weights_filters_ *
                                    (group * weights_channels_ + (depth - first_depth) * channels_);
        Tile tile{};
        tile.channels = channels;
        tile.channel_stride = layout.doubles;
        tile.taps = taps.data();
        tile.tap_count = variant.taps;
        for (Index p = panel_begin; p < panel_end; ++p) {
          const Panel& panel = panels_[static_cast<std::size_t>(p)];
          tile.weights =
              weights + channels * variant.taps *
                            (panel.place - panels_[static_cast<std::size_t>(first_panel)].place);
          double bias[kMostWidth] = {};
          if (x_.bias != nullptr) {
            std::copy_n(x_.bias + group * x_.out_channels + panel.first, panel.count, bias);
          }
          tile.bias = from_bias ? bias : nullptr;
          tile.z = out + filter_stride * panel.first;
          tile.filter_stride = filter_stride;
          for (const PlannedTile& t : tiles[phase][static_cast<std::size_t>(panel.width)]) {
            tile.src = ring.data() + t.vector * lanes;
            if (lines > 0) {
              // Each call fetches its share of a missing column's lines, in all channels.
              const Index per_column = static_cast<Index>(ring.lines().size());
              const Index line = lines * call / calls;
              const Index end =
                  std::min(lines * (call + 1) / calls, (line / per_column + 1) * per_column);
              tile.ahead = {missing[static_cast<std::size_t>(line / per_column)], channels,
                            x_.m * x_.h.in * x_.w.in, ring.lines().data() + line % per_column,
                            end - line};
              ++call;
            }
            if (t.direct && panel.count == panel.width) {
              tile.vector_offset = maps[phase].offset(t.vector);
              tile.stream = t.stream;
              t.shape->run(tile);
            } else {
              run_by_scratch(tile, t, maps[phase], block.begin + t.vector * lanes, panel.count);
            }
          }
        }
      }
    }
  }
  if (stream_) kernels_.fence();
}

// A tile some of whose cells do not exist, or do not lie side by side.
void Correlator::run_by_scratch(Tile tile, const PlannedTile& planned, const RowMap& map, Index q,
                                Index filters) const {
  const Index cells = planned.shape->vectors * set_.lanes;
  alignas(64) double scratch[kTileDoubles];
  Index offset[kTileDoubles / 2];
  for (Index v = 0; v < planned.shape->vectors; ++v) offset[v] = v * set_.lanes;
  double* z = tile.z;
  const Index filter_stride = tile.filter_stride;
  const auto for_each_stretch = [&](auto copy) {
    map.for_each_stretch(q, cells, [&](Index to, Index lane, Index length) {
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

void Correlator::run() {
  Index taps = 0;
  for (const Variant& v : variants_) taps += v.taps;
  const Index filters = round_filters_;
  const Index depths = round_depths_;
  const Index shared =
      std::max<Index>(1, taps * x_.groups * filters * std::min(x_.in_channels, depths * channels_));
  const Index base = x_.groups * static_cast<Index>(blocks_.size()) * window_parts_ * panel_parts_;
  const Index room = (kWorkspaceBytes / 8 - shared) / (ring_doubles_ + 1024);
  const int threads = static_cast<int>(std::clamp<Index>(room, 1, planned_threads(base, task_ns_)));
  Workspace workspace(threads, ring_doubles_);
  Workspace shared_workspace(1, shared);
  weights_ = shared_workspace.of(0);

  const Index panel_count = static_cast<Index>(panels_.size());
  for (Index p = 0; p < panel_count;) {
    Index p_end = p;
    while (p_end < panel_count && panels_[static_cast<std::size_t>(p_end)].place +
                                          panels_[static_cast<std::size_t>(p_end)].width -
                                          panels_[static_cast<std::size_t>(p)].place <=
                                      filters) {
      ++p_end;
    }
    const Panel& last = panels_[static_cast<std::size_t>(p_end - 1)];
    weights_filters_ = last.place + last.width - panels_[static_cast<std::size_t>(p)].place;
    for (Index d = 0; d < depths_; d += depths) {
      const Index d_end = std::min(d + depths, depths_);
      weights_channels_ = std::min(x_.in_channels, d_end * channels_) - d * channels_;
      Index place = 0;
      for (Variant& v : variants_) {
        v.weights = place;
        place += v.taps * x_.groups * weights_channels_ * weights_filters_;
      }
      pack_filters(p, p_end, d, d_end);
      const Index parts = std::min(panel_parts_, p_end - p);
      const Index tasks = base / panel_parts_ * parts;
      parallel_for(
          tasks, task_ns_,
          [&](Index task, int thread) { run_task(task, p, p_end, d, d_end, workspace.of(thread)); },
          threads);
    }
    p = p_end;
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

void correlate(const DirectCorrelation& x) {
  const Index row_parts = std::max<Index>(1, ceil_div(x.h.taps, kMostRowTaps));
  const Index column_parts = std::max<Index>(1, ceil_div(x.w.taps, kMostColumnTaps));
  for (Index j = 0; j < column_parts; ++j) {
    for (Index i = 0; i < row_parts; ++i) {
      DirectCorrelation part = x;
      const Index row = x.h.taps * i / row_parts;
      const Index rows = x.h.taps * (i + 1) / row_parts - row;
      const Index column = x.w.taps * j / column_parts;
      const Index columns = x.w.taps * (j + 1) / column_parts - column;
      part.h = x.h.part(row, rows);
      part.w = x.w.part(column, columns);
      part.h_phases = part_of(x.h_phases, row, rows);
      part.w_phases = part_of(x.w_phases, column, columns);
      Correlator(part, i + j > 0, row_parts * column_parts == 1).run();
    }
  }
}

}  // namespace convstep
