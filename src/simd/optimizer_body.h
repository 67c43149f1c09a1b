// Bodies of the optimizers' kernels; see optimizer_kernels.h for their contract and simd_body.h for
// what they may use. Included for doubles only: parameters and the optimizer's state are doubles
// whatever the net computes with.

// NaN stays NaN.
CONVSTEP_INLINE V clamp(V x, double clip) {
  x = x > clip ? fill(clip) : x;
  return x < -clip ? fill(-clip) : x;
}

struct ClampedSquare {
  double clip;
  CONVSTEP_INLINE V operator()(V x) const {
    x = clamp(x, clip);
    return x * x;
  }
};

double sum_clamped_squares_kernel(Index n, double clip, const double* x) {
  return reduce(n, x, ClampedSquare{clip});
}

// A vector of gradients as the steps see it.
CONVSTEP_INLINE V slope_of(const GradientRule& gradient, V g, V param) {
  return clamp(g, gradient.clip) * gradient.scale + gradient.decay * param;
}

// One vector of the step, at the pointers given.
template <typename Access>
CONVSTEP_INLINE void adam_vector(const AdamRule& rule, const GradientRule& gradient, double rate,
                                 double root, double shrink, const double* param, const double* g,
                                 const double* m, const double* v, double* new_param, double* new_m,
                                 double* new_v, Access at) {
  const V slope = slope_of(gradient, at(g), at(param));
  const V mean = rule.beta1 * at(m) + (1.0 - rule.beta1) * slope;
  const V square = rule.beta2 * at(v) + (1.0 - rule.beta2) * (slope * slope);
  at(new_m, mean);
  at(new_v, square);
  at(new_param, shrink * at(param) - rate * mean / (square_root(square) * root + rule.eps));
}

void adam_kernel(Index n, const AdamRule& rule, const GradientRule& gradient, double rate,
                 double root, double shrink, const double* param, const double* g, const double* m,
                 const double* v, double* new_param, double* new_m, double* new_v) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    adam_vector(rule, gradient, rate, root, shrink, param + i, g + i, m + i, v + i, new_param + i,
                new_m + i, new_v + i, Whole{});
  }
  if (i < n) {
    adam_vector(rule, gradient, rate, root, shrink, param + i, g + i, m + i, v + i, new_param + i,
                new_m + i, new_v + i, Part{n - i});
  }
}

template <typename Access>
CONVSTEP_INLINE void sgd_vector(const SgdRule& rule, const GradientRule& gradient,
                                const double* param, const double* g, const double* u,
                                double* new_param, double* new_u, Access at) {
  const V slope = slope_of(gradient, at(g), at(param));
  const V speed = rule.momentum * at(u) + slope;
  at(new_u, speed);
  const V step = rule.nesterov ? slope + rule.momentum * speed : speed;
  at(new_param, at(param) - rule.lr * step);
}

void sgd_kernel(Index n, const SgdRule& rule, const GradientRule& gradient, const double* param,
                const double* g, const double* u, double* new_param, double* new_u) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    sgd_vector(rule, gradient, param + i, g + i, u + i, new_param + i, new_u + i, Whole{});
  }
  if (i < n) {
    sgd_vector(rule, gradient, param + i, g + i, u + i, new_param + i, new_u + i, Part{n - i});
  }
}

template <typename Access>
CONVSTEP_INLINE void rmsprop_vector(const RmspropRule& rule, const GradientRule& gradient,
                                    const double* param, const double* g, const double* v,
                                    const double* u, double* new_param, double* new_v,
                                    double* new_u, Access at) {
  const V slope = slope_of(gradient, at(g), at(param));
  const V square = rule.rho * at(v) + (1.0 - rule.rho) * (slope * slope);
  const V speed = rule.momentum * at(u) + slope / (square_root(square) + rule.eps);
  at(new_v, square);
  at(new_u, speed);
  at(new_param, at(param) - rule.lr * speed);
}

void rmsprop_kernel(Index n, const RmspropRule& rule, const GradientRule& gradient,
                    const double* param, const double* g, const double* v, const double* u,
                    double* new_param, double* new_v, double* new_u) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    rmsprop_vector(rule, gradient, param + i, g + i, v + i, u + i, new_param + i, new_v + i,
                   new_u + i, Whole{});
  }
  if (i < n) {
    rmsprop_vector(rule, gradient, param + i, g + i, v + i, u + i, new_param + i, new_v + i,
                   new_u + i, Part{n - i});
  }
}

constexpr OptimizerKernels kOptimizerKernels = {sum_clamped_squares_kernel, adam_kernel, sgd_kernel,
                                                rmsprop_kernel};
