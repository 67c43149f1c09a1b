#include "conv/direct/columns.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/machine.h"
#include "base/scalars.h"

namespace convstep {

namespace {

constexpr Index kNothing = std::numeric_limits<Index>::min();

}  // namespace

TapAxis TapAxis::part(Index tap, Index count) const {
  TapAxis axis = *this;
  axis.first += tap * spacing;
  axis.taps = count;
  return axis;
}

std::vector<Examples> split_examples(Index m, Index most, Index lanes) {
  const Index parts = std::max<Index>(1, (m + most / 2) / most);
  const Index each = parts == 1 ? m : round_up(ceil_div(m, parts), lanes);
  std::vector<Examples> batch;
  for (Index n = 0; n < m; n += each) batch.push_back({n, std::min(each, m - n)});
  return batch;
}

std::vector<RowBlock> split_rows(const std::vector<Examples>& batch, Index windows, Index rows,
                                 Index quantum) {
  std::vector<RowBlock> blocks;
  for (const Examples& examples : batch) {
    const Index all = examples.count * windows;
    const Index each = std::min(rows, round_up(ceil_div(all, ceil_div(all, rows)), quantum));
    for (Index q = 0; q < all; q += each) {
      blocks.push_back({examples, q, std::min(q + each, all)});
    }
  }
  return blocks;
}

std::vector<Index> lines_of(Index m, const Examples& examples, Index begin, Index end, Index apart,
                            std::size_t cell_size) {
  std::vector<Index> lines;
  const Index size = static_cast<Index>(cell_size);
  const auto add = [&](Index from, Index length) {
    for (Index e = 0; e < length * size; e += kCacheLine) lines.push_back(from * size + e);
  };
  if (examples.count == m && apart == 1) {
    add(m * begin, m * (end - begin));
  } else {
    for (Index row = begin; row < end; row += apart) add(examples.first + m * row, examples.count);
  }
  return lines;
}

// Taps whose rows differ by a multiple of the step read one stream of rows, shifted. A stream is
// one segment, or several where a large dilation would leave gaps.
ColumnLayout::ColumnLayout(const TapAxis& h, Index examples, Index rows, Index lanes, Index line)
    : tap_offset(static_cast<std::size_t>(h.taps)), cells(0) {
  std::vector<std::size_t> segment_of(tap_offset.size());
  for (Index t = 0; t < h.taps; ++t) {
    const Index cell = h.first + t * h.spacing % h.step;
    const Index shift = t * h.spacing / h.step;
    std::size_t s = 0;
    while (s < segments.size() &&
           (segments[s].first_cell != cell ||
            (shift - segments[s].shift) * examples > segments[s].extra + rows)) {
      ++s;
    }
    if (s == segments.size()) segments.push_back({cell, shift, 0, 0});
    segments[s].extra = (shift - segments[s].shift) * examples;
    segment_of[static_cast<std::size_t>(t)] = s;
  }
  for (Segment& segment : segments) {
    segment.offset = cells;
    cells += round_up(rows + segment.extra + lanes - 1, line);
  }
  cells = (cells / line | 1) * line;  // an odd number of lines
  for (Index t = 0; t < h.taps; ++t) {
    const Segment& segment = segments[segment_of[static_cast<std::size_t>(t)]];
    tap_offset[static_cast<std::size_t>(t)] =
        segment.offset + (t * h.spacing / h.step - segment.shift) * examples;
  }
}

WindowOrder::WindowOrder(const TapAxis& w)
    : out_(w.out),
      classes_(w.spacing / std::gcd(w.spacing, w.step)),
      shift_(w.step / std::gcd(w.spacing, w.step)) {}

Index WindowOrder::runs(Index most) const {
  const Index longer = out_ % classes_;  // classes with one window more
  return longer * ceil_div(out_ / classes_ + 1, most) +
         (classes_ - longer) * ceil_div(out_ / classes_, most);
}

WindowOrder::Run WindowOrder::run(Index index, Index most) const {
  const Index longer = out_ % classes_;
  const Index runs_longer = ceil_div(out_ / classes_ + 1, most);
  const Index runs_shorter = ceil_div(out_ / classes_, most);
  Index windows = out_ / classes_;
  Index member = 0;
  if (index < longer * runs_longer) {
    ++windows;
    member = index / runs_longer;
    index %= runs_longer;
  } else {
    index -= longer * runs_longer;
    member = longer + index / runs_shorter;
    index %= runs_shorter;
  }
  const Index place = index * most;
  return {member + place * classes_, std::min(most, windows - place), classes_, place};
}

template <typename Real, typename Store>
ColumnRing<Real, Store>::ColumnRing(const DirectKernels<Real>& kernels, int lanes, Index m,
                                    const TapAxis& h, const TapAxis& w, const ColumnLayout& layout,
                                    const RowBlock& block, Index slots, Index channels,
                                    Real* buffer)
    : kernels_(kernels),
      lanes_(lanes),
      m_(m),
      h_(h),
      w_(w),
      layout_(layout),
      block_(block),
      shift_(WindowOrder(w).shift()),
      slots_(std::max<Index>(slots, 1)),
      slot_stride_(channels * layout.cells),
      buffer_(buffer),
      packed_(static_cast<std::size_t>(slots_), kNothing) {
  if (h.taps == 0) return;
  const Index reach = (h.taps - 1) * h.spacing;
  const Index apart = reach == 0 ? h.step : 1;  // rows between taps are in use, nearly always
  const Index first = block.begin / block.examples.count * h.step + h.first;
  const Index last = (block.end - 1) / block.examples.count * h.step + h.first + reach;
  lines_ = lines_of(m, block.examples, first >= 0 ? first : first + ceil_div(-first, apart) * apart,
                    std::min(last + 1, h.in), apart, sizeof(Store));
}

template <typename Real, typename Store>
void ColumnRing<Real, Store>::set_channels(const Store* in, Index channels) {
  in_ = in;
  channels_ = channels;
  std::fill(packed_.begin(), packed_.end(), kNothing);
}

template <typename Real, typename Store>
template <typename Visit>
void ColumnRing<Real, Store>::for_each_missing(const WindowOrder::Run& run, Visit visit) const {
  for (Index i = 0; i < run.count; ++i) {
    for (Index j = 0; j < w_.taps; ++j) {
      const Index x = (run.first + i * run.step) * w_.step + w_.first + j * w_.spacing;
      const Index to = slot(run.place + i, j);
      if (packed_[static_cast<std::size_t>(to)] != x) visit(x, to);
    }
  }
}

template <typename Real, typename Store>
void ColumnRing<Real, Store>::load(const WindowOrder::Run& run) {
  for_each_missing(run, [&](Index x, Index to) {
    pack(x, buffer_ + to * slot_stride_);
    packed_[static_cast<std::size_t>(to)] = x;
  });
}

template <typename Real, typename Store>
void ColumnRing<Real, Store>::missing(const WindowOrder::Run& run,
                                      std::vector<const Store*>& columns) const {
  columns.clear();
  for_each_missing(run, [&](Index x, Index) {
    if (x >= 0 && x < w_.in) columns.push_back(in_ + m_ * h_.in * x);
  });
}

template <typename Real, typename Store>
void ColumnRing<Real, Store>::pack(Index x, Real* to) {
  const auto copy_rows = kernels_.template in<Store>().rows;
  const bool inside = x >= 0 && x < w_.in;
  const Index count = block_.examples.count;
  for (Index c = 0; c < channels_; ++c, to += layout_.cells) {
    const Store* column = inside ? in_ + m_ * h_.in * (x + w_.in * c) + block_.examples.first : in_;
    for (const ColumnLayout::Segment& segment : layout_.segments) {
      Real* cells = to + segment.offset;
      // Rows of the stream, and those of them that lie on real cells.
      const Index begin = block_.begin + segment.shift * count;
      const Index end = begin + block_.rows() + segment.extra;
      const Index low = segment.first_cell >= 0 ? 0 : ceil_div(-segment.first_cell, h_.step);
      const Index high =
          h_.in > segment.first_cell ? ceil_div(h_.in - segment.first_cell, h_.step) : Index{0};
      const Index real_begin = inside ? std::clamp(low * count, begin, end) : end;
      const Index real_end = inside ? std::clamp(high * count, real_begin, end) : end;
      std::fill_n(cells, real_begin - begin, Real{0});
      std::fill_n(cells + (real_end - begin), end - real_end + lanes_ - 1, Real{0});
      const auto source = [&](Index u) {
        return column + u % count + m_ * (u / count * h_.step + segment.first_cell);
      };
      if (count == m_ && h_.step == 1) {
        if (real_begin < real_end) {
          copy_rows(source(real_begin), 0, 1, real_end - real_begin, cells + (real_begin - begin),
                    0);
        }
        continue;
      }
      Index u = real_begin;
      if (u % count != 0 && u < real_end) {  // the rest of a row
        const Index part = std::min(count - u % count, real_end - u);
        copy_rows(source(u), 0, 1, part, cells + (u - begin), 0);
        u += part;
      }
      const Index whole = (real_end - u) / count;
      if (whole > 0) {
        copy_rows(source(u), m_ * h_.step, whole, count, cells + (u - begin), count);
        u += whole * count;
      }
      if (u < real_end) {
        copy_rows(source(u), 0, 1, real_end - u, cells + (u - begin), 0);
      }
    }
  }
}

#define CONVSTEP_MAKE(Real, Store) template class ColumnRing<Real, Store>;
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
