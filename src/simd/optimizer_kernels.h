// Contract of the optimizers' kernels, of which each instruction set has its own; in double
// precision. n, alignment and overlap as in elementwise_kernels.h.
#pragma once

#include "base/geometry.h"

namespace convstep {

// What happens to a gradient g before a step of an optimizer: clamped to [-clip, clip], multiplied
// by `scale`, and `decay` times the parameter added (the gradient of decay / 2 times its square).
struct GradientRule {
  double clip, scale, decay;
};

struct AdamRule {
  double lr, beta1, beta2, eps;
  double step;   // counts from 1
  double decay;  // parameters are first multiplied by 1 - lr * decay
};

struct SgdRule {
  double lr, momentum;
  bool nesterov;
};

struct RmspropRule {
  double lr, rho, eps, momentum;
};

struct OptimizerKernels {
  // The sum of the squared gradient, clamped to [-clip, clip].
  double (*sum_clamped_squares)(Index n, double clip, const double* x);

  // The steps of layers/optimizer.h; `rate` and `root` are the bias corrections of Adam, `shrink`
  // the factor of the weight decay.
  void (*adam)(Index n, const AdamRule& rule, const GradientRule& gradient, double rate,
               double root, double shrink, const double* param, const double* g, const double* m,
               const double* v, double* new_param, double* new_m, double* new_v);
  void (*sgd)(Index n, const SgdRule& rule, const GradientRule& gradient, const double* param,
              const double* g, const double* u, double* new_param, double* new_u);
  void (*rmsprop)(Index n, const RmspropRule& rule, const GradientRule& gradient,
                  const double* param, const double* g, const double* v, const double* u,
                  double* new_param, double* new_v, double* new_u);
};

}  // namespace convstep
