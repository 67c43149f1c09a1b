#include "conv/depthwise.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/chunks.h"
#include "base/scalars.h"
#include "base/windows.h"
#include "simd/simd.h"

namespace convstep {

namespace {

double nanoseconds_per_window(const ConvGeometry& g) {
  return 0.2 + 0.1 * static_cast<double>(real_taps(g.h) * real_taps(g.w));
}

// The filter's weights under the taps of a run, in their order; flipped, those of the filter turned
// by half.
template <typename Real>
class RunWeights {
 public:
  RunWeights(const ConvGeometry& g, bool flipped)
      : g_(g), flipped_(flipped), w_(static_cast<std::size_t>(real_taps(g.h) * real_taps(g.w))) {}

  const Real* of(const Band& band, const double* filter) {
    Real* to = w_.data();
    for (Index i = band.tap_h; i < band.tap_h + band.taps_h; ++i) {
      for (Index j = band.tap_w; j < band.tap_w + band.taps_w; ++j) {
        const Index tap = i + g_.h.filter * j;
        *to++ = static_cast<Real>(filter[flipped_ ? g_.taps() - 1 - tap : tap]);
      }
    }
    return w_.data();
  }

 private:
  const ConvGeometry& g_;
  bool flipped_;
  std::vector<Real> w_;
};

// Filters k reads channel k / per_channel.
Index filters_per_channel(const ConvGeometry& g) { return g.K / g.C; }

// Z of all filters, by columns.
template <typename Real>
void correlate(const ConvGeometry& g, const Real* A, const double* F, const double* b, bool flipped,
               Real* Z) {
  const Index columns = g.w.out * g.K;
  const Index each = std::max<Index>(1, kChunk / std::max<Index>(1, g.m * g.h.out));
  const double work = static_cast<double>(each * g.m * g.h.out) * nanoseconds_per_window(g);
  parallel_for(ceil_div(columns, each), work, [&](Index task, int) {
    WindowRuns runs(g.m, g.h, g.w);
    RunWeights<Real> weights(g, flipped);
    for (Index column = task * each; column < std::min(columns, (task + 1) * each); ++column) {
      const Index k = column / g.w.out;
      const Real* a = A + g.m * g.h.in * g.w.in * (k / filters_per_channel(g));
      const double bias = b == nullptr ? 0 : b[k];
      for_each_band(g.h, g.w, column % g.w.out, [&](const Band& band) {
        Real* z = Z + g.m * (band.begin + g.h.out * column);
        const PoolRun run = runs.of(band, 0, g.m);
        if (run.taps == 0) {
          std::fill_n(z, g.m * (band.end - band.begin), static_cast<Real>(bias));
        } else {
          simd<Real>().depthwise.forward(run, weights.of(band, F + g.taps() * k), bias,
                                         a + g.m * (band.first_row + g.h.in * band.first_column),
                                         z);
        }
      });
    }
  });
}

// visit(band, run, offset in Z, offset in A) for the windows of filter k over examples [n0, n1).
template <typename Visit>
void for_each_run(const ConvGeometry& g, WindowRuns& runs, Index k, Index n0, Index n1,
                  Visit visit) {
  const Index channel = g.m * g.h.in * g.w.in * (k / filters_per_channel(g));
  for (Index ow = 0; ow < g.w.out; ++ow) {
    for_each_band(g.h, g.w, ow, [&](const Band& band) {
      const PoolRun run = runs.of(band, n0, n1);
      if (run.taps == 0) return;
      visit(band, run, g.m * (band.begin + g.h.out * (ow + g.w.out * k)) + n0,
            channel + g.m * (band.first_row + g.h.in * band.first_column) + n0);
    });
  }
}

// With stride 1 and one filter a channel, dA is the correlation of dZ with the filter turned by
// half: each cell gathers what is due to it.
bool gathers(const ConvGeometry& g) {
  const auto fits = [](const Axis& axis) {
    return axis.stride == 1 && axis.pad_lo <= axis.dilation * (axis.filter - 1) &&
           axis.pad_hi <= axis.dilation * (axis.filter - 1);
  };
  return g.K == g.C && fits(g.h) && fits(g.w);
}

ConvGeometry turned(const ConvGeometry& g) {
  const auto axis = [](const Axis& from) {
    const Index span = from.dilation * (from.filter - 1);
    return Axis{from.out,           from.filter,        1,      from.dilation,
                span - from.pad_lo, span - from.pad_hi, from.in};
  };
  ConvGeometry back = g;
  back.h = axis(g.h);
  back.w = axis(g.w);
  return back;
}

// Else each window gives its cells their shares. A task is a channel, or some of its examples.
template <typename Real>
void scatter(const ConvGeometry& g, const Real* dZ, const double* F, Real* dA) {
  constexpr Index kExamples = 32;  // whole vectors of any set
  const Index examples = g.C < 16 ? std::min(kExamples, g.m) : g.m;
  const Index parts = ceil_div(g.m, examples);
  const double work = static_cast<double>(examples * g.h.out * g.w.out * filters_per_channel(g)) *
                      nanoseconds_per_window(g);
  parallel_for(g.C * parts, work, [&](Index task, int) {
    WindowRuns runs(g.m, g.h, g.w);
    RunWeights<Real> weights(g, false);
    const Index c = task / parts;
    const Index n0 = task % parts * examples;
    const Index n1 = std::min(g.m, n0 + examples);
    for (Index cell = 0; cell < g.h.in * g.w.in; ++cell) {
      std::fill_n(dA + g.m * (cell + g.h.in * g.w.in * c) + n0, n1 - n0, Real{0});
    }
    const Index each = filters_per_channel(g);
    for (Index k = c * each; k < (c + 1) * each; ++k) {
      for_each_run(g, runs, k, n0, n1, [&](const Band& band, const PoolRun& run, Index z, Index a) {
        simd<Real>().depthwise.backward(run, weights.of(band, F + g.taps() * k), dZ + z, dA + a);
      });
    }
  });
}

// dW and db of each filter; a task is a filter.
template <typename Real>
void weight_gradients(const ConvGeometry& g, const Real* dZ, const Real* A, double* dW,
                      double* db) {
  const Index cells = g.m * g.h.out * g.w.out;
  const double work = static_cast<double>(cells) * nanoseconds_per_window(g);
  parallel_for(g.K, work, [&](Index k, int) {
    if (db != nullptr) {
      db[k] = 0;
      for (Index begin = 0; begin < cells; begin += kChunk) {
        db[k] +=
            simd<Real>().elementwise.sum(std::min(cells - begin, kChunk), dZ + cells * k + begin);
      }
    }
    if (dW == nullptr) return;
    WindowRuns runs(g.m, g.h, g.w);
    std::vector<double> sums(static_cast<std::size_t>(real_taps(g.h) * real_taps(g.w)));
    double* filter = dW + g.taps() * k;
    std::fill_n(filter, g.taps(), 0.0);
    for_each_run(g, runs, k, 0, g.m, [&](const Band& band, const PoolRun& run, Index z, Index a) {
      std::fill(sums.begin(), sums.end(), 0.0);
      simd<Real>().depthwise.weights(run, dZ + z, A + a, sums.data());
      const double* sum = sums.data();
      for (Index i = band.tap_h; i < band.tap_h + band.taps_h; ++i) {
        for (Index j = band.tap_w; j < band.tap_w + band.taps_w; ++j) {
          filter[i + g.h.filter * j] += *sum++;
        }
      }
    });
  });
}

bool has_padding(const ConvGeometry& g) {
  return g.h.pad_lo + g.h.pad_hi + g.w.pad_lo + g.w.pad_hi > 0;
}

bool all_finite(Index n, const double* x) {
  return std::all_of(x, x + n, [](double value) { return std::isfinite(value); });
}

// Where the definition multiplies the zeros of the padding, skipping them is right for finite
// factors only.
template <typename Real>
ConvEngine<Real, Real> careful() {
  return conv_direct<Real, Real>();
}

}  // namespace

bool is_depthwise(const ConvGeometry& g) { return g.groups == g.C && g.C > 1 && g.K < 4 * g.C; }

template <typename Real>
void depthwise_forward(const ConvGeometry& g, const Real* A, const double* F, const double* b,
                       Real* Z) {
  if (has_padding(g) && !all_finite(g.w_size(), F)) return careful<Real>().forward(g, A, F, b, Z);
  correlate(g, A, F, b, false, Z);
}

template <typename Real>
void depthwise_backward(const ConvGeometry& g, const Real* dZ, const Real* A, const double* F,
                        Real* dA, double* dW, double* db) {
  if (dW != nullptr || db != nullptr) {
    std::vector<double> own(static_cast<std::size_t>(db == nullptr ? g.K : 0));
    double* sums = db == nullptr ? own.data() : db;
    weight_gradients(g, dZ, A, dW, sums);
    // A sum over what is not finite is not finite either.
    if (dW != nullptr && has_padding(g) && !all_finite(g.K, sums)) {
      careful<Real>().backward(g, dZ, A, F, nullptr, dW, db);
    }
  }
  if (dA == nullptr) return;
  if (gathers(g)) {
    correlate(turned(g), dZ, F, static_cast<const double*>(nullptr), true, dA);
  } else {
    scatter(g, dZ, F, dA);
  }
}

#define CONVSTEP_MAKE(Real)                                                                       \
  template void depthwise_forward(const ConvGeometry&, const Real*, const double*, const double*, \
                                  Real*);                                                         \
  template void depthwise_backward(const ConvGeometry&, const Real*, const Real*, const double*,  \
                                   Real*, double*, double*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
