// An axis is a sparse matrix: each new cell a weighted sum of one or two former ones. Columns are
// combined first, each as one long vector, then the rows of the result. The way back is the
// transposed matrix, rows first.
#include "layers/upsample.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/scalars.h"
#include "base/threads.h"
#include "simd/simd.h"

namespace convstep {

namespace {

struct Term {
  Index cell;
  double weight;  // never 0
};
using Terms = std::vector<std::vector<Term>>;  // by cell of the result

Terms enlarging(Index n, Index factor, bool bilinear) {
  Terms terms(static_cast<std::size_t>(n * factor));
  for (Index o = 0; o < n * factor; ++o) {
    auto& own = terms[static_cast<std::size_t>(o)];
    if (!bilinear) {
      own = {{o / factor, 1}};
      continue;
    }
    const double at =
        std::max(0.0, (static_cast<double>(o) + 0.5) / static_cast<double>(factor) - 0.5);
    const Index before = std::min(n - 1, static_cast<Index>(at));
    const double share = before + 1 < n ? at - static_cast<double>(before) : 0;
    own.push_back({before, 1 - share});
    if (share > 0) own.push_back({before + 1, share});
  }
  return terms;
}

Terms transposed(const Terms& terms, Index n) {
  Terms back(static_cast<std::size_t>(n));
  for (std::size_t o = 0; o < terms.size(); ++o) {
    for (const Term& term : terms[o]) {
      back[static_cast<std::size_t>(term.cell)].push_back({static_cast<Index>(o), term.weight});
    }
  }
  return back;
}

// z = the weighted sum of pieces of n cells, `step` apart in x.
template <typename Real>
void combine(const std::vector<Term>& terms, Index n, Index step, const Real* x, Real* z) {
  if (terms.size() == 1 && terms[0].weight == 1) {
    std::copy_n(x + step * terms[0].cell, n, z);
    return;
  }
  bool add = false;
  for (const Term& term : terms) {
    simd<Real>().rows.scale(n, term.weight, add, x + step * term.cell, z);
    add = true;
  }
}

// A column of the result is combined of columns of A, and its rows of those of the sum.
template <typename Real>
void resample(Index m, Index H, Index W, Index C, const Terms& rows, const Terms& columns,
              const Real* A, Real* Z) {
  const Index out_h = static_cast<Index>(rows.size());
  const Index out_w = static_cast<Index>(columns.size());
  const double work = 2.0 * static_cast<double>(m * (H + out_h));
  parallel_for(out_w * C, work, [&](Index task, int) {
    const Index c = task / out_w;
    std::vector<Real> column(static_cast<std::size_t>(m * H));
    combine(columns[static_cast<std::size_t>(task % out_w)], m * H, m * H, A + m * H * W * c,
            column.data());
    Real* z = Z + m * out_h * task;
    for (Index h = 0; h < out_h; ++h) {
      combine(rows[static_cast<std::size_t>(h)], m, m, column.data(), z + m * h);
    }
  });
}

}  // namespace

UpsampleShape upsample_shape(const Index a_dim[4], const Index factor[2], bool bilinear) {
  constexpr Index kMaxExtent = (Index{1} << 31) - 1;
  for (int axis = 0; axis < 2; ++axis) {
    if (factor[axis] > kMaxExtent / a_dim[1 + axis]) {
      throw std::invalid_argument(
          std::string("Assertion on 'factor' failed: Must give fewer than 2^31 ") +
          (axis == 0 ? "rows" : "columns") + ", but " + std::to_string(a_dim[1 + axis]) +
          " times " + std::to_string(factor[axis]) + " is more.");
    }
  }
  const UpsampleShape s{a_dim[0], a_dim[1], a_dim[2], a_dim[3], {factor[0], factor[1]}, bilinear};
  checked_size({s.m, s.out_h(), s.out_w(), s.C}, "factor");
  return s;
}

template <typename Real>
void upsample_forward(const UpsampleShape& s, const Real* A, Real* Z) {
  resample(s.m, s.H, s.W, s.C, enlarging(s.H, s.factor[0], s.bilinear),
           enlarging(s.W, s.factor[1], s.bilinear), A, Z);
}

template <typename Real>
void upsample_backward(const UpsampleShape& s, const Real* dZ, Real* dA) {
  resample(s.m, s.out_h(), s.out_w(), s.C, transposed(enlarging(s.H, s.factor[0], s.bilinear), s.H),
           transposed(enlarging(s.W, s.factor[1], s.bilinear), s.W), dZ, dA);
}

#define CONVSTEP_MAKE(Real)                                                 \
  template void upsample_forward(const UpsampleShape&, const Real*, Real*); \
  template void upsample_backward(const UpsampleShape&, const Real*, Real*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
