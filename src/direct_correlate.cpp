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
#include <cstring>

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
constexpr Index kChunk = 32;            // examples side by side in a block of a large batch
constexpr Index kMostVectors = 64;      // in a block
constexpr Index kTileDoubles = 24 * 8;  // the largest tile of any set

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

class Correlator {
 public:
  Correlator(const DirectCorrelation& x, bool accumulate);
  void run();

 private:
  void plan_panels();
  void plan_blocks();
  void plan_tasks();
  void pack_filters(Index first_panel, Index end_panel, Index first_depth, Index end_depth);
  void run_task(Index task, Index first_panel, Index end_panel, Index first_depth, Index end_depth,
                double* ring) const;
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
  Index window_parts_, panel_parts_;
  double task_ns_;
  double* weights_ = nullptr;
  Index weights_channels_ = 0;  // channels and filters that are packed at present
  Index weights_filters_ = 0;
};

Correlator::Correlator(const DirectCorrelation& x, bool accumulate)
    : x_(x), accumulate_(accumulate), set_(simd()), kernels_(set_.direct) {
  plan_panels();
  plan_blocks();
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

  depths_ = 1;
  if (x_.in_channels * taps > kMostDepth) {
    depths_ = std::min(x_.in_channels, ceil_div(x_.in_channels * taps, kMostDepth));
  }
  std::vector<Examples> batch =
      split_examples(x_.m, span == 0 ? x_.m : std::max(kChunk, lanes), lanes);
  const auto room = [&] {  // rows that fit
    return kRingDoubles / (slots * channels_) - span * batch[0].count;
  };
  channels_ = ceil_div(x_.in_channels, depths_);
  while (room() < 4 * quantum && channels_ * taps > kLeastDepth && channels_ > 1) {
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
  plan_tasks();
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
  if (threads > 1 && ns > 60e3) {
    const Index wanted = std::max<Index>(4 * threads, static_cast<Index>(ns / 300e3));
    // Ranges of windows pack their first columns anew: not too short, unless there is no choice.
    const Index shortest = base >= threads ? std::max<Index>(1, 2 * x_.w.taps) : 1;
    window_parts_ =
        std::clamp(ceil_div(wanted, base), Index{1}, std::max<Index>(1, x_.w.out / shortest));
    panel_parts_ = std::clamp(ceil_div(4 * threads, base * window_parts_), Index{1},
                              static_cast<Index>(panels_.size()));
    if (base * window_parts_ >= threads) panel_parts_ = 1;
  }
  task_ns_ = ns / static_cast<double>(base * window_parts_ * panel_parts_);
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
struct RowMap {
  std::vector<Index> offset;     // of each vector's first lane
  std::vector<bool> contiguous;  // whether all its lanes follow that

  RowMap(const DirectCorrelation& x, const RowBlock& block, const AxisPhase& phase, Index lanes)
      : x_(x), block_(block), phase_(phase) {
    for (Index q = block.begin; q < block.end; q += lanes) {
      const Index last = q + lanes - 1;
      const bool one_stretch =
          q / count() == last / count() || (count() == x.m && x.out_step_h == 1);
      contiguous.push_back(last < block.end && one_stretch && inside(q / count()) &&
                           inside(last / count()));
      offset.push_back(contiguous.back() ? place(q) : 0);
    }
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
  const Index vectors = ceil_div(block.rows(), lanes);
  const WindowOrder order(x_.w);
  const Index filter_stride = x_.m * x_.out_h * x_.out_w;
  std::vector<Index> taps(static_cast<std::size_t>(x_.h.taps * x_.w.taps + 1));
  alignas(64) double scratch[kTileDoubles];
  Index scratch_offset[kTileDoubles];
  for (Index v = 0; v < kTileDoubles; ++v) scratch_offset[v] = v * lanes;
  alignas(64) double bias[8];

  for (Index depth = first_depth; depth < end_depth; ++depth) {
    const Index channels = depth_channels(depth);
    const bool from_bias = depth == 0 && !accumulate_;
    ring.set_channels(
        x_.in + x_.m * x_.h.in * x_.w.in * (group * x_.in_channels + depth * channels_), channels);
    for (Index window = window_begin; window < window_end; ++window) {
      const WindowOrder::Run run = order.run(window, 1);
      ring.load(run);
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
        const RowMap& map = maps[static_cast<std::size_t>(variant.h - x_.h_phases.data())];
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
          for (Index k = 0; k < panel.width; ++k) {
            bias[k] = x_.bias != nullptr && k < panel.count
                          ? x_.bias[group * x_.out_channels + panel.first + k]
                          : 0.0;
          }
          tile.bias = from_bias ? bias : nullptr;
          double* z = out + filter_stride * panel.first;
          for (Index v = 0; v < vectors;) {
            const TileShape& s = shape(panel.width, vectors - v);
            tile.src = ring.data() + v * lanes;
            bool direct = panel.count == panel.width;
            for (Index i = v; i < v + s.vectors && direct; ++i) {
              direct = map.contiguous[static_cast<std::size_t>(i)];
            }
            if (direct) {
              tile.z = z;
              tile.filter_stride = filter_stride;
              tile.vector_offset = map.offset.data() + v;
              s.run(tile);
            } else {
              const Index cells = s.vectors * lanes;
              tile.z = scratch;
              tile.filter_stride = cells;
              tile.vector_offset = scratch_offset;
              const auto for_each_cell = [&](auto copy) {
                map.for_each_stretch(
                    block.begin + v * lanes, cells, [&](Index to, Index lane, Index length) {
                      for (Index k = 0; k < panel.count; ++k) {
                        copy(z + k * filter_stride + to, scratch + k * cells + lane, length);
                      }
                    });
              };
              if (!from_bias) {
                std::fill_n(scratch, kTileDoubles, 0.0);
                for_each_cell([](const double* outside, double* inside, Index length) {
                  std::copy_n(outside, length, inside);
                });
              }
              s.run(tile);
              for_each_cell([](double* outside, const double* inside, Index length) {
                std::copy_n(inside, length, outside);
              });
            }
            v += s.vectors;
          }
        }
      }
    }
  }
}

// Filters are packed for as many panels and channels at a time as fit into kSharedBytes.
void Correlator::run() {
  Index taps = 0;
  for (const Variant& v : variants_) taps += v.taps;
  const Index most = kSharedBytes / static_cast<Index>(sizeof(double));
  const Index widest = panels_[0].width;
  const Index filters =
      std::min(panels_.back().place + panels_.back().width,
               std::max(widest, most / std::max<Index>(1, taps * x_.groups * x_.in_channels)));
  const Index depths = std::clamp(most / std::max<Index>(1, taps * x_.groups * widest * channels_),
                                  Index{1}, depths_);
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
      Correlator(part, i + j > 0).run();
    }
  }
}

}  // namespace convstep
