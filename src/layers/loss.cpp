#include "layers/loss.h"

#include <cmath>
#include <vector>

#include "layers/cost.h"

namespace convstep {

LossSum softmax_loss(Index m, Index K, const double* Z, const int* column, const double* weights,
                     double* dZ) {
  std::vector<double> log_sum(static_cast<std::size_t>(m));
  log_sum_exp(m, K, Z, log_sum.data());
  LossSum total{0, 0};
  for (Index i = 0; i < m; ++i) {
    const Index truth = column[i] - 1;
    const double weight = weights == nullptr ? 1 : weights[truth];
    const double all = log_sum[static_cast<std::size_t>(i)];
    const double own = Z[i + m * truth];
    bool largest = true;
    for (Index k = 0; k < K; ++k) {
      const double z = Z[i + m * k];
      largest = largest && (k < truth ? z < own : z <= own);
      if (dZ != nullptr) dZ[i + m * k] = weight * (std::exp(z - all) - (k == truth ? 1 : 0));
    }
    total.sum += weight * (all - own);
    total.correct += largest ? 1 : 0;
  }
  return total;
}

}  // namespace convstep
