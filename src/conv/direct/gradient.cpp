// Filter and bias gradients of the direct engine. Outputs are cut into blocks of channels and of
// filters, the sum over windows into a number of parts that depends on the shapes alone. A task
// runs through its part for its outputs: it packs the input columns of its channels, turns dZ into
// rows of filters (or copies it, where filters are few) and adds up products in a private sum. The
// sums of the parts are then added in their order.
#include <algorithm>
#include <vector>

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
constexpr Index kRingDoubles = (Index{300} << 10) / 8;
constexpr Index kMostRows = 192;  // of q, all windows of a run together
constexpr Index kChunk = 32;      // examples side by side in a block of a large batch
constexpr Index kMostParts = 32;
constexpr double kLeastTask = 30e3;  // ns

TapAxis tap_axis(const Axis& a, Index tap, Index count) {
  return TapAxis{a.in, a.out, a.stride, -a.pad_lo, a.dilation, a.filter}.part(tap, count);
}

class FilterGradient {
 public:
  // For filter rows [row, row + rows) and columns alike.
  FilterGradient(const ConvGeometry& g, Index row, Index rows, Index column, Index columns,
                 const double* dZ, const double* A, double* dW, double* db);
  void run();

 private:
  // What a task is about.
  struct Share {
    Index group, channel, channels, filter, filters;
  };
  Share share(Index output) const;
  Index rows_of_sum(const Share& s) const { return s.channels * taps(); }
  Index taps() const { return h_.taps * w_.taps; }
  void run_part(const Share& s, Index part, Index round, double* memory, double* sum,
                double* bias_sum) const;
  void multiply(const GradientRows& gradient, const std::vector<Index>& taps, Index tap_count,
                Index windows, Index rows, const double* columns, const double* dz,
                std::vector<Ahead>& ahead, double* sum) const;
  void write(const Share& s, double* sum, const double* bias_sum) const;

  const ConvGeometry& g_;
  const SimdSet& set_;
  const DirectKernels& kernels_;
  const Index row_, column_;
  const TapAxis h_, w_;
  const double *dZ_, *A_;
  double *dW_, *db_;
  const bool dot_;
  const ShapeList<ProductKernel>& shapes_;
  const WindowOrder order_;

  Index channels_, channel_blocks_, filters_, filter_blocks_;
  Index windows_;  // of a run
  std::vector<RowBlock> blocks_;
  Index slots_, parts_;
  Index rounds_;  // in which a part is worked through
  Index ring_doubles_, dz_doubles_, sum_doubles_, sum_stride_;
  double task_ns_;
};

FilterGradient::FilterGradient(const ConvGeometry& g, Index row, Index rows, Index column,
                               Index columns, const double* dZ, const double* A, double* dW,
                               double* db)
    : g_(g),
      set_(simd()),
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
  const auto room = [&] { return kRingDoubles / (w_.taps * channels_) - span * batch[0].count; };
  while (room() < kMostRows && channels_ > 1) channels_ = ceil_div(channels_, 2);
  channel_blocks_ = ceil_div(C, channels_);
  const Index most_rows = std::min(kMostRows, kMostCells / filters_ / lanes * lanes);
  blocks_ = split_rows(batch, h_.out, std::clamp(room() / lanes * lanes, lanes, most_rows), lanes);
  Index block_rows = 0;
  Index column_doubles = 0;
  for (const RowBlock& block : blocks_) {
    block_rows = std::max(block_rows, block.rows());
    column_doubles = std::max(column_doubles,
                              ColumnLayout(h_, block.examples.count, block.rows(), lanes).doubles);
  }
  const Index padded = round_up(block_rows, lanes);
  windows_ = std::clamp(most_rows / padded, Index{1}, w_.out);
  // A run of windows shares columns, as far as the ring has room for them.
  while (windows_ > 1 && ((windows_ - 1) * order_.shift() + w_.taps) * channels_ * column_doubles >
                             2 * kRingDoubles) {
    --windows_;
  }
  slots_ = (windows_ - 1) * order_.shift() + w_.taps;
  ring_doubles_ = slots_ * channels_ * column_doubles;
  dz_doubles_ = windows_ * padded * filters_;
  sum_doubles_ = round_up(channels_ * taps() * sum_stride_, 8);

  const Index outputs = g.groups * channel_blocks_ * filter_blocks_;
  const double ns = 2.0 * static_cast<double>(g.m * h_.out * w_.out * g.K) *
                    static_cast<double>(C * taps()) / (12.0 * lanes);
  const Index steps = static_cast<Index>(blocks_.size()) * order_.runs(windows_);
  const Index memory = kSharedBytes / 8 / (outputs * (sum_doubles_ + filters_));
  parts_ = std::min({ceil_div(kMostParts, outputs), steps, memory,
                     static_cast<Index>(ns / (static_cast<double>(outputs) * kLeastTask))});
  parts_ = std::max<Index>(1, parts_);
  const double part_ns = ns / static_cast<double>(outputs * parts_);
  rounds_ = std::clamp(static_cast<Index>(part_ns / kLongTask), Index{1}, ceil_div(steps, parts_));
  task_ns_ = part_ns / static_cast<double>(rounds_);
}

FilterGradient::Share FilterGradient::share(Index output) const {
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

void FilterGradient::multiply(const GradientRows& gradient, const std::vector<Index>& taps,
                              Index tap_count, Index windows, Index rows, const double* columns,
                              const double* dz, std::vector<Ahead>& ahead, double* sum) const {
  // What is to be fetched ahead is spread over the calls, a number of columns each.
  Index ahead_columns = 0;
  for (const Ahead& a : ahead) ahead_columns += a.columns;
  Index calls = 0;
  for (const GradientRows::FilterTile& tile : gradient.tiles()) {
    calls += tap_count / longest(shapes_, tile.width);
  }
  const Index each = ceil_div(ahead_columns, std::max<Index>(1, calls));
  Product product{};
  product.src = columns;
  product.taps_stride = tap_count;
  product.columns = windows;
  product.rows = rows;
  product.sum_stride = sum_stride_;
  for (const GradientRows::FilterTile& tile : gradient.tiles()) {
    product.dz = dz + gradient.offset(tile, windows, rows);
    for (Index t = 0; t < tap_count;) {
      product.taps = taps.data() + t;
      product.ahead = take_columns(ahead, each);
      product.sum = sum + t * sum_stride_ + tile.first * (dot_ ? set_.lanes : 1);
      const ProductShape& s = shape_within(shapes_, tile.width, tap_count - t);
      s.run(product);
      t += s.length;
    }
  }
}

// One round of a part: `sum` goes on from where the round before left it.
void FilterGradient::run_part(const Share& s, Index part, Index round, double* memory, double* sum,
                              double* bias_sum) const {
  if (round == 0) {
    std::fill_n(sum, sum_doubles_, 0.0);
    if (bias_sum != nullptr) std::fill_n(bias_sum, filters_, 0.0);
  }
  double* ring_memory = memory;
  double* dz = memory + round_up(ring_doubles_, 8);
  const Index runs = order_.runs(windows_);
  const Index steps = static_cast<Index>(blocks_.size()) * runs;
  const Index pieces = parts_ * rounds_;
  const Index piece = part * rounds_ + round;
  const Index begin = steps / pieces * piece + std::min(piece, steps % pieces);
  const Index end = begin + steps / pieces + (piece < steps % pieces ? 1 : 0);
  const double* in = A_ + g_.m * h_.in * w_.in * (s.group * g_.group_channels() + s.channel);
  const double* dz_columns =
      dZ_ + g_.m * h_.out * w_.out * (s.group * g_.group_filters() + s.filter);
  const GradientRows gradient(set_, dot_, g_.m, h_.out, g_.m * h_.out * w_.out, s.filters);
  std::vector<const double*> missing;
  std::vector<Ahead> ahead;
  const Index tap_count = s.channels * taps();
  std::vector<Index> taps(static_cast<std::size_t>(windows_ * tap_count));
  for (Index step = begin; step < end;) {
    const RowBlock& block = blocks_[static_cast<std::size_t>(step / runs)];
    const ColumnLayout layout(h_, block.examples.count, block.rows(), set_.lanes);
    ColumnRing ring(kernels_, set_.lanes, g_.m, h_, w_, layout, block, slots_, channels_,
                    ring_memory);
    ring.set_channels(in, s.channels);
    const std::vector<Index> dz_lines =
        lines_of(g_.m, block.examples, block.begin / block.examples.count,
                 ceil_div(block.end, block.examples.count), 1);
    const Index block_end = std::min(end, (step / runs + 1) * runs);
    for (; step < block_end; ++step) {
      const WindowOrder::Run run = order_.run(step % runs, windows_);
      ring.load(run);
      Index* tap = taps.data();
      for (Index i = 0; i < run.count; ++i) {
        for (Index c = 0; c < s.channels; ++c) {
          for (Index j = 0; j < w_.taps; ++j) {
            const Index column = ring.offset(run.place + i, j) + c * layout.doubles;
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
        for (const double* column : missing) {
          ahead.push_back({column, s.channels, g_.m * h_.in * w_.in, ring.lines().data(),
                           static_cast<Index>(ring.lines().size())});
        }
        for (Index i = 0; i < next.count; ++i) {
          ahead.push_back({dz_columns + g_.m * h_.out * (next.first + i * next.step), s.filters,
                           g_.m * h_.out * w_.out, dz_lines.data(),
                           static_cast<Index>(dz_lines.size())});
        }
      }
      multiply(gradient, taps, tap_count, run.count, block.rows(), ring.data(), dz, ahead, sum);
    }
  }
}

// The finished sums of a share into dW and db.
void FilterGradient::write(const Share& s, double* sum, const double* bias_sum) const {
  const Index all_taps = g_.taps();
  const Index filter_stride = all_taps * g_.group_channels();
  double* to = dW_ + filter_stride * (s.group * g_.group_filters() + s.filter) +
               all_taps * s.channel + row_ + g_.h.filter * column_;
  const Index rows = rows_of_sum(s);
  if (dot_) {
    // Lanes are summed into the row's first `filters` cells.
    for (Index t = 0; t < rows; ++t) {
      double* row = sum + t * sum_stride_;
      for (Index k = 0; k < s.filters; ++k) {
        double total = 0;
        for (Index lane = 0; lane < set_.lanes; ++lane) total += row[k * set_.lanes + lane];
        row[k] = total;
      }
    }
  }
  if (taps() == all_taps) {
    kernels_.transpose(sum, sum_stride_, s.filters, rows, to, filter_stride);
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

void FilterGradient::run() {
  const Index outputs = g_.groups * channel_blocks_ * filter_blocks_;
  const Index part_doubles = sum_doubles_ + filters_;
  // Sums that outlive a task are shared, for as many outputs at a time as there is room for.
  const bool lasting = parts_ > 1 || rounds_ > 1;
  const Index batch =
      lasting ? std::clamp(kSharedBytes / 8 / (parts_ * part_doubles), Index{1}, outputs) : outputs;
  const Index shared = lasting ? batch * parts_ * part_doubles : 1;
  const Index private_doubles =
      round_up(ring_doubles_, 8) + round_up(dz_doubles_, 8) + (lasting ? Index{0} : part_doubles);
  const Index room = (kWorkspaceBytes / 8 - shared) / (private_doubles + 1024);
  const int threads =
      static_cast<int>(std::clamp<Index>(room, 1, planned_threads(batch * parts_, task_ns_)));
  Workspace workspace(threads, private_doubles);
  Workspace shared_workspace(1, shared);
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
            double* memory = workspace.of(thread);
            double* sum = lasting ? shared_workspace.of(0) + (output * parts_ + part) * part_doubles
                                  : memory + private_doubles - part_doubles;
            double* bias_sum = biased(s) ? sum + sum_doubles_ : nullptr;
            run_part(s, part, round, memory, sum, bias_sum);
            if (!lasting) write(s, sum, bias_sum);
          },
          threads);
    }
    if (!lasting) continue;
    parallel_for(count, static_cast<double>(parts_ * part_doubles) / set_.lanes,
                 [&](Index output, int) {
                   const Share s = share(first + output);
                   double* sum = shared_workspace.of(0) + output * parts_ * part_doubles;
                   const Index length = biased(s) ? part_doubles : sum_doubles_;
                   for (Index part = 1; part < parts_; ++part) {
                     const double* other = sum + part * part_doubles;
                     for (Index i = 0; i < length; ++i) sum[i] += other[i];
                   }
                   write(s, sum, biased(s) ? sum + sum_doubles_ : nullptr);
                 });
  }
}

}  // namespace

void filter_gradient(const ConvGeometry& g, const double* dZ, const double* A, double* dW,
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
      FilterGradient(g, row, g.h.filter * (i + 1) / row_parts - row, column,
                     g.w.filter * (j + 1) / column_parts - column, dZ, A, dW,
                     i + j == 0 ? db : nullptr)
          .run();
    }
  }
}

void bias_gradient(const ConvGeometry& g, const double* dZ, double* db) {
  const Index length = g.m * g.h.out * g.w.out;
  constexpr Index kBlock = 4096;  // sums of blocks: less rounding than one long sum
  parallel_for(g.K, static_cast<double>(length) / simd().lanes, [&](Index k, int) {
    double sum = 0;
    for (Index q = 0; q < length; q += kBlock) {
      simd().direct.add_columns(dZ + k * length + q, 0, std::min(kBlock, length - q), 1, &sum);
    }
    db[k] = sum;
  });
}

}  // namespace convstep
