// Bodies of the pooling kernels; see pool_kernels.h for their contract and simd_body.h for what
// they may use. Vectors lie along the windows of a row; the last, partial vector of a row is done
// window by window, by the same code on T = double. kTaps is the number of taps where that is known
// when compiling (then the loops over taps are unrolled and the offsets stay in registers), else 0.

// A template argument loses the type's alignment, so V is not read through T.
template <typename T>
CONVSTEP_INLINE T get(const double* p) {
  if constexpr (sizeof(T) == sizeof(double)) {
    return *p;
  } else {
    return load(p);
  }
}
template <typename T>
CONVSTEP_INLINE void put(double* p, T x) {
  if constexpr (sizeof(T) == sizeof(double)) {
    *p = x;
  } else {
    store(p, x);
  }
}

template <typename T>
CONVSTEP_INLINE void give(bool fresh, double* p, T share) {
  put<T>(p, fresh ? share : get<T>(p) + share);
}

// Visits all windows: body.template at<T>(a offset, z offset) for a vector or a single window.
template <typename Body>
CONVSTEP_INLINE void for_each_window(const PoolRun& run, Body body) {
  for (Index r = 0; r < run.rows; ++r) {
    const Index a = r * run.a_step;
    const Index z = r * run.z_step;
    Index e = 0;
    for (; e + kLanes <= run.count; e += kLanes) body.template at<V>(a + e, z + e);
    for (; e < run.count; ++e) body.template at<double>(a + e, z + e);
  }
}

// A NaN, once met, stays.
template <int kTaps, typename T>
CONVSTEP_INLINE T window_max(Index taps, const Index* offset, const double* a) {
  T best = get<T>(a + offset[0]);
  CONVSTEP_UNROLL
  for (Index t = 1; t < (kTaps > 0 ? kTaps : taps); ++t) {
    const T x = get<T>(a + offset[t]);
    best = ((best >= x) | (best != best)) ? best : x;
  }
  return best;
}

template <int kTaps>
struct Max {
  Index taps;
  const Index* offset;
  const double* a;
  double* z;
  template <typename T>
  CONVSTEP_INLINE void at(Index i, Index o) const {
    put<T>(z + o, window_max<kTaps, T>(taps, offset, a + i));
  }
};

template <int kTaps>
struct Average {
  Index taps;
  const Index* offset;
  const double* a;
  double* z;
  template <typename T>
  CONVSTEP_INLINE void at(Index i, Index o) const {
    T sum = get<T>(a + i + offset[0]);
    CONVSTEP_UNROLL
    for (Index t = 1; t < (kTaps > 0 ? kTaps : taps); ++t) sum += get<T>(a + i + offset[t]);
    put<T>(z + o, sum / static_cast<double>(taps));
  }
};

template <int kTaps>
struct MaxFirst {
  Index taps;
  const Index* offset;
  bool fresh;
  const double* dz;
  const double* a;
  double* da;
  template <typename T>
  CONVSTEP_INLINE void at(Index i, Index o) const {
    const Index n = kTaps > 0 ? kTaps : taps;
    T best = get<T>(a + i + offset[0]);
    T where{};  // the tap of the best
    CONVSTEP_UNROLL
    for (Index t = 1; t < n; ++t) {
      const T x = get<T>(a + i + offset[t]);
      const auto stay = (best >= x) | (best != best);
      best = stay ? best : x;
      where = stay ? where : T{} + static_cast<double>(t);
    }
    const T gradient = get<T>(dz + o);
    CONVSTEP_UNROLL
    for (Index t = 0; t < n; ++t) {
      give<T>(fresh, da + i + offset[t], where == static_cast<double>(t) ? gradient : T{});
    }
  }
};

template <int kTaps>
struct MaxAll {
  Index taps;
  const Index* offset;
  bool fresh;
  const double* dz;
  const double* a;
  double* da;
  template <typename T>
  CONVSTEP_INLINE void at(Index i, Index o) const {
    const T best = window_max<kTaps, T>(taps, offset, a + i);
    const T gradient = get<T>(dz + o);
    CONVSTEP_UNROLL
    for (Index t = 0; t < (kTaps > 0 ? kTaps : taps); ++t) {
      const T x = get<T>(a + i + offset[t]);
      const T is_best = x == best ? T{} + 1.0 : T{};
      give<T>(fresh, da + i + offset[t], (best == best ? is_best : best) * gradient);
    }
  }
};

template <int kTaps>
struct AverageBackward {
  Index taps;
  const Index* offset;
  bool fresh;
  const double* dz;
  double* da;
  template <typename T>
  CONVSTEP_INLINE void at(Index i, Index o) const {
    const T share = get<T>(dz + o) / static_cast<double>(taps);
    CONVSTEP_UNROLL
    for (Index t = 0; t < (kTaps > 0 ? kTaps : taps); ++t) {
      give<T>(fresh, da + i + offset[t], share);
    }
  }
};

// Windows of 2x2 and 3x3 cells, the most common, have loops of their own.
#define CONVSTEP_BY_TAPS(Body, ...)                      \
  switch (run.taps) {                                    \
    case 4:                                              \
      return for_each_window(run, Body<4>{__VA_ARGS__}); \
    case 9:                                              \
      return for_each_window(run, Body<9>{__VA_ARGS__}); \
    default:                                             \
      return for_each_window(run, Body<0>{__VA_ARGS__}); \
  }

void max_kernel(const PoolRun& run, const double* a, double* z) {
  CONVSTEP_BY_TAPS(Max, run.taps, run.offset, a, z)
}
void average_kernel(const PoolRun& run, const double* a, double* z) {
  CONVSTEP_BY_TAPS(Average, run.taps, run.offset, a, z)
}
void max_first_kernel(const PoolRun& run, bool fresh, const double* dz, const double* a,
                      double* da) {
  CONVSTEP_BY_TAPS(MaxFirst, run.taps, run.offset, fresh, dz, a, da)
}
void max_all_kernel(const PoolRun& run, bool fresh, const double* dz, const double* a, double* da) {
  CONVSTEP_BY_TAPS(MaxAll, run.taps, run.offset, fresh, dz, a, da)
}
void average_backward_kernel(const PoolRun& run, bool fresh, const double* dz, double* da) {
  CONVSTEP_BY_TAPS(AverageBackward, run.taps, run.offset, fresh, dz, da)
}

#undef CONVSTEP_BY_TAPS

constexpr PoolKernels pool_kernels() {
  return {max_kernel, average_kernel, max_first_kernel, max_all_kernel, average_backward_kernel};
}
