// Bodies of the elementwise kernels; see elementwise_kernels.h for their contract and simd_body.h
// for what they may use. The last, partial vector goes through the same operations as the others.

// Access to a whole vector, or to the first `count` cells of the last one.
struct Whole {
  CONVSTEP_INLINE V operator()(const double* p) const { return load(p); }
  CONVSTEP_INLINE void operator()(double* p, V v) const { store(p, v); }
};

struct Part {
  Index count;
  CONVSTEP_INLINE V operator()(const double* p) const { return load_part(p, count); }
  CONVSTEP_INLINE void operator()(double* p, V v) const { store_part(p, v, count); }
};

// y = f(x) for a functor f on vectors.
template <typename F>
CONVSTEP_INLINE void map(Index n, const double* x, double* y, F f) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(x + i)));
  if (i < n) store_part(y + i, f(load_part(x + i, n - i)), n - i);
}

template <typename F>
CONVSTEP_INLINE void map2(Index n, const double* a, const double* b, double* y, F f) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(a + i), load(b + i)));
  if (i < n) store_part(y + i, f(load_part(a + i, n - i), load_part(b + i, n - i)), n - i);
}

// The sum of f(x) over n cells: four partial sums a lane, joined in a fixed order.
template <typename F>
CONVSTEP_INLINE double reduce(Index n, const double* x, F f) {
  V s0{}, s1{}, s2{}, s3{};
  Index i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    s0 += f(load(x + i));
    s1 += f(load(x + i + kLanes));
    s2 += f(load(x + i + 2 * kLanes));
    s3 += f(load(x + i + 3 * kLanes));
  }
  for (; i + kLanes <= n; i += kLanes) s0 += f(load(x + i));
  double tail = 0;
  for (; i < n; ++i) tail += f(fill(x[i]))[0];
  return sum_lanes((s0 + s1) + (s2 + s3)) + tail;
}

struct Sigmoid {
  CONVSTEP_INLINE V operator()(V x) const {
    const V e = exponential(-absolute(x));
    const V y = (x < 0.0 ? e : fill(1.0)) / (1.0 + e);
    return x == x ? y : x;
  }
};

// s (1 - s) = e / (1 + e)^2 with e = exp(-|x|), which loses no digits where s is near 1.
struct SigmoidBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    const V e = exponential(-absolute(x));
    const V dx = dy * (e / ((1.0 + e) * (1.0 + e)));
    return dy == dy ? dx : dy;
  }
};

// tanh(x) = -t / (2 + t) with t = exp(-2 x) - 1 for x >= 0; beyond 20 it is 1 in double precision.
struct Tanh {
  CONVSTEP_INLINE V operator()(V x) const {
    V a = absolute(x);
    a = a > 20.0 ? fill(20.0) : a;
    const V t = exponential_less_one(-2.0 * a);
    const V y = -t / (2.0 + t);
    // +0 and -0 come through as they are, and so does NaN.
    return x > 0.0 ? y : (x < 0.0 ? -y : x);
  }
};

// 1 - tanh(x)^2 = 4 e / (1 + e)^2 with e = exp(-2 |x|), which loses no digits far from 0.
struct TanhBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    const V e = exponential(-2.0 * absolute(x));
    const V dx = dy * (4.0 * e / ((1.0 + e) * (1.0 + e)));
    return dy == dy ? dx : dy;
  }
};

struct Relu {
  CONVSTEP_INLINE V operator()(V x) const { return x < 0.0 ? V{} : x; }
};

struct ReluBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const { return x < 0.0 ? V{} : dy; }
};

struct LeakyRelu {
  double slope;
  CONVSTEP_INLINE V operator()(V x) const { return x < 0.0 ? slope * x : x; }
};

struct LeakyReluBackward {
  double slope;
  CONVSTEP_INLINE V operator()(V dy, V x) const { return x < 0.0 ? slope * dy : dy; }
};

void sigmoid_kernel(Index n, const double* x, double* y) { map(n, x, y, Sigmoid{}); }
void tanh_kernel(Index n, const double* x, double* y) { map(n, x, y, Tanh{}); }
void relu_kernel(Index n, const double* x, double* y) { map(n, x, y, Relu{}); }
void leaky_relu_kernel(Index n, double slope, const double* x, double* y) {
  map(n, x, y, LeakyRelu{slope});
}
void sigmoid_backward_kernel(Index n, const double* dy, const double* x, double* dx) {
  map2(n, dy, x, dx, SigmoidBackward{});
}
void tanh_backward_kernel(Index n, const double* dy, const double* x, double* dx) {
  map2(n, dy, x, dx, TanhBackward{});
}
void relu_backward_kernel(Index n, const double* dy, const double* x, double* dx) {
  map2(n, dy, x, dx, ReluBackward{});
}
void leaky_relu_backward_kernel(Index n, double slope, const double* dy, const double* x,
                                double* dx) {
  map2(n, dy, x, dx, LeakyReluBackward{slope});
}

// One vector of rows. The columns lie m apart.
template <typename Access>
CONVSTEP_INLINE void softmax_vector(Index m, Index K, const double* X, double* shift, double* sum,
                                    double* P, Access at) {
  V most = at(X);
  for (Index k = 1; k < K; ++k) {
    const V x = at(X + m * k);
    most = ((x > most) | (most != most)) ? x : most;
  }
  // Where the largest value is not finite there is nothing to shift.
  const V s = most - most == 0.0 ? most : V{};
  V total{};
  for (Index k = 0; k < K; ++k) {
    const V e = exponential(at(X + m * k) - s);
    total += e;
    if (P != nullptr) at(P + m * k, e);
  }
  at(shift, s);
  at(sum, total);
  if (P == nullptr) return;
  for (Index k = 0; k < K; ++k) at(P + m * k, at(P + m * k) / total);
}

void softmax_rows_kernel(Index rows, Index m, Index K, const double* X, double* shift, double* sum,
                         double* P) {
  for (Index i = 0; i < rows; i += kLanes) {
    double* p = P == nullptr ? nullptr : P + i;
    if (i + kLanes <= rows) {
      softmax_vector(m, K, X + i, shift + i, sum + i, p, Whole{});
    } else {
      softmax_vector(m, K, X + i, shift + i, sum + i, p, Part{rows - i});
    }
  }
}

struct Normalise {
  double center, scale, add;
  CONVSTEP_INLINE V operator()(V x) const { return (x - center) * scale + add; }
};

struct NormaliseBackward {
  double center, scale, mean, slope;
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    return scale * (dy - mean - (x - center) * slope);
  }
};

void normalise_kernel(Index n, double center, double scale, double add, const double* x,
                      double* y) {
  map(n, x, y, Normalise{center, scale, add});
}
void normalise_backward_kernel(Index n, double center, double scale, double mean, double slope,
                               const double* dy, const double* x, double* dx) {
  map2(n, dy, x, dx, NormaliseBackward{center, scale, mean, slope});
}

struct Identity {
  CONVSTEP_INLINE V operator()(V x) const { return x; }
};

struct SquaredDeviation {
  double center;
  CONVSTEP_INLINE V operator()(V x) const { return (x - center) * (x - center); }
};

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

double sum_kernel(Index n, const double* x) { return reduce(n, x, Identity{}); }
double sum_squares_kernel(Index n, double center, const double* x) {
  return reduce(n, x, SquaredDeviation{center});
}
double sum_clamped_squares_kernel(Index n, double clip, const double* x) {
  return reduce(n, x, ClampedSquare{clip});
}

void sum_products_kernel(Index n, double center, const double* dy, const double* x, double* sums) {
  V s0{}, s1{}, p0{}, p1{};
  Index i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const V a = load(dy + i);
    const V b = load(dy + i + kLanes);
    s0 += a;
    s1 += b;
    p0 += a * (load(x + i) - center);
    p1 += b * (load(x + i + kLanes) - center);
  }
  double sum = sum_lanes(s0 + s1);
  double product = sum_lanes(p0 + p1);
  for (; i < n; ++i) {
    sum += dy[i];
    product += dy[i] * (x[i] - center);
  }
  sums[0] += sum;
  sums[1] += product;
}

void mask_kernel(Index n, double scale, const int* mask, const double* x, double* y) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    V kept;
    CONVSTEP_UNROLL
    for (int lane = 0; lane < kLanes; ++lane) kept[lane] = mask[i + lane];
    store(y + i, load(x + i) * (kept * scale));
  }
  for (; i < n; ++i) y[i] = x[i] * (mask[i] * scale);
}

// One vector of the step, at the pointers given.
template <typename Access>
CONVSTEP_INLINE void adam_vector(const AdamRule& rule, const GradientRule& gradient, double rate,
                                 double root, double shrink, const double* param, const double* g,
                                 const double* m, const double* v, double* new_param, double* new_m,
                                 double* new_v, Access at) {
  const V slope = clamp(at(g), gradient.clip) * gradient.scale;
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
CONVSTEP_INLINE void sgd_vector(const SgdRule& rule, const GradientRule& gradient, double shrink,
                                const double* param, const double* g, const double* u,
                                double* new_param, double* new_u, Access at) {
  const V slope = clamp(at(g), gradient.clip) * gradient.scale;
  const V speed = rule.momentum * at(u) + slope;
  at(new_u, speed);
  const V step = rule.nesterov ? slope + rule.momentum * speed : speed;
  at(new_param, shrink * at(param) - rule.lr * step);
}

void sgd_kernel(Index n, const SgdRule& rule, const GradientRule& gradient, double shrink,
                const double* param, const double* g, const double* u, double* new_param,
                double* new_u) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    sgd_vector(rule, gradient, shrink, param + i, g + i, u + i, new_param + i, new_u + i, Whole{});
  }
  if (i < n) {
    sgd_vector(rule, gradient, shrink, param + i, g + i, u + i, new_param + i, new_u + i,
               Part{n - i});
  }
}

constexpr ElementwiseKernels elementwise_kernels() {
  return {sigmoid_kernel,
          tanh_kernel,
          relu_kernel,
          leaky_relu_kernel,
          sigmoid_backward_kernel,
          tanh_backward_kernel,
          relu_backward_kernel,
          leaky_relu_backward_kernel,
          softmax_rows_kernel,
          normalise_kernel,
          normalise_backward_kernel,
          sum_kernel,
          sum_squares_kernel,
          sum_clamped_squares_kernel,
          sum_products_kernel,
          mask_kernel,
          adam_kernel,
          sgd_kernel};
}
