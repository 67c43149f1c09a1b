// The windows of an output column, cut into runs for the kernels of pool_kernels.h and
// depthwise_kernels.h.
//
// The outputs of an output column (ow, c) are contiguous, examples innermost. Its rows oh whose
// windows lie inside the input vertically make one run; each row at the border makes one of its
// own, with fewer taps.
#pragma once

#include <algorithm>
#include <vector>

#include "base/geometry.h"
#include "simd/pool_kernels.h"

namespace convstep {

// Output rows [begin, end) of one column, with the taps that are real cells.
struct Band {
  Index begin, end;
  Index first_row, first_column;  // of the cell under the first of these taps
  Index tap_h, tap_w;             // the number of that tap in the window
  Index taps_h, taps_w;
};

// visit(band) for the bands of column ow.
template <typename Visit>
void for_each_band(const Axis& h, const Axis& w, Index ow, Visit visit) {
  const auto band = [&](Index begin, Index end) {
    const Index i = h.first_tap(begin);
    const Index j = w.first_tap(ow);
    visit(Band{begin, end, h.cell(begin, i), w.cell(ow, j), i, j, h.end_tap(begin) - i,
               w.end_tap(ow) - j});
  };
  Index inner = 0;  // first window inside, and one past the last
  while (inner < h.out && h.cell(inner, 0) < 0) band(inner, inner + 1), ++inner;
  Index outer = h.out;
  while (outer > inner && h.cell(outer - 1, h.filter - 1) >= h.in) --outer;
  if (outer > inner) band(inner, outer);
  for (Index oh = outer; oh < h.out; ++oh) band(oh, oh + 1);
}

// The most taps of a window that can be real cells.
inline Index real_taps(const Axis& axis) { return std::min(axis.filter, axis.in); }

// Makes the runs; each holds until the next is made.
class WindowRuns {
 public:
  WindowRuns(Index m, const Axis& h, const Axis& w)
      : m_(m), h_(h), w_(w), offset_(static_cast<std::size_t>(real_taps(h) * real_taps(w))) {}

  // The run of a band over examples [n0, n1); its taps row by row.
  PoolRun of(const Band& band, Index n0, Index n1) {
    Index* to = offset_.data();
    for (Index i = 0; i < band.taps_h; ++i) {
      for (Index j = 0; j < band.taps_w; ++j) {
        *to++ = m_ * (i * h_.dilation + h_.in * j * w_.dilation);
      }
    }
    PoolRun run{band.end - band.begin,     n1 - n0,       m_ * h_.stride, m_,
                band.taps_h * band.taps_w, offset_.data()};
    if (h_.stride == 1 && run.count == m_) {  // rows follow each other without a gap
      run.count *= run.rows;
      run.rows = 1;
    }
    return run;
  }

 private:
  const Index m_;
  const Axis& h_;
  const Axis& w_;
  std::vector<Index> offset_;
};

}  // namespace convstep
