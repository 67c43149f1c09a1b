#include "optimizer.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "threads.h"

namespace convstep {

namespace {

constexpr Index kChunk = 8192;

Index chunks(Index n) { return (n + kChunk - 1) / kChunk; }

template <typename Run>
void for_each_chunk(Index n, double nanoseconds_per_cell, Run run) {
  parallel_for(chunks(n), nanoseconds_per_cell * kChunk,
               [&](Index task, int) { run(task * kChunk, std::min(n, (task + 1) * kChunk)); });
}

// NaN stays NaN.
double clamp(double g, double clip) { return g > clip ? clip : (g < -clip ? -clip : g); }

}  // namespace

double sum_of_squares(Index n, double clip, const double* g) {
  std::vector<double> sums(static_cast<std::size_t>(chunks(n)));
  for_each_chunk(n, 0.5, [&](Index begin, Index end) {
    double sum = 0;
    for (Index i = begin; i < end; ++i) sum += clamp(g[i], clip) * clamp(g[i], clip);
    sums[static_cast<std::size_t>(begin / kChunk)] = sum;
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
  for_each_chunk(n, 2, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const double gi = clamp(g[i], gradient.clip) * gradient.scale;
      new_m[i] = rule.beta1 * m[i] + (1 - rule.beta1) * gi;
      new_v[i] = rule.beta2 * v[i] + (1 - rule.beta2) * (gi * gi);
      new_param[i] = shrink * param[i] - rate * new_m[i] / (std::sqrt(new_v[i]) * root + rule.eps);
    }
  });
}

void sgd_step(Index n, const SgdRule& rule, const GradientRule& gradient, const double* param,
              const double* g, const double* u, double* new_param, double* new_u) {
  const double shrink = 1 - rule.lr * rule.decay;
  for_each_chunk(n, 1, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const double gi = clamp(g[i], gradient.clip) * gradient.scale;
      new_u[i] = rule.momentum * u[i] + gi;
      const double step = rule.nesterov ? gi + rule.momentum * new_u[i] : new_u[i];
      new_param[i] = shrink * param[i] - rule.lr * step;
    }
  });
}

}  // namespace convstep
