#include "layers/optimizer.h"

#include <cmath>
#include <vector>

#include "base/chunks.h"
#include "simd/simd.h"

namespace convstep {

double sum_of_squares(Index n, double clip, const double* g) {
  std::vector<double> sums(static_cast<std::size_t>(chunk_count(n)));
  parallel_chunks(n, 0.2, [&](Index begin, Index end) {
    sums[static_cast<std::size_t>(begin / kChunk)] =
        simd_set().optimizer.sum_clamped_squares(end - begin, clip, g + begin);
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

void adam_step(Index n, const AdamRule& rule, const GradientRule& gradient, const double* param,
               const double* g, const double* m, const double* v, double* new_param, double* new_m,
               double* new_v) {
  const double rate = rule.lr / (1 - std::pow(rule.beta1, rule.step));
  const double root = 1 / std::sqrt(1 - std::pow(rule.beta2, rule.step));
  const double shrink = 1 - rule.lr * rule.decay;
  parallel_chunks(n, 1.5, [&](Index begin, Index end) {
    simd_set().optimizer.adam(end - begin, rule, gradient, rate, root, shrink, param + begin,
                              g + begin, m + begin, v + begin, new_param + begin, new_m + begin,
                              new_v + begin);
  });
}

void sgd_step(Index n, const SgdRule& rule, const GradientRule& gradient, const double* param,
              const double* g, const double* u, double* new_param, double* new_u) {
  parallel_chunks(n, 0.8, [&](Index begin, Index end) {
    simd_set().optimizer.sgd(end - begin, rule, gradient, param + begin, g + begin, u + begin,
                             new_param + begin, new_u + begin);
  });
}

void rmsprop_step(Index n, const RmspropRule& rule, const GradientRule& gradient,
                  const double* param, const double* g, const double* v, const double* u,
                  double* new_param, double* new_v, double* new_u) {
  parallel_chunks(n, 1.5, [&](Index begin, Index end) {
    simd_set().optimizer.rmsprop(end - begin, rule, gradient, param + begin, g + begin, v + begin,
                                 u + begin, new_param + begin, new_v + begin, new_u + begin);
  });
}

}  // namespace convstep
