// The steps of the optimizers, parameter by parameter. All arrays have n cells; inputs are read
// only, results may not overlap them.
#pragma once

#include "simd/optimizer_kernels.h"

namespace convstep {

// sum(clamp(g)^2), in an order that does not depend on the number of threads.
double sum_of_squares(Index n, double clip, const double* g);

// Kingma and Ba (2015), with the decoupled weight decay of Loshchilov and Hutter (2019).
void adam_step(Index n, const AdamRule& rule, const GradientRule& gradient, const double* param,
               const double* g, const double* m, const double* v, double* new_param, double* new_m,
               double* new_v);

// Tieleman and Hinton (2012), with a momentum: v = rho * v + (1 - rho) * g^2,
// u = momentum * u + g / (sqrt(v) + eps), and a step along u.
void rmsprop_step(Index n, const RmspropRule& rule, const GradientRule& gradient,
                  const double* param, const double* g, const double* v, const double* u,
                  double* new_param, double* new_v, double* new_u);

// u = momentum * u + g; then a step along u, or g + momentum * u with Nesterov's momentum.
void sgd_step(Index n, const SgdRule& rule, const GradientRule& gradient, const double* param,
              const double* g, const double* u, double* new_param, double* new_u);

}  // namespace convstep
