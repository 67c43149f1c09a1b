// Bodies of the pooling kernels; see pool_kernels.h for their contract and simd_body.h for what
// they may use. Vectors lie along the windows of a row; what is left over at the ends of the rows,
// all of it where batches are small, is gathered into vectors window by window. kTaps is the number
// of taps where that is known when compiling (then the loops over taps are unrolled and the offsets
// stay in registers), else 0.

// Windows that lie side by side.
struct Beside {
  CONVSTEP_INLINE V get(const Real* p) const { return load(p); }
  CONVSTEP_INLINE void put(Real* p, V x) const { store(p, x); }
};

// The cells p[index[0]], p[index[1]], ... in one vector; as a list, which compilers turn into a
// tree of inserts, where lane by lane would be a chain.
template <int... L>
CONVSTEP_INLINE V gather_cells(const Real* p, const Index* index,
                               std::integer_sequence<int, L...>) {
  return V{p[index[L]]...};
}

// Windows at these distances from p. A window may stand in several lanes: then they do the same.
struct Apart {
  Index index[kLanes];
  CONVSTEP_INLINE V get(const Real* p) const {
    return gather_cells(p, index, std::make_integer_sequence<int, kLanes>{});
  }
  CONVSTEP_INLINE void put(Real* p, V x) const {
    CONVSTEP_UNROLL
    for (int lane = 0; lane < kLanes; ++lane) p[index[lane]] = x[lane];
  }
};

// visit(t) for the taps from `first`.
template <int kTaps, typename Visit>
CONVSTEP_INLINE void for_each_tap(Index first, Index taps, Visit visit) {
  if constexpr (kTaps > 0) {
    CONVSTEP_UNROLL
    for (Index t = first; t < kTaps; ++t) visit(t);
  } else {
    for (Index t = first; t < taps; ++t) visit(t);
  }
}
#define CONVSTEP_TAP [&](Index t) __attribute__((always_inline))

// Adds to the cells, or stores.
template <typename At>
CONVSTEP_INLINE void give(bool fresh, At at, Real* p, V share) {
  at.put(p, fresh ? share : at.get(p) + share);
}

// Visits all windows: body(access to a, offset in a, access to z, offset in z) for each vector.
template <typename Body>
CONVSTEP_INLINE void for_each_window(const PoolRun& run, Body body) {
  const Index rest = run.count % kLanes;
  const Index whole = run.count - rest;
  for (Index r = 0; r < run.rows; ++r) {
    for (Index e = 0; e < whole; e += kLanes) {
      body(Beside{}, r * run.a_step + e, Beside{}, r * run.z_step + e);
    }
  }
  Index r = 0;
  Index e = whole;
  while (rest > 0 && r < run.rows) {
    Apart a;
    Apart z;
    for (int lane = 0; lane < kLanes; ++lane) {
      a.index[lane] = r * run.a_step + e;
      z.index[lane] = r * run.z_step + e;
      const bool last = r == run.rows - 1 && e == run.count - 1;
      if (last && lane < kLanes - 1) continue;  // the last window fills the remaining lanes
      if (++e == run.count) {
        e = whole;
        ++r;
      }
    }
    body(a, Index{0}, z, Index{0});
  }
}

// A NaN, once met, stays.
template <int kTaps, typename At>
CONVSTEP_INLINE V window_max(Index taps, const Index* offset, At at, const Real* a) {
  V best = at.get(a + offset[0]);
  for_each_tap<kTaps>(
      1, taps, CONVSTEP_TAP {
        const V x = at.get(a + offset[t]);
        best = ((best >= x) | (best != best)) ? best : x;
      });
  return best;
}

template <int kTaps>
struct Max {
  Index taps;
  const Index* offset;
  const Real* a;
  Real* z;
  template <typename At, typename AtZ>
  CONVSTEP_INLINE void operator()(At at, Index i, AtZ at_z, Index o) const {
    at_z.put(z + o, window_max<kTaps>(taps, offset, at, a + i));
  }
};

template <int kTaps>
struct Average {
  Index taps;
  const Index* offset;
  const Real* a;
  Real* z;
  template <typename At, typename AtZ>
  CONVSTEP_INLINE void operator()(At at, Index i, AtZ at_z, Index o) const {
    V sum = at.get(a + i + offset[0]);
    for_each_tap<kTaps>(
        1, taps, CONVSTEP_TAP { sum += at.get(a + i + offset[t]); });
    at_z.put(z + o, sum / static_cast<Real>(taps));
  }
};

template <int kTaps>
struct MaxFirst {
  Index taps;
  const Index* offset;
  bool fresh;
  const Real* dz;
  const Real* a;
  Real* da;
  template <typename At, typename AtZ>
  CONVSTEP_INLINE void operator()(At at, Index i, AtZ at_z, Index o) const {
    V best = at.get(a + i + offset[0]);
    V where{};  // the tap of the best
    for_each_tap<kTaps>(
        1, taps, CONVSTEP_TAP {
          const V x = at.get(a + i + offset[t]);
          const auto stay = (best >= x) | (best != best);
          best = stay ? best : x;
          where = stay ? where : fill(static_cast<Real>(t));
        });
    const V gradient = at_z.get(dz + o);
    for_each_tap<kTaps>(
        0, taps, CONVSTEP_TAP {
          give(fresh, at, da + i + offset[t], where == static_cast<Real>(t) ? gradient : V{});
        });
  }
};

template <int kTaps>
struct MaxAll {
  Index taps;
  const Index* offset;
  bool fresh;
  const Real* dz;
  const Real* a;
  Real* da;
  template <typename At, typename AtZ>
  CONVSTEP_INLINE void operator()(At at, Index i, AtZ at_z, Index o) const {
    const V best = window_max<kTaps>(taps, offset, at, a + i);
    const V gradient = at_z.get(dz + o);
    for_each_tap<kTaps>(
        0, taps, CONVSTEP_TAP {
          const V x = at.get(a + i + offset[t]);
          const V is_best = x == best ? fill(1) : V{};
          give(fresh, at, da + i + offset[t], (best == best ? is_best : best) * gradient);
        });
  }
};

template <int kTaps>
struct AverageBackward {
  Index taps;
  const Index* offset;
  bool fresh;
  const Real* dz;
  Real* da;
  template <typename At, typename AtZ>
  CONVSTEP_INLINE void operator()(At at, Index i, AtZ at_z, Index o) const {
    const V share = at_z.get(dz + o) / static_cast<Real>(taps);
    for_each_tap<kTaps>(
        0, taps, CONVSTEP_TAP { give(fresh, at, da + i + offset[t], share); });
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

void max_kernel(const PoolRun& run, const Real* a, Real* z) {
  CONVSTEP_BY_TAPS(Max, run.taps, run.offset, a, z)
}
void average_kernel(const PoolRun& run, const Real* a, Real* z) {
  CONVSTEP_BY_TAPS(Average, run.taps, run.offset, a, z)
}
void max_first_kernel(const PoolRun& run, bool fresh, const Real* dz, const Real* a, Real* da) {
  CONVSTEP_BY_TAPS(MaxFirst, run.taps, run.offset, fresh, dz, a, da)
}
void max_all_kernel(const PoolRun& run, bool fresh, const Real* dz, const Real* a, Real* da) {
  CONVSTEP_BY_TAPS(MaxAll, run.taps, run.offset, fresh, dz, a, da)
}
void average_backward_kernel(const PoolRun& run, bool fresh, const Real* dz, Real* da) {
  CONVSTEP_BY_TAPS(AverageBackward, run.taps, run.offset, fresh, dz, da)
}

constexpr PoolKernels<Real> pool_kernels() {
  return {max_kernel, average_kernel, max_first_kernel, max_all_kernel, average_backward_kernel};
}
