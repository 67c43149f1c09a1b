// Filter and bias gradients of the direct engine. Outputs are cut into blocks of channels and of
// filters, the sum over windows into a number of parts that depends on the shapes alone. A task
// runs through its part for its outputs: it packs the input columns of its channels, turns dZ into
// rows of filters (or copies it, where filters are few) and adds up products in a private sum. The
// sums of the parts are then added in their order.
#include <algorithm>
#include <vector>

#include "base/machine.h"
#include "base/scalars.h"
#include "base/threads.h"
#include "base/workspace.h"
#include "conv/conv.h"
#include "conv/direct/correlate.h"
#include "conv/direct/rows.h"
#include "simd/simd.h"

namespace convstep {

namespace {

constexpr Index kMostRowTaps = 64;
constexpr Index kMostColumnTaps = 16;
constexpr Index kMostDepth = 320;  // taps times channels of a block
// Filters of a block: with few taps more, since each block packs the input anew.
Index most_filters(Index taps) { return taps <= 2 ? 128 : 64; }
constexpr Index kMostCells = 192 * 64;  // of dZ, likewise
constexpr Index kRingBytes = kSecondCacheBytes / 4 * 3;
constexpr Index kMostRows = 192;  // of q, all windows of a run together
constexpr Index kChunk = 32;      // examples side by side in a block of a large batch
constexpr Index kMostParts = 32;
constexpr double kLeastTask = 30e3;  // ns

TapAxis tap_axis(const Axis& a, Index tap, Index count) {
  return TapAxis{a.in, a.out, a.stride, -a.pad_lo, a.dilation, a.filter}.part(tap, count);
}

template <typename Real, typename Store>
class FilterGradient {
 public:
  // For filter rows [row, row + rows) and columns alike.
  FilterGradient(const ConvGeometry& g, Index row, Index rows, Index column, Index columns,
                 const Store* dZ, const Store* A, double* dW, double* db);
  void run();

 private:
  // What a task is about.
  struct Share {
    Index group, channel, channels, filter, filters;
  };
  Share share(Index output) const;
  Index rows_of_sum(const Share& s) const { return s.channels * taps(); }
  Index taps() const { return h_.taps * w_.taps; }
  void run_part(const Share& s, Index part, Index round, Real* memory, Real* sum,
                Real* bias_sum) const;
  using FilterTile = typename GradientRows<Real, Store>::FilterTile;
  void multiply(const GradientRows<Real, Store>& gradient, const std::vector<Index>& taps,
                Index tap_count, Index windows, Index rows, const Real* columns, const Real* dz,
                std::vector<Ahead>& ahead, Real* sum) const;
  void write(const Share& s, Real* sum, const Real* bias_sum) const;
  ColumnLayout layout_of(const RowBlock& block) const {
    return ColumnLayout(h_, block.examples.count, block.rows(), set_.lanes, kLineCells<Real>);
  }

  const ConvGeometry& g_;
  const SimdKernels<Real>& set_;
  const DirectKernels<Real>& kernels_;
  const Index row_, column_;
  const TapAxis h_, w_;
  const Store *dZ_, *A_;
  double *dW_, *db_;
  const bool dot_;
  const ShapeList<ProductKernel<Real>>& shapes_;
  const WindowOrder order_;

  Index channels_, channel_blocks_, filters_, filter_blocks_;
  Index windows_;  // of a run
  std::vector<RowBlock> blocks_;
  Index slots_, parts_;
  Index rounds_;  // in which a part is worked through
  Index ring_cells_, dz_cells_, sum_cells_, sum_stride_;
  double task_ns_;
};

template <typename Real, typename Store>
FilterGradient<Real, Store>::FilterGradient(const ConvGeometry& g, Index row, Index rows,
                                            Index column, Index columns, const Store* dZ,
                                            const Store* A, double* dW, double* db)
    : g_(g),
      set_(simd<Real>()),
      kernels_(set_.direct),
      row_(row),
      column_(column),
      h_(tap_axis(g.h, row, rows)),
      w_(tap_axis(g.w, column, columns)),
      dZ_(dZ),
      A_(A),
      dW_(dW),
      db_(db),
      dot_(g.group_filters() <= set_.lanes),
      shapes_(dot_ ? kernels_.dots : kernels_.outer),
      order_(w_) {
  const Index lanes = set_.lanes;
  const Index K = g.group_filters();
  const Index C = g.group_channels();

  if (dot_) {
    filter_blocks_ = 1;
    filters_ = K;
    sum_stride_ = K * lanes;
  } else {
    filter_blocks_ = ceil_div(K, most_filters(taps()));
    filters_ = round_up(ceil_div(K, filter_blocks_), lanes);
    filter_blocks_ = ceil_div(K, filters_);
    sum_stride_ = filters_;
  }
  channel_blocks_ = std::min(C, ceil_div(C * taps(), kMostDepth));
  channels_ = ceil_div(C, channel_blocks_);

  const Index span = (h_.taps - 1) * h_.spacing / h_.step;
  const std::vector<Examples> batch =
      split_examples(g.m, span == 0 ? g.m : std::max(kChunk, lanes), lanes);
  constexpr Index kRingCells = kRingBytes / static_cast<Index>(sizeof(Real));
  const auto room = [&] { return kRingCells / (w_.taps * channels_) - span * batch[0].count; };
  while (room() < kMostRows && channels_ > 1) channels_ = ceil_div(channels_, 2);
  channel_blocks_ = ceil_div(C, channels_);
  const Index most_rows = std::min(kMostRows, kMostCells / filters_ / lanes * lanes);
  blocks_ = split_rows(batch, h_.out, std::clamp(room() / lanes * lanes, lanes, most_rows), lanes);
  Index block_rows = 0;
  Index column_cells = 0;
  for (const RowBlock& block : blocks_) {
    block_rows = std::max(block_rows, block.rows());
    column_cells = std::max(column_cells, layout_of(block).cells);
  }
  const Index padded = round_up(block_rows, lanes);
  windows_ = std::clamp(most_rows / padded, Index{1}, w_.out);
  // A run of windows shares columns, as far as the ring has room for them.
  while (windows_ > 1 &&
         ((windows_ - 1) * order_.shift() + w_.taps) * channels_ * column_cells > 2 * kRingCells) {
    --windows_;
  }
  slots_ = (windows_ - 1) * order_.shift() + w_.taps;
  ring_cells_ = slots_ * channels_ * column_cells;
  dz_cells_ = windows_ * padded * filters_;
  sum_cells_ = round_up(channels_ * taps() * sum_stride_, kLineCells<Real>);

  const Index outputs = g.groups * channel_blocks_ * filter_blocks_;
  const double ns = 2.0 * static_cast<double>(g.m * h_.out * w_.out * g.K) *
                    static_cast<double>(C * taps()) / (kFlopsPerLane * lanes);
  const Index steps = static_cast<Index>(blocks_.size()) * order_.runs(windows_);
  const Index memory = kSharedBytes / bytes_of<Real>(outputs * (sum_cells_ + filters_));
  parts_ = std::min({ceil_div(kMostParts, outputs), steps, memory,
                     static_cast<Index>(ns / (static_cast<double>(outputs) * kLeastTask))});
  parts_ = std::max<Index>(1, parts_);
  const double part_ns = ns / static_cast<double>(outputs * parts_);
  rounds_ = std::clamp(static_cast<Index>(part_ns / kLongTask), Index{1}, ceil_div(steps, parts_));
  task_ns_ = part_ns / static_cast<double>(rounds_);
}

template <typename Real, typename Store>
auto FilterGradient<Real, Store>::share(Index output) const -> Share {
  Share s{};
  const Index filter_block = output % filter_blocks_;
  output /= filter_blocks_;
  const Index channel_block = output % channel_blocks_;
  s.group = output / channel_blocks_;
  s.channel = channel_block * channels_;
  s.channels = std::min(channels_, g_.group_channels() - s.channel);
  s.filter = filter_block * filters_;
  s.filters = std::min(filters_, g_.group_filters() - s.filter);
  return s;
}

// The next `count` columns of a list, as far as one entry has them.
Ahead take_columns(std::vector<Ahead>& list, Index count) {
  while (!list.empty() && list.back().columns == 0) list.pop_back();
  if (list.empty()) return {};
  Ahead& last = list.back();
  Ahead taken = last;
  taken.columns = std::min(count, last.columns);
  last.columns -= taken.columns;
  last.first += taken.columns * last.stride;
  return taken;
}

template <typename Real, typename Store>
void FilterGradient<Real, Store>::multiply(const GradientRows<Real, Store>& gradient,
                                           const std::vector<Index>& taps, Index tap_count,
                                           Index windows, Index rows, const Real* columns,
                                           const Real* dz, std::vector<Ahead>& ahead,
                                           Real* sum) const {
  // What is to be fetched ahead is spread over the calls, a number of columns each.
  Index ahead_columns = 0;
  for (const Ahead& a : ahead) ahead_columns += a.columns;
  Index calls = 0;
  for (const FilterTile& tile : gradient.tiles()) {
    calls += tap_count / longest(shapes_, tile.width);
  }
  const Index each = ceil_div(ahead_columns, std::max<Index>(1, calls));
  Product<Real> product{};
  product.src = columns;
  product.taps_stride = tap_count;
  product.columns = windows;
  product.rows = rows;
  product.sum_stride = sum_stride_;
  for (const FilterTile& tile : gradient.tiles()) {
    product.dz = dz + gradient.offset(tile, windows, rows);
    for (Index t = 0; t < tap_count;) {
      product.taps = taps.data() + t;
      product.ahead = take_columns(ahead, each);
      product.sum = sum + t * sum_stride_ + tile.first * (dot_ ? set_.lanes : 1);
      const ProductShape<Real>& s = shape_within(shapes_, tile.width, tap_count - t);
      s.run(product);
      t += s.length;
    }
  }
}

// One round of a part: `sum` goes on from where the round before left it.
template <typename Real, typename Store>
void FilterGradient<Real, Store>::run_part(const Share& s, Index part, Index round, Real* memory,
                                           Real* sum, Real* bias_sum) const {
  if (round == 0) {
    std::fill_n(sum, sum_cells_, Real{0});
    if (bias_sum != nullptr) std::fill_n(bias_sum, filters_, Real{0});
  }
  Real* ring_memory = memory;
  Real* dz = memory + round_up(ring_cells_, kLineCells<Real>);
  const Index runs = order_.runs(windows_);
  const Index steps = static_cast<Index>(blocks_.size()) * runs;
  const Index pieces = parts_ * rounds_;
  const Index piece = part * rounds_ + round;
  const Index begin = steps / pieces * piece + std::min(piece, steps % pieces);
  const Index end = begin + steps / pieces + (piece < steps % pieces ? 1 : 0);
  const Store* in = A_ + g_.m * h_.in * w_.in * (s.group * g_.group_channels() + s.channel);
  const Store* dz_columns =
      dZ_ + g_.m * h_.out * w_.out * (s.group * g_.group_filters() + s.filter);
  const GradientRows<Real, Store> gradient(set_, dot_, g_.m, h_.out, g_.m * h_.out * w_.out,
                                           s.filters);
  std::vector<const Store*> missing;
  std::vector<Ahead> ahead;
  const Index tap_count = s.channels * taps();
  std::vector<Index> taps(static_cast<std::size_t>(windows_ * tap_count));
  for (Index step = begin; step < end;) {
    const RowBlock& block = blocks_[static_cast<std::size_t>(step / runs)];
    const ColumnLayout layout = layout_of(block);
    ColumnRing<Real, Store> ring(kernels_, set_.lanes, g_.m, h_, w_, layout, block, slots_,
                                 channels_, ring_memory);
    ring.set_channels(in, s.channels);
    const std::vector<Index> dz_lines =
        lines_of(g_.m, block.examples, block.begin / block.examples.count,
                 ceil_div(block.end, block.examples.count), 1, sizeof(Store));
    const Index block_end = std::min(end, (step / runs + 1) * runs);
    for (; step < block_end; ++step) {
      const WindowOrder::Run run = order_.run(step % runs, windows_);
      ring.load(run);
      Index* tap = taps.data();
      for (Index i = 0; i < run.count; ++i) {
        for (Index c = 0; c < s.channels; ++c) {
          for (Index j = 0; j < w_.taps; ++j) {
            const Index column = ring.offset(run.place + i, j) + c * layout.cells;
            for (Index offset : layout.tap_offset) *tap++ = column + offset;
          }
        }
      }
      gradient.load(dz_columns, block, run, dz, bias_sum);
      ahead.clear();
      if (step + 1 < block_end) {
        const WindowOrder::Run next = order_.run((step + 1) % runs, windows_);
        ring.missing(next, missing);
        if (ring.lines().empty()) missing.clear();
        const auto fetch = [&](const Store* column, Index channels, Index cells,
                               const std::vector<Index>& lines) {
          ahead.push_back({reinterpret_cast<const char*>(column), channels, bytes_of<Store>(cells),
                           lines.data(), static_cast<Index>(lines.size())});
        };
        for (const Store* column : missing) {
          fetch(column, s.channels, g_.m * h_.in * w_.in, ring.lines());
        }
        for (Index i = 0; i < next.count; ++i) {
          fetch(dz_columns + g_.m * h_.out * (next.first + i * next.step), s.filters,
                g_.m * h_.out * w_.out, dz_lines);
        }
      }
      multiply(gradient, taps, tap_count, run.count, block.rows(), ring.data(), dz, ahead, sum);
    }
  }
}

// The finished sums of a share into dW and db.
template <typename Real, typename Store>
void FilterGradient<Real, Store>::write(const Share& s, Real* sum, const Real* bias_sum) const {
  const Index all_taps = g_.taps();
  const Index filter_stride = all_taps * g_.group_channels();
  double* to = dW_ + filter_stride * (s.group * g_.group_filters() + s.filter) +
               all_taps * s.channel + row_ + g_.h.filter * column_;
  const Index rows = rows_of_sum(s);
  if (dot_) {
    // Lanes are summed into the row's first `filters` cells.
    for (Index t = 0; t < rows; ++t) {
      Real* row = sum + t * sum_stride_;
      for (Index k = 0; k < s.filters; ++k) {
        Real total = 0;
        for (Index lane = 0; lane < set_.lanes; ++lane) total += row[k * set_.lanes + lane];
        row[k] = total;
      }
    }
  }
  if (taps() == all_taps) {
    kernels_.widen.transpose(sum, sum_stride_, s.filters, rows, to, filter_stride);
  } else {
    for (Index k = 0; k < s.filters; ++k) {
      for (Index t = 0; t < rows; ++t) {
        const Index i = t % h_.taps;
        const Index j = t / h_.taps % w_.taps;
        const Index c = t / taps();
        to[i + g_.h.filter * j + all_taps * c + k * filter_stride] = sum[t * sum_stride_ + k];
      }
    }
  }
  if (bias_sum != nullptr) {
    std::copy_n(bias_sum, s.filters, db_ + s.group * g_.group_filters() + s.filter);
  }
}

template <typename Real, typename Store>
void FilterGradient<Real, Store>::run() {
  const Index outputs = g_.groups * channel_blocks_ * filter_blocks_;
  const Index part_cells = sum_cells_ + filters_;
  // Sums that outlive a task are shared, for as many outputs at a time as there is room for.
  const bool lasting = parts_ > 1 || rounds_ > 1;
  const Index batch =
      lasting ? std::clamp(kSharedBytes / bytes_of<Real>(parts_ * part_cells), Index{1}, outputs)
              : outputs;
  const Index shared = lasting ? batch * parts_ * part_cells : 1;
  const Index private_cells = round_up(ring_cells_, kLineCells<Real>) +
                              round_up(dz_cells_, kLineCells<Real>) +
                              (lasting ? Index{0} : part_cells);
  const Index room =
      (kWorkspaceBytes - bytes_of<Real>(shared)) / (bytes_of<Real>(private_cells) + 2 * kPageBytes);
  const int threads =
      static_cast<int>(std::clamp<Index>(room, 1, planned_threads(batch * parts_, task_ns_)));
  Workspace workspace(threads, bytes_of<Real>(private_cells));
  Workspace shared_workspace(1, bytes_of<Real>(shared));
  Real* const sums = shared_workspace.of<Real>(0);
  // db comes from the share of the group's first channels.
  const auto biased = [&](const Share& s) { return db_ != nullptr && s.channel == 0; };

  for (Index first = 0; first < outputs; first += batch) {
    const Index count = std::min(batch, outputs - first);
    for (Index round = 0; round < rounds_; ++round) {
      parallel_for(
          count * parts_, task_ns_,
          [&](Index task, int thread) {
            // Neighbours share the part, and with it the input that they read.
            const Index output = task % count;
            const Index part = task / count;
            const Share s = share(first + output);
            Real* memory = workspace.of<Real>(thread);
            Real* sum = lasting ? sums + (output * parts_ + part) * part_cells
                                : memory + private_cells - part_cells;
            Real* bias_sum = biased(s) ? sum + sum_cells_ : nullptr;
            run_part(s, part, round, memory, sum, bias_sum);
            if (!lasting) write(s, sum, bias_sum);
          },
          threads);
    }
    if (!lasting) continue;
    parallel_for(count, static_cast<double>(parts_ * part_cells) / set_.lanes,
                 [&](Index output, int) {
                   const Share s = share(first + output);
                   Real* sum = sums + output * parts_ * part_cells;
                   const Index length = biased(s) ? part_cells : sum_cells_;
                   for (Index part = 1; part < parts_; ++part) {
                     const Real* other = sum + part * part_cells;
                     for (Index i = 0; i < length; ++i) sum[i] += other[i];
                   }
                   write(s, sum, biased(s) ? sum + sum_cells_ : nullptr);
                 });
  }
}

}  // namespace

template <typename Real, typename Store>
void filter_gradient(const ConvGeometry& g, const Store* dZ, const Store* A, double* dW,
                     double* db) {
  if (g.m == 0) {
    std::fill_n(dW, g.w_size(), 0.0);
    if (db != nullptr) std::fill_n(db, g.K, 0.0);
    return;
  }
  const Index row_parts = ceil_div(g.h.filter, kMostRowTaps);
  const Index column_parts = ceil_div(g.w.filter, kMostColumnTaps);
  for (Index j = 0; j < column_parts; ++j) {
    for (Index i = 0; i < row_parts; ++i) {
      const Index row = g.h.filter * i / row_parts;
      const Index column = g.w.filter * j / column_parts;
      FilterGradient<Real, Store>(g, row, g.h.filter * (i + 1) / row_parts - row, column,
                                  g.w.filter * (j + 1) / column_parts - column, dZ, A, dW,
                                  i + j == 0 ? db : nullptr)
          .run();
    }
  }
}

template <typename Real, typename Store>
void bias_gradient(const ConvGeometry& g, const Store* dZ, double* db) {
  const Index length = g.m * g.h.out * g.w.out;
  constexpr Index kBlock = 4096;  // sums of blocks: less rounding than one long sum
  const SimdKernels<Real>& set = simd<Real>();
  parallel_for(g.K, static_cast<double>(length) / set.lanes, [&](Index k, int) {
    double sum = 0;
    for (Index q = 0; q < length; q += kBlock) {
      const Index rows = std::min(kBlock, length - q);
      const Store* from = dZ + k * length + q;
      Real part = 0;
      if constexpr (std::is_same_v<Real, Store>) {
        set.direct.add_columns(from, 0, rows, 1, &part);
      } else {
        Real block[kBlock];
        set.direct.narrow.rows(from, 0, 1, rows, block, 0);
        set.direct.add_columns(block, 0, rows, 1, &part);
      }
      sum += static_cast<double>(part);
    }
    db[k] = sum;
  });
}

#define CONVSTEP_MAKE(Real, Store)                                                              \
  template void filter_gradient<Real>(const ConvGeometry&, const Store*, const Store*, double*, \
                                      double*);                                                 \
  template void bias_gradient<Real>(const ConvGeometry&, const Store*, double*);
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
