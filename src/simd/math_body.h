// Vector functions that the bodies share; see simd_body.h.

// The first `count` cells, zeros above.
CONVSTEP_INLINE V load_part(const Real* p, Index count) {
  Real cells[kLanes] = {};
  for (Index i = 0; i < count; ++i) cells[i] = p[i];
  return load(cells);
}

CONVSTEP_INLINE void store_part(Real* p, V v, Index count) {
  Real cells[kLanes];
  store(cells, v);
  for (Index i = 0; i < count; ++i) p[i] = cells[i];
}

CONVSTEP_INLINE V fill(Real x) { return broadcast(x); }
CONVSTEP_INLINE V absolute(V x) { return x < 0 ? -x : x; }

// Sum of the lanes, pairwise.
CONVSTEP_INLINE Real sum_lanes(V v) {
  Real cells[kLanes];
  store(cells, v);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) cells[i] += cells[i + half];
  }
  return cells[0];
}

// Interleaves blocks of B lanes: of a and b the even blocks, or with Odd the odd ones.
template <int B, bool Odd, int... L>
CONVSTEP_INLINE V interleave(V a, V b, std::integer_sequence<int, L...>) {
#if defined(__clang__)
  return __builtin_shufflevector(a, b, (((L & B) != 0 ? kLanes + L - B : L) + (Odd ? B : 0))...);
#else
  constexpr M lanes = {(((L & B) != 0 ? kLanes + L - B : L) + (Odd ? B : 0))...};
  return __builtin_shuffle(a, b, lanes);
#endif
}

template <int B>
CONVSTEP_INLINE void transpose_step(V (&rows)[kLanes]) {
  CONVSTEP_UNROLL for (int r = 0; r < kLanes; ++r) {
    if ((r & B) != 0) continue;
    const V a = rows[r];
    const V b = rows[r + B];
    rows[r] = interleave<B, false>(a, b, std::make_integer_sequence<int, kLanes>{});
    rows[r + B] = interleave<B, true>(a, b, std::make_integer_sequence<int, kLanes>{});
  }
}

// rows[i][j] becomes rows[j][i].
CONVSTEP_INLINE void transpose_square(V (&rows)[kLanes]) {
  transpose_step<1>(rows);
  if constexpr (kLanes > 2) transpose_step<2>(rows);
  if constexpr (kLanes > 4) transpose_step<4>(rows);
  if constexpr (kLanes > 8) transpose_step<8>(rows);
}

// exp(x) = 2^k exp(r), k a whole number, |r| <= log(2) / 2.
constexpr bool kDouble = sizeof(Real) == 8;
constexpr int kFraction = kDouble ? 52 : 23;  // bits
// Adding it to a number of moderate size leaves its nearest whole number in the low bits of the
// sum.
constexpr Real kShift = kDouble ? Real(0x1.8p52) : Real(0x1.8p23);
constexpr Real kLog2e = Real(1.4426950408889634);
// log(2) in two parts; k times the first is exact.
constexpr Real kLn2High = kDouble ? Real(0x1.62e42fefa0000p-1) : Real(0x1.62e4p-1);
constexpr Real kLn2Low = kDouble ? Real(0x1.cf79abc9e3b39p-40) : Real(0x1.7f7d1cf79abcap-20);

// exp(r) - 1 for |r| <= log(2) / 2: Taylor's series, as far as r^13 or, in floats, r^7; the first
// term left out is below 5e-18, or 6e-9, of it.
CONVSTEP_INLINE V expm1_core(V r) {
  V p;
  if constexpr (kDouble) {
    p = fill(Real(1.0 / 6227020800.0));
    p = p * r + fill(Real(1.0 / 479001600.0));
    p = p * r + fill(Real(1.0 / 39916800.0));
    p = p * r + fill(Real(1.0 / 3628800.0));
    p = p * r + fill(Real(1.0 / 362880.0));
    p = p * r + fill(Real(1.0 / 40320.0));
    p = p * r + fill(Real(1.0 / 5040.0));
  } else {
    p = fill(Real(1.0 / 5040.0));
  }
  p = p * r + fill(Real(1.0 / 720.0));
  p = p * r + fill(Real(1.0 / 120.0));
  p = p * r + fill(Real(1.0 / 24.0));
  p = p * r + fill(Real(1.0 / 6.0));
  p = p * r + fill(Real(0.5));
  return p * (r * r) + r;
}

// 2^k for a whole number k within the normal exponents, held in the low bits of k + kShift.
// Unsigned, as the bits of a NaN run over.
typedef Unsigned Bits __attribute__((vector_size(kLanes * sizeof(Real)), may_alias));
CONVSTEP_INLINE V power_of_two(V shifted) {
  constexpr Unsigned kOne = Unsigned{kDouble ? 1023 : 127} << kFraction;
  return reinterpret_cast<V>((reinterpret_cast<Bits>(shifted) << kFraction) + (Bits{} + kOne));
}

// exp(x) to the last place or so; 0 and infinity where it leaves the range; NaN for NaN.
CONVSTEP_INLINE V exponential(V x) {
  const V high = fill(kDouble ? Real(710) : Real(89));
  const V low = fill(kDouble ? Real(-746) : Real(-104));
  x = x > high ? high : x;
  x = x < low ? low : x;
  const V k = (x * kLog2e + kShift) - kShift;
  const V r = (x - k * kLn2High) - k * kLn2Low;
  const V p = expm1_core(r) + Real(1);
  // In two steps, as 2^k itself may be out of range where the result is not.
  const V first = k * Real(0.5) + kShift;
  return (p * power_of_two(first)) * power_of_two((k - (first - kShift)) + kShift);
}

// exp(x) - 1 for -64 <= x <= 0, without the loss of digits near 0; NaN for NaN.
CONVSTEP_INLINE V exponential_less_one(V x) {
  const V shifted = x * kLog2e + kShift;
  const V k = shifted - kShift;
  const V r = (x - k * kLn2High) - k * kLn2Low;
  const V scale = power_of_two(shifted);
  return expm1_core(r) * scale + (scale - Real(1));
}

#if defined(CONVSTEP_SQRT)
CONVSTEP_INLINE V square_root(V x) { return reinterpret_cast<V>(CONVSTEP_SQRT(x)); }
#else
CONVSTEP_INLINE V square_root(V x) {
  for (int i = 0; i < kLanes; ++i) x[i] = __builtin_sqrt(x[i]);
  return x;
}
#endif
