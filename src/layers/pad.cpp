#include "layers/pad.h"

#include <algorithm>

#include "base/scalars.h"
#include "base/threads.h"

namespace convstep {

// A task is one column (w, c) of the output: m * out_h() contiguous cells, with the input column in
// their middle.
template <typename Real>
void pad_forward(const PadGeometry& g, const Real* in, Real* out) {
  if (g.m == 0) return;  // the extents of an empty batch may be as large as can be
  const Index column = g.m * g.out_h();
  const Index border = g.m * g.pad_h;
  const Index inside = g.m * g.H;
  parallel_for(g.out_w() * g.C, 0.3 * static_cast<double>(column), [&](Index task, int) {
    const Index w = task % g.out_w() - g.pad_w;
    const Index c = task / g.out_w();
    Real* to = out + column * task;
    if (w < 0 || w >= g.W) {
      std::fill_n(to, column, Real{0});
      return;
    }
    std::fill_n(to, border, Real{0});
    std::copy_n(in + inside * (w + g.W * c), inside, to + border);
    std::fill_n(to + border + inside, border, Real{0});
  });
}

#define CONVSTEP_MAKE(Real) template void pad_forward(const PadGeometry&, const Real*, Real*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
