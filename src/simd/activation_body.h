// Bodies of the activations; see activation_kernels.h for their contract and simd_body.h for what
// they may use. Each is a functor for either direction and an entry in the table at the end.

// exp(x^2) erfc(x) for 0 <= x <= 40: (1 + 2 x) times it as a series of Chebyshev polynomials in
// (x - 3.75) / (x + 3.75), an expansion of Shepherd and Laframboise (1981), Chebyshev approximation
// of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity, Mathematics of Computation 36, 249-253. The
// first term left out is below 3e-18 or, in floats, 5e-9.
constexpr double kErfc[] = {
    1.17757893456740175,      -0.00459005458064647733,  -0.0842491333665179156,
    0.0592099399981918905,    -0.0266586684353057523,   0.00907499767070526509,
    -0.00241316354041760819,  0.000490775836525808632,  -0.0000691697330250120637,
    4.13902798607301017e-6,   7.74038306619849067e-7,   -2.18864010492343957e-7,
    1.07649994656709104e-8,   4.5219598112182869e-9,    -7.75440020883135111e-10,
    -6.31808834088668449e-11, 2.8687950109306699e-11,   1.94558685457773472e-13,
    -9.65469674843343891e-13, 3.25254814814873984e-14,  3.34781194828680539e-14,
    -1.8645628804193131e-15,  -1.25079505306886471e-15, 7.41823525662404346e-17,
    5.06814890479611132e-17};
CONVSTEP_INLINE V scaled_erfc(V x) {
  constexpr int kTerms = kDouble ? 25 : 13;
  const V u = (x - Real(3.75)) / (x + Real(3.75));
  V b1{};
  V b2{};
  for (int j = kTerms - 1; j > 0; --j) {  // Clenshaw's recurrence
    const V b0 = Real(2) * u * b1 - b2 + Real(kErfc[j]);
    b2 = b1;
    b1 = b0;
  }
  return (u * b1 - b2 + Real(kErfc[0])) / (Real(1) + Real(2) * x);
}

// The normal distribution function of x, with all digits of small values, given exp(-x^2 / 2).
CONVSTEP_INLINE V normal_probability(V x, V density) {
  const V tail = Real(0.5) * scaled_erfc(absolute(x) * Real(0.70710678118654752440)) * density;
  return x < 0 ? tail : Real(1) - tail;
}

// x, but no farther out than where exp(-x^2 / 2) has long been 0: there is no 0 times infinity
// then.
CONVSTEP_INLINE V at_least(V x, Real low) { return x < low ? fill(low) : x; }
CONVSTEP_INLINE V at_most(V x, Real high) { return x > high ? fill(high) : x; }

// log(1 + e) for 0 <= e <= 1: twice the inverse hyperbolic tangent of s = e / (2 + e), whose series
// in s^2 <= 1/9 ends when a term is below 1e-17 or, in floats, 1e-8.
CONVSTEP_INLINE V log_one_plus(V e) {
  constexpr int kTerms = kDouble ? 17 : 8;
  const V s = e / (Real(2) + e);
  const V square = s * s;
  V sum = fill(Real(1) / Real(2 * kTerms + 1));
  for (int j = kTerms - 1; j >= 0; --j) sum = sum * square + Real(1) / Real(2 * j + 1);
  return Real(2) * s * sum;
}

// The logistic function, as Sigmoid has it, and 1 less it, both with all their digits.
CONVSTEP_INLINE void logistic(V x, V& value, V& rest) {
  const V e = exponential(-absolute(x));
  const V large = Real(1) / (Real(1) + e);
  const V small = e * large;
  value = x < 0 ? small : large;
  rest = x < 0 ? large : small;
}

struct Elu {
  CONVSTEP_INLINE V operator()(V x) const {
    const V below = exponential_less_one(at_least(at_most(x, 0), Real(-64)));
    return x < 0 ? below : x;
  }
};

struct EluBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const { return dy * exponential(at_most(x, 0)); }
};

struct Gelu {
  CONVSTEP_INLINE V operator()(V x) const {
    const V within = at_least(x, Real(-40));
    const V inner = at_most(within, Real(40));
    return within * normal_probability(inner, exponential(Real(-0.5) * inner * inner));
  }
};

// P(x) + x p(x), where p is the density that P is the integral of.
struct GeluBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    const V inner = at_most(at_least(x, Real(-40)), Real(40));
    const V density = exponential(Real(-0.5) * inner * inner);
    const V slope = inner * density * Real(0.39894228040143267794);
    return dy * (normal_probability(inner, density) + slope);
  }
};

struct Silu {
  CONVSTEP_INLINE V operator()(V x) const {
    V value, rest;
    logistic(x, value, rest);
    return at_least(x, Real(-800)) * value;
  }
};

struct SiluBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    V value, rest;
    logistic(x, value, rest);
    return dy * (value * (Real(1) + at_most(at_least(x, Real(-800)), Real(800)) * rest));
  }
};

struct HardSwish {
  CONVSTEP_INLINE V operator()(V x) const {
    const V inner = at_most(at_least(x, Real(-3)), Real(3));
    const V y = inner * (inner + Real(3)) / Real(6);
    return x > 3 ? x : y;
  }
};

struct HardSwishBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    const V inside = x / Real(3) + Real(0.5);
    return dy * (x >= 3 ? fill(1) : (x < -3 ? V{} : inside));
  }
};

struct Softplus {
  CONVSTEP_INLINE V operator()(V x) const {
    return (x < 0 ? V{} : x) + log_one_plus(exponential(-absolute(x)));
  }
};

struct SoftplusBackward {
  CONVSTEP_INLINE V operator()(V dy, V x) const { return dy * Sigmoid{}(x); }
};

struct Relu6 {
  CONVSTEP_INLINE V operator()(V x) const { return x < 0 ? V{} : at_most(x, Real(6)); }
};

// Nothing passes at 0 or 6 itself.
struct Relu6Backward {
  CONVSTEP_INLINE V operator()(V dy, V x) const {
    const V slope = ((x <= 0) | (x >= 6)) ? V{} : fill(1);
    return dy * (x == x ? slope : x);
  }
};

template <typename F>
void activation_kernel(Index n, const Real* x, Real* y) {
  map(n, x, y, F{});
}
template <typename F>
void activation_backward_kernel(Index n, const Real* dy, const Real* x, Real* dx) {
  map2(n, dy, x, dx, F{});
}

constexpr ActivationKernels<Real> activation_kernels() {
  return {
      {{"elu", 1, activation_kernel<Elu>, activation_backward_kernel<EluBackward>},
       {"gelu", 3, activation_kernel<Gelu>, activation_backward_kernel<GeluBackward>},
       {"silu", 1, activation_kernel<Silu>, activation_backward_kernel<SiluBackward>},
       {"hard_swish", 0.5, activation_kernel<HardSwish>,
        activation_backward_kernel<HardSwishBackward>},
       {"softplus", 2, activation_kernel<Softplus>, activation_backward_kernel<SoftplusBackward>},
       {"relu6", 0.25, activation_kernel<Relu6>, activation_backward_kernel<Relu6Backward>}}};
}
