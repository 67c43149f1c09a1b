// Input columns packed for the direct engine: padding filled in, rows split by stride, channels on
// a stride that does not fall on the same cache sets.
//
// A block is a range of the joint index q = n + count * row over the windows' rows, for a range of
// `count` examples (all of them, so that q is contiguous in memory, or some 32 of a large batch, so
// that the rows which two taps share lie close). A packed column holds, for each channel, the cells
// of one input column that the block's windows touch; vertical taps are offsets in it.
#pragma once

#include <vector>

#include "simd/direct_kernels.h"

namespace convstep {

// The taps along one axis: input cell under tap t of window o is o * step + first + t * spacing;
// outside [0, in) it is a zero.
struct TapAxis {
  Index in;
  Index out;  // windows
  Index step;
  Index first;
  Index spacing;  // at least 1
  Index taps;     // may be 0

  TapAxis part(Index tap, Index count) const;
};

// Examples [first, first + count) of m.
struct Examples {
  Index first, count;
};

// Rows [begin, end) of q within `examples`.
struct RowBlock {
  Examples examples;
  Index begin, end;
  Index rows() const { return end - begin; }
};

// Cuts the batch into ranges of some `most` examples: multiples of `lanes`, but for the last.
std::vector<Examples> split_examples(Index m, Index most, Index lanes);

// All blocks of at most `rows` rows, a multiple of `quantum`, about equally long.
std::vector<RowBlock> split_rows(const std::vector<Examples>& batch, Index windows, Index rows,
                                 Index quantum);

// The offset, in bytes, of one cell of each cache line in which rows [begin, end), `apart` from one
// to the next, of the examples lie in a column of m examples, cells of this size.
std::vector<Index> lines_of(Index m, const Examples& examples, Index begin, Index end, Index apart,
                            std::size_t cell_size);

// Where the cells of a packed column lie; `line` of them are a cache line.
class ColumnLayout {
 public:
  ColumnLayout(const TapAxis& h, Index examples, Index rows, Index lanes, Index line);

  struct Segment {
    Index first_cell;  // input row under row 0 of the stream
    Index shift;       // rows of the stream before the block's first
    Index extra;       // cells beyond the block's own rows
    Index offset;      // in the packed column
  };
  std::vector<Segment> segments;
  std::vector<Index> tap_offset;
  Index cells;  // of one channel
};

// The order in which windows are visited along the horizontal axis, so that neighbours in the order
// share as many columns as possible: with dilation d they are d apart.
class WindowOrder {
 public:
  explicit WindowOrder(const TapAxis& w);

  Index shift() const { return shift_; }  // in taps, from one window to the next
  // Runs of at most `most` consecutive windows of one class.
  Index runs(Index most) const;
  struct Run {
    Index first, count;  // windows first, first + step, ...
    Index step;
    Index place;  // of the first one in its class
  };
  Run run(Index index, Index most) const;

 private:
  Index out_, classes_, shift_;
};

// The packed columns that a run of windows needs, kept from run to run. The input is of `Store`.
template <typename Real, typename Store>
class ColumnRing {
 public:
  // `slots` packed columns of `channels` channels each in `buffer`.
  ColumnRing(const DirectKernels<Real>& kernels, int lanes, Index m, const TapAxis& h,
             const TapAxis& w, const ColumnLayout& layout, const RowBlock& block, Index slots,
             Index channels, Real* buffer);

  // Forgets what is packed and turns to `channels` channels from `in` on.
  void set_channels(const Store* in, Index channels);
  // Packs what is missing for a run.
  void load(const WindowOrder::Run& run);
  // The input columns (first channel, first cell) that load(run) would read: what to fetch ahead.
  // In each, the block touches the cache lines at lines().
  void missing(const WindowOrder::Run& run, std::vector<const Store*>& columns) const;
  const std::vector<Index>& lines() const { return lines_; }
  // Where in data() the column under a horizontal tap of window number `place` of its class lies.
  Index offset(Index place, Index tap) const { return slot(place, tap) * slot_stride_; }
  Index channel_stride() const { return layout_.cells; }
  const Real* data() const { return buffer_; }

 private:
  Index slot(Index place, Index tap) const { return (place * shift_ + tap) % slots_; }
  void pack(Index x, Real* to);
  // visit(input column, slot) for each column of the run that is not packed.
  template <typename Visit>
  void for_each_missing(const WindowOrder::Run& run, Visit visit) const;

  const DirectKernels<Real>& kernels_;
  const int lanes_;
  const Index m_;
  const TapAxis& h_;
  const TapAxis& w_;
  const ColumnLayout& layout_;
  const RowBlock& block_;
  const Index shift_, slots_, slot_stride_;
  Real* const buffer_;
  const Store* in_ = nullptr;
  Index channels_ = 0;
  std::vector<Index> packed_;  // the input column in each slot
  std::vector<Index> lines_;
};

}  // namespace convstep
