#include "layers/loss.h"

#include <algorithm>
#include <vector>

#include "base/scalars.h"
#include "base/threads.h"
#include "layers/cost.h"

namespace convstep {

namespace {

constexpr Index kRows = 1024;  // examples of one task

// The first class with the largest share, for example i.
Index true_class(Index m, Index K, const Targets& targets, Index i) {
  if (targets.column != nullptr) return targets.column[i] - 1;
  Index most = 0;
  for (Index k = 1; k < K; ++k) {
    if (targets.shares[i + m * k] > targets.shares[i + m * most]) most = k;
  }
  return most;
}

// Adds example i to `total`; its row of dZ holds the probabilities and becomes the gradient.
template <typename Real>
void add_example(Index m, Index K, Index i, const Real* Z, const Targets& targets,
                 const double* weights, double log_sum, Real* dZ, LossSum& total) {
  const Index truth = true_class(m, K, targets, i);
  const double uniform = targets.smoothing / static_cast<double>(K);
  // Weight times target of a class.
  const auto part = [&](Index k) {
    const double share = targets.column == nullptr ? targets.shares[i + m * k] : k == truth;
    return (weights == nullptr ? 1 : weights[k]) * ((1 - targets.smoothing) * share + uniform);
  };
  const Real own = Z[i + m * truth];
  double parts = 0;
  bool largest = true;
  for (Index k = 0; k < K; ++k) {
    const Real z = Z[i + m * k];
    largest = largest && (k < truth ? z < own : z <= own);
    const double p = part(k);
    parts += p;
    if (p != 0) total.sum += p * (log_sum - static_cast<double>(z));
  }
  total.correct += largest ? 1 : 0;
  if (dZ == nullptr) return;
  for (Index k = 0; k < K; ++k) {
    Real& dz = dZ[i + m * k];
    dz = parts == 0 ? 0 : static_cast<Real>(parts * (static_cast<double>(dz) - part(k) / parts));
  }
}

}  // namespace

template <typename Real>
LossSum softmax_loss(Index m, Index K, const Real* Z, const Targets& targets, const double* weights,
                     Real* dZ) {
  std::vector<double> log_sum(static_cast<std::size_t>(m));
  if (dZ == nullptr) {
    log_sum_exp(m, K, Z, log_sum.data());
  } else {
    softmax_log_sum(m, K, Z, dZ, log_sum.data());
  }
  const Index tasks = ceil_div(m, kRows);
  std::vector<LossSum> sums(static_cast<std::size_t>(tasks));
  parallel_for(tasks, 4.0 * static_cast<double>(std::min(m, kRows) * K), [&](Index task, int) {
    LossSum total{0, 0};
    const Index end = std::min(m, (task + 1) * kRows);
    for (Index i = task * kRows; i < end; ++i) {
      add_example(m, K, i, Z, targets, weights, log_sum[static_cast<std::size_t>(i)], dZ, total);
    }
    sums[static_cast<std::size_t>(task)] = total;
  });
  LossSum total{0, 0};
  for (const LossSum& sum : sums) {
    total.sum += sum.sum;
    total.correct += sum.correct;
  }
  return total;
}

#define CONVSTEP_MAKE(Real) \
  template LossSum softmax_loss(Index, Index, const Real*, const Targets&, const double*, Real*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
