#include "layers/batchnorm.h"

#include <algorithm>
#include <cmath>

#include "base/chunks.h"
#include "base/scalars.h"
#include "simd/simd.h"

namespace convstep {

namespace {

template <typename Real>
const ElementwiseKernels<Real>& kernels() {
  return simd<Real>().elementwise;
}

// run(channel, first cell, cells) over the pieces of each channel; cells are counted through all.
template <typename Run>
void for_each_chunk(const BatchnormShape& s, Run run) {
  const Index pieces = chunk_count(s.count);
  parallel_for(pieces * s.C, 0.3 * static_cast<double>(std::min(s.count, kChunk)),
               [&](Index task, int) {
                 const Index begin = task % pieces * kChunk;
                 const Index c = task / pieces;
                 run(c, s.count * c + begin, std::min(s.count - begin, kChunk));
               });
}

}  // namespace

// A task is a channel, which it takes chunk by chunk: the mean and the squared deviations from it
// while the chunk is in cache, then joined with those of the chunks before it (Chan, Golub and
// LeVeque 1979).
template <typename Real>
void batchnorm_statistics(const BatchnormShape& s, const Real* A, double* mean, double* variance) {
  parallel_for(s.C, 0.3 * static_cast<double>(s.count), [&](Index c, int) {
    const Real* a = A + s.count * c;
    double center = 0;
    double squares = 0;
    for (Index begin = 0; begin < s.count; begin += kChunk) {
      const Index end = std::min(s.count, begin + kChunk);
      const double n = static_cast<double>(end - begin);
      const double average = kernels<Real>().sum(end - begin, a + begin) / n;
      const double deviations = kernels<Real>().sum_squares(end - begin, average, a + begin);
      const double before = static_cast<double>(begin);
      const double shift = average - center;
      center += shift * (n / (before + n));
      squares += deviations;
      // Not in the first chunk, where an infinite square would meet 0.
      if (begin > 0) squares += shift * shift * (before * n / (before + n));
    }
    const double n = static_cast<double>(s.count);
    mean[c] = center * (n / n);  // NaN for no cells
    variance[c] = squares / n;
  });
}

template <typename Real>
void batchnorm_forward(const BatchnormShape& s, double epsilon, const Real* A, const double* gamma,
                       const double* beta, const double* mean, const double* variance, Real* Z) {
  for_each_chunk(s, [&](Index c, Index begin, Index cells) {
    const double scale = gamma[c] / std::sqrt(variance[c] + epsilon);
    kernels<Real>().normalise(cells, mean[c], scale, beta[c], A + begin, Z + begin);
  });
}

template <typename Real>
void batchnorm_backward(const BatchnormShape& s, double epsilon, bool training, const Real* dZ,
                        const Real* A, const double* gamma, const double* mean,
                        const double* variance, Real* dA, double* dgamma, double* dbeta) {
  parallel_for(s.C, 0.3 * static_cast<double>(s.count), [&](Index c, int) {
    const double inverse = 1 / std::sqrt(variance[c] + epsilon);
    double sums[2] = {0, 0};
    for (Index begin = 0; begin < s.count; begin += kChunk) {
      const Index at = s.count * c + begin;
      kernels<Real>().sum_products(std::min(s.count - begin, kChunk), mean[c], dZ + at, A + at,
                                   sums);
    }
    dbeta[c] = sums[0];
    dgamma[c] = s.count == 0 ? 0 : sums[1] * inverse;  // no cells have no variance
  });
  const double n = static_cast<double>(s.count);
  for_each_chunk(s, [&](Index c, Index begin, Index cells) {
    const double inverse = 1 / std::sqrt(variance[c] + epsilon);
    const double mean_dZ = training ? dbeta[c] / n : 0;
    const double slope = training ? dgamma[c] * inverse / n : 0;
    kernels<Real>().normalise_backward(cells, mean[c], gamma[c] * inverse, mean_dZ, slope,
                                       dZ + begin, A + begin, dA + begin);
  });
}

#define CONVSTEP_MAKE(Real)                                                                       \
  template void batchnorm_statistics(const BatchnormShape&, const Real*, double*, double*);       \
  template void batchnorm_forward(const BatchnormShape&, double, const Real*, const double*,      \
                                  const double*, const double*, const double*, Real*);            \
  template void batchnorm_backward(const BatchnormShape&, double, bool, const Real*, const Real*, \
                                   const double*, const double*, const double*, Real*, double*,   \
                                   double*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
