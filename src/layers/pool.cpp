// Pooling as runs of windows for the kernels of pool_kernels.h; see windows.h.
#include "layers/pool.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/chunks.h"
#include "base/scalars.h"
#include "base/windows.h"
#include "simd/simd.h"

namespace convstep {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

double nanoseconds_per_window(const PoolGeometry& g) {
  return 0.2 + 0.1 * static_cast<double>(real_taps(g.h) * real_taps(g.w));
}

// Output columns of one task.
Index columns_per_task(const PoolGeometry& g) {
  return std::max<Index>(1, kChunk / std::max<Index>(1, g.m * g.h.out));
}

// kernel(run, a, z) over all windows; those without a real cell get `empty`.
template <typename Real, typename Kernel>
void pool_forward(const PoolGeometry& g, const Real* A, Real* Z, double empty, Kernel kernel) {
  const Index columns = g.w.out * g.C;
  const Index each = columns_per_task(g);
  const double work = static_cast<double>(each * g.m * g.h.out) * nanoseconds_per_window(g);
  parallel_for(ceil_div(columns, each), work, [&](Index task, int) {
    WindowRuns runs(g.m, g.h, g.w);
    for (Index column = task * each; column < std::min(columns, (task + 1) * each); ++column) {
      const Real* a = A + g.m * g.h.in * g.w.in * (column / g.w.out);
      for_each_band(g.h, g.w, column % g.w.out, [&](const Band& band) {
        Real* z = Z + g.m * (band.begin + g.h.out * column);
        const PoolRun run = runs.of(band, 0, g.m);
        if (run.taps == 0) {
          std::fill_n(z, g.m * (band.end - band.begin), static_cast<Real>(empty));
        } else {
          kernel(run, a + g.m * (band.first_row + g.h.in * band.first_column), z);
        }
      });
    }
  });
}

// The gradient with respect to the input columns that the output columns [begin, end) of a channel
// cover, for the examples [n0, n1).
template <typename Real, typename Kernel>
class GradientTask {
 public:
  GradientTask(const PoolGeometry& g, Kernel kernel)
      : g_(g),
        kernel_(kernel),
        runs_(g.m, g.h, g.w),
        fresh_(g.h.stride >= g.h.filter && g.w.stride >= g.w.filter),
        rows_covered_(fresh_ && g.h.stride == g.h.filter && g.h.pad_lo == 0 &&
                      g.h.out * g.h.stride == g.h.in) {}

  void operator()(const Real* dZ, Real* dA, Index c, Index begin, Index end, Index n0, Index n1) {
    const Index channel = g_.m * g_.h.in * g_.w.in * c;
    Index next = begin == 0 ? 0 : end_column(begin - 1);  // columns before it are done
    const auto clear_until = [&](Index column) {
      for (; next < column; ++next) clear(dA + channel + g_.m * g_.h.in * next, n0, n1);
    };
    for (Index ow = begin; ow < end; ++ow) {
      if (rows_covered_) {
        clear_until(first_column(ow));
        next = std::max(next, end_column(ow));
      } else {
        clear_until(end_column(ow));
      }
      for_each_band(g_.h, g_.w, ow, [&](const Band& band) {
        const PoolRun run = runs_.of(band, n0, n1);
        if (run.taps == 0) return;
        const Index a = channel + g_.m * (band.first_row + g_.h.in * band.first_column) + n0;
        kernel_(run, fresh_, dZ + g_.m * (band.begin + g_.h.out * (ow + g_.w.out * c)) + n0, a,
                dA + a);
      });
    }
    if (end == g_.w.out) clear_until(g_.w.in);
  }

 private:
  Index clamp(Index column) const { return std::max<Index>(0, std::min(column, g_.w.in)); }
  Index first_column(Index ow) const { return clamp(g_.w.cell(ow, 0)); }
  Index end_column(Index ow) const { return clamp(g_.w.cell(ow, g_.w.filter - 1) + 1); }
  void clear(Real* column, Index n0, Index n1) const {
    if (n1 - n0 == g_.m) {
      std::fill_n(column, g_.m * g_.h.in, Real{0});
    } else {
      for (Index h = 0; h < g_.h.in; ++h) std::fill_n(column + g_.m * h + n0, n1 - n0, Real{0});
    }
  }

  const PoolGeometry& g_;
  Kernel kernel_;
  WindowRuns runs_;
  bool fresh_;         // no two windows share a cell
  bool rows_covered_;  // and every cell of the columns under a window gets a share
};

// kernel(run, fresh, dz, a offset, da) over all windows. Where windows share no column, a task is
// some output columns; else it is a channel, or part of its examples where channels are few, and
// goes through its columns in rounds.
template <typename Real, typename Kernel>
void pool_backward(const PoolGeometry& g, const Real* dZ, Real* dA, Kernel kernel) {
  const bool apart = g.w.stride >= g.w.filter;
  // Of a task in a round, by an estimate that a single example may exceed tenfold.
  constexpr double kRoundWork = kLongTask / 5;
  constexpr Index kFewChannels = 8;
  constexpr Index kExamples = 32;  // whole vectors of any set
  const Index examples = !apart && g.C < kFewChannels ? std::min(kExamples, g.m) : g.m;
  const Index parts = examples == 0 ? 0 : ceil_div(g.m, examples);
  const double column_work = static_cast<double>(examples * g.h.out) * nanoseconds_per_window(g);
  const Index each =
      apart ? columns_per_task(g)
            : std::max<Index>(1, static_cast<Index>(kRoundWork / std::max(1.0, column_work)));
  const Index pieces = ceil_div(g.w.out, each);
  const double work = static_cast<double>(std::min(each, g.w.out)) * column_work;
  const Index rounds = apart ? 1 : pieces;
  const Index tasks = apart ? pieces * g.C : parts * g.C;
  for (Index round = 0; round < rounds; ++round) {
    parallel_for(tasks, work, [&](Index task, int) {
      const Index begin = (apart ? task % pieces : round) * each;
      const Index n0 = apart ? 0 : task % parts * examples;
      GradientTask<Real, Kernel> run(g, kernel);
      run(dZ, dA, task / (apart ? pieces : parts), begin, std::min(g.w.out, begin + each), n0,
          std::min(g.m, n0 + examples));
    });
  }
}

}  // namespace

template <typename Real>
void pool_max_forward(const PoolGeometry& g, const Real* A, Real* Z) {
  pool_forward(g, A, Z, -kInf, simd<Real>().pool.max);
}

template <typename Real>
void pool_average_forward(const PoolGeometry& g, const Real* A, Real* Z) {
  pool_forward(g, A, Z, kNaN, simd<Real>().pool.average);
}

template <typename Real>
void pool_max_backward(const PoolGeometry& g, Ties ties, const Real* dZ, const Real* A, Real* dA) {
  const auto kernel = ties == Ties::first ? simd<Real>().pool.max_first : simd<Real>().pool.max_all;
  pool_backward(g, dZ, dA, [=](const PoolRun& run, bool fresh, const Real* dz, Index a, Real* da) {
    kernel(run, fresh, dz, A + a, da);
  });
}

template <typename Real>
void pool_average_backward(const PoolGeometry& g, const Real* dZ, Real* dA) {
  const auto kernel = simd<Real>().pool.average_backward;
  pool_backward(g, dZ, dA, [=](const PoolRun& run, bool fresh, const Real* dz, Index, Real* da) {
    kernel(run, fresh, dz, da);
  });
}

#define CONVSTEP_MAKE(Real)                                                                    \
  template void pool_max_forward(const PoolGeometry&, const Real*, Real*);                     \
  template void pool_average_forward(const PoolGeometry&, const Real*, Real*);                 \
  template void pool_max_backward(const PoolGeometry&, Ties, const Real*, const Real*, Real*); \
  template void pool_average_backward(const PoolGeometry&, const Real*, Real*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
