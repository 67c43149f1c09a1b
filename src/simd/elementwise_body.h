// Bodies of the elementwise kernels; see elementwise_kernels.h for their contract and simd_body.h
// for what they may use. The last, partial vector goes through the same operations as the others.

// Access to a whole vector, or to the first `count` cells of the last one.
struct Whole {
  CONVSTEP_INLINE V operator()(const Real* p) const { return load(p); }
  CONVSTEP_INLINE void operator()(Real* p, V v) const { store(p, v); }
};

struct Part {
  Index count;
  CONVSTEP_INLINE V operator()(const Real* p) const { return load_part(p, count); }
  CONVSTEP_INLINE void operator()(Real* p, V v) const { store_part(p, v, count); }
};

// y = f(x) for a functor f on vectors.
template <typename F>
CONVSTEP_INLINE void map(Index n, const Real* x, Real* y, F f) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(x + i)));
  if (i < n) store_part(y + i, f(load_part(x + i, n - i)), n - i);
}

template <typename F>
CONVSTEP_INLINE void map2(Index n, const Real* a, const Real* b, Real* y, F f) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(a + i), load(b + i)));
  if (i < n) store_part(y + i, f(load_part(a + i, n - i), load_part(b + i, n - i)), n - i);
}

// The sum of f(x) over n cells: four partial sums a lane, joined in a fixed order.
template <typename F>
CONVSTEP_INLINE double reduce(Index n, const Real* x, F f) {
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
    const V y = (x < 0 ? e : fill(1)) / (Real(1) + e);
    return x == x ? y : x;
  }
};

// s (1 - s) = e / (1 + e)^2 with e = exp(-|x|), which loses no digits where s is near 1.
struct SigmoidBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    const V e = exponential(-absolute(x));
    const V dx = dy * (e / ((Real(1) + e) * (Real(1) + e)));
    return dy == dy ? dx : dy;
  }
};

// tanh(x) = -t / (2 + t) with t = exp(-2 x) - 1 for x >= 0; beyond 20 it is 1 in Real precision.
struct Tanh {
  CONVSTEP_INLINE V operator()(V x) const {
    V a = absolute(x);
    a = a > 20 ? fill(20) : a;
    const V t = exponential_less_one(Real(-2) * a);
    const V y = -t / (Real(2) + t);
    // +0 and -0 come through as they are, and so does NaN.
    return x > 0.0 ? y : (x < 0 ? -y : x);
  }
};

// 1 - tanh(x)^2 = 4 e / (1 + e)^2 with e = exp(-2 |x|), which loses no digits far from 0.
struct TanhBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    const V e = exponential(Real(-2) * absolute(x));
    const V dx = dy * (Real(4) * e / ((Real(1) + e) * (Real(1) + e)));
    return dy == dy ? dx : dy;
  }
};

struct Relu {
  CONVSTEP_INLINE V operator()(V x) const { return x < 0 ? V{} : x; }
};

struct ReluBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const { return x < 0 ? V{} : dy; }
};

struct LeakyRelu {
  Real slope;
  CONVSTEP_INLINE V operator()(V x) const { return x < 0 ? slope * x : x; }
};

struct LeakyReluBackward {
  Real slope;
  CONVSTEP_INLINE V operator()(V dy, V x) const { return x < 0 ? slope * dy : dy; }
};

void sigmoid_kernel(Index n, const Real* x, Real* y) { map(n, x, y, Sigmoid{}); }
void tanh_kernel(Index n, const Real* x, Real* y) { map(n, x, y, Tanh{}); }
void relu_kernel(Index n, const Real* x, Real* y) { map(n, x, y, Relu{}); }
void leaky_relu_kernel(Index n, double slope, const Real* x, Real* y) {
  map(n, x, y, LeakyRelu{Real(slope)});
}
void sigmoid_backward_kernel(Index n, const Real* dy, const Real* x, Real* dx) {
  map2(n, dy, x, dx, SigmoidBackward{});
}
void tanh_backward_kernel(Index n, const Real* dy, const Real* x, Real* dx) {
  map2(n, dy, x, dx, TanhBackward{});
}
void relu_backward_kernel(Index n, const Real* dy, const Real* x, Real* dx) {
  map2(n, dy, x, dx, ReluBackward{});
}
void leaky_relu_backward_kernel(Index n, double slope, const Real* dy, const Real* x, Real* dx) {
  map2(n, dy, x, dx, LeakyReluBackward{Real(slope)});
}

// One vector of rows. The columns lie m apart.
template <typename Access>
CONVSTEP_INLINE void softmax_vector(Index m, Index K, const Real* X, Real* shift, Real* sum,
                                    Real* P, Access at) {
  V most = at(X);
  for (Index k = 1; k < K; ++k) {
    const V x = at(X + m * k);
    most = ((x > most) | (most != most)) ? x : most;
  }
  // Where the largest value is not finite there is nothing to shift.
  const V s = most - most == 0 ? most : V{};
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

void softmax_rows_kernel(Index rows, Index m, Index K, const Real* X, Real* shift, Real* sum,
                         Real* P) {
  for (Index i = 0; i < rows; i += kLanes) {
    Real* p = P == nullptr ? nullptr : P + i;
    if (i + kLanes <= rows) {
      softmax_vector(m, K, X + i, shift + i, sum + i, p, Whole{});
    } else {
      softmax_vector(m, K, X + i, shift + i, sum + i, p, Part{rows - i});
    }
  }
}

struct Normalise {
  Real center, scale, add;
  CONVSTEP_INLINE V operator()(V x) const { return (x - center) * scale + add; }
};

struct NormaliseBackward {
  Real center, scale, mean, slope;
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    return scale * (dy - mean - (x - center) * slope);
  }
};

void normalise_kernel(Index n, double center, double scale, double add, const Real* x, Real* y) {
  map(n, x, y, Normalise{Real(center), Real(scale), Real(add)});
}
void normalise_backward_kernel(Index n, double center, double scale, double mean, double slope,
                               const Real* dy, const Real* x, Real* dx) {
  map2(n, dy, x, dx, NormaliseBackward{Real(center), Real(scale), Real(mean), Real(slope)});
}

struct Divide {
  Real by;
  CONVSTEP_INLINE V operator()(V x) const { return x / by; }
};

void divide_kernel(Index n, double by, const Real* x, Real* y) { map(n, x, y, Divide{Real(by)}); }

struct Identity {
  CONVSTEP_INLINE V operator()(V x) const { return x; }
};

struct SquaredDeviation {
  Real center;
  CONVSTEP_INLINE V operator()(V x) const { return (x - center) * (x - center); }
};

double sum_kernel(Index n, const Real* x) { return reduce(n, x, Identity{}); }
double sum_squares_kernel(Index n, double center, const Real* x) {
  return reduce(n, x, SquaredDeviation{Real(center)});
}
void sum_products_kernel(Index n, double around, const Real* dy, const Real* x, double* sums) {
  const Real center = Real(around);
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

void mask_kernel(Index n, double factor, const int* mask, const Real* x, Real* y) {
  const Real scale = Real(factor);
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    V kept;
    CONVSTEP_UNROLL
    for (int lane = 0; lane < kLanes; ++lane) kept[lane] = Real(mask[i + lane]);
    store(y + i, load(x + i) * (kept * scale));
  }
  for (; i < n; ++i) y[i] = x[i] * (Real(mask[i]) * scale);
}

constexpr ElementwiseKernels<Real> elementwise_kernels() {
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
          divide_kernel,
          sum_kernel,
          sum_squares_kernel,
          sum_products_kernel,
          mask_kernel};
}
