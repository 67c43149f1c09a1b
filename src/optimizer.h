// The steps of the optimizers, parameter by parameter. All arrays have n cells; inputs are read
// only, results may not overlap them.
#pragma once

#include "geometry.h"

namespace convstep {

// What happens to a gradient g before the step: clamped to [-clip, clip], then multiplied by
// `scale`.
struct GradientRule {
  double clip, scale;
};

// sum(clamp(g)^2), in an order that does not depend on the number of threads.
double sum_of_squares(Index n, double clip, const double* g);

struct AdamRule {
  double lr, beta1, beta2, eps;
  double step;   // counts from 1
  double decay;  // parameters are first multiplied by 1 - lr * decay
};

// Kingma and Ba (2015), with the decoupled weight decay of Loshchilov and Hutter (2019).
void adam_step(Index n, const AdamRule& rule, const GradientRule& gradient, const double* param,
               const double* g, const double* m, const double* v, double* new_param, double* new_m,
               double* new_v);

struct SgdRule {
  double lr, momentum;
  bool nesterov;
  double decay;  // as in AdamRule
};

// u = momentum * u + g; then a step along u, or g + momentum * u with Nesterov's momentum.
void sgd_step(Index n, const SgdRule& rule, const GradientRule& gradient, const double* param,
              const double* g, const double* u, double* new_param, double* new_u);

}  // namespace convstep
