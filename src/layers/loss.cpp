#include "layers/loss.h"

#include <vector>

#include "base/scalars.h"
#include "layers/cost.h"

namespace convstep {

template <typename Real>
LossSum softmax_loss(Index m, Index K, const Real* Z, const int* column, const double* weights,
                     Real* dZ) {
  std::vector<double> log_sum(static_cast<std::size_t>(m));
  if (dZ == nullptr) {
    log_sum_exp(m, K, Z, log_sum.data());
  } else {
    softmax_log_sum(m, K, Z, dZ, log_sum.data());
  }
  LossSum total{0, 0};
  for (Index i = 0; i < m; ++i) {
    const Index truth = column[i] - 1;
    const double weight = weights == nullptr ? 1 : weights[truth];
    const Real own = Z[i + m * truth];
    bool largest = true;
    for (Index k = 0; k < K; ++k) {
      const Real z = Z[i + m * k];
      largest = largest && (k < truth ? z < own : z <= own);
    }
    if (dZ != nullptr) {
      dZ[i + m * truth] -= 1;
      for (Index k = 0; k < K && weight != 1; ++k) dZ[i + m * k] *= static_cast<Real>(weight);
    }
    total.sum += weight * (log_sum[static_cast<std::size_t>(i)] - static_cast<double>(own));
    total.correct += largest ? 1 : 0;
  }
  return total;
}

template <typename Real>
LossSum shared_softmax_loss(Index m, Index K, const Real* Z, const double* q, const double* weights,
                            Real* dZ) {
  std::vector<double> log_sum(static_cast<std::size_t>(m));
  if (dZ == nullptr) {
    log_sum_exp(m, K, Z, log_sum.data());
  } else {
    softmax_log_sum(m, K, Z, dZ, log_sum.data());
  }
  LossSum total{0, 0};
  for (Index i = 0; i < m; ++i) {
    Index highest = 0;
    Index truth = 0;
    double all = 0;
    for (Index k = 0; k < K; ++k) {
      if (Z[i + m * k] > Z[i + m * highest]) highest = k;
      if (q[i + m * k] > q[i + m * truth]) truth = k;
      const double share = (weights == nullptr ? 1 : weights[k]) * q[i + m * k];
      const double z = static_cast<double>(Z[i + m * k]);
      // A share of nothing adds nothing, even where the output is infinite.
      if (share > 0) total.sum += share * (log_sum[static_cast<std::size_t>(i)] - z);
      all += share;
    }
    for (Index k = 0; k < K && dZ != nullptr; ++k) {
      const double share = (weights == nullptr ? 1 : weights[k]) * q[i + m * k];
      dZ[i + m * k] = static_cast<Real>(all * static_cast<double>(dZ[i + m * k]) - share);
    }
    total.correct += highest == truth ? 1 : 0;
  }
  return total;
}

#define CONVSTEP_MAKE(Real)                                                                     \
  template LossSum softmax_loss(Index, Index, const Real*, const int*, const double*, Real*);   \
  template LossSum shared_softmax_loss(Index, Index, const Real*, const double*, const double*, \
                                       Real*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
