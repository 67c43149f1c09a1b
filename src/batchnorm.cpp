#include "batchnorm.h"

#include <algorithm>
#include <cmath>

#include "threads.h"

namespace convstep {

namespace {

constexpr Index kChunk = 16384;

Index chunks(const BatchnormShape& s) { return (s.count + kChunk - 1) / kChunk; }

// run(channel, first cell, end cell) over the cells in chunks; cells are counted through all
// channels.
template <typename Run>
void for_each_chunk(const BatchnormShape& s, double nanoseconds_per_cell, Run run) {
  parallel_for(chunks(s) * s.C, nanoseconds_per_cell * kChunk, [&](Index task, int) {
    const Index c = task / chunks(s);
    const Index begin = task % chunks(s) * kChunk;
    run(c, s.count * c + begin, s.count * c + std::min(s.count, begin + kChunk));
  });
}

}  // namespace

// A task is a channel, which it takes chunk by chunk: the mean and the squared deviations from it
// while the chunk is in cache, then joined with those of the chunks before it (Chan, Golub and
// LeVeque 1979).
void batchnorm_statistics(const BatchnormShape& s, const double* A, double* mean,
                          double* variance) {
  parallel_for(s.C, static_cast<double>(s.count), [&](Index c, int) {
    const double* a = A + s.count * c;
    double center = 0;
    double squares = 0;
    for (Index begin = 0; begin < s.count; begin += kChunk) {
      const Index end = std::min(s.count, begin + kChunk);
      const double n = static_cast<double>(end - begin);
      double sum = 0;
      for (Index i = begin; i < end; ++i) sum += a[i];
      double deviations = 0;
      for (Index i = begin; i < end; ++i) deviations += (a[i] - sum / n) * (a[i] - sum / n);
      const double before = static_cast<double>(begin);
      const double shift = sum / n - center;
      center += shift * (n / (before + n));
      squares += deviations + shift * shift * (before * n / (before + n));
    }
    const double n = static_cast<double>(s.count);
    mean[c] = center * (n / n);  // NaN for no cells
    variance[c] = squares / n;
  });
}

void batchnorm_forward(const BatchnormShape& s, double epsilon, const double* A,
                       const double* gamma, const double* beta, const double* mean,
                       const double* variance, double* Z) {
  for_each_chunk(s, 0.7, [&](Index c, Index begin, Index end) {
    const double scale = gamma[c] / std::sqrt(variance[c] + epsilon);
    for (Index i = begin; i < end; ++i) Z[i] = (A[i] - mean[c]) * scale + beta[c];
  });
}

void batchnorm_backward(const BatchnormShape& s, double epsilon, bool training, const double* dZ,
                        const double* A, const double* gamma, const double* mean,
                        const double* variance, double* dA, double* dgamma, double* dbeta) {
  parallel_for(s.C, static_cast<double>(s.count), [&](Index c, int) {
    const double inverse = 1 / std::sqrt(variance[c] + epsilon);
    double sum = 0;
    double product = 0;
    for (Index i = s.count * c; i < s.count * (c + 1); ++i) {
      sum += dZ[i];
      product += dZ[i] * (A[i] - mean[c]);
    }
    dbeta[c] = sum;
    dgamma[c] = product * inverse;
  });
  const double n = static_cast<double>(s.count);
  for_each_chunk(s, 1, [&](Index c, Index begin, Index end) {
    const double inverse = 1 / std::sqrt(variance[c] + epsilon);
    const double scale = gamma[c] * inverse;
    const double mean_dZ = training ? dbeta[c] / n : 0;
    const double slope = training ? dgamma[c] * inverse / n : 0;
    for (Index i = begin; i < end; ++i) {
      dA[i] = scale * (dZ[i] - mean_dZ - (A[i] - mean[c]) * slope);
    }
  });
}

}  // namespace convstep
