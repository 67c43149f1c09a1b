// Bodies of depthwise convolution; see depthwise_kernels.h for their contract, and pool_body.h, in
// front of which this must not stand, for the runs of windows.

template <int kTaps>
struct DepthwiseForward {
  Index taps;
  const Index* offset;
  const Real* w;
  Real bias;
  const Real* a;
  Real* z;
  template <typename At, typename AtZ>
  CONVSTEP_INLINE void operator()(At at, Index i, AtZ at_z, Index o) const {
    V sum = fill(bias);
    for_each_tap<kTaps>(
        0, taps, CONVSTEP_TAP { sum += at.get(a + i + offset[t]) * fill(w[t]); });
    at_z.put(z + o, sum);
  }
};

// At one tap, no two windows share a cell; tap after tap, they may.
template <int kTaps>
struct DepthwiseBackward {
  Index taps;
  const Index* offset;
  const Real* w;
  const Real* dz;
  Real* da;
  template <typename At, typename AtZ>
  CONVSTEP_INLINE void operator()(At at, Index i, AtZ at_z, Index o) const {
    const V slope = at_z.get(dz + o);
    for_each_tap<kTaps>(
        0, taps, CONVSTEP_TAP { give(false, at, da + i + offset[t], slope * fill(w[t])); });
  }
};

// All taps in registers at once.
template <int kTaps>
void depthwise_weights(const PoolRun& run, const Index* offset, const Real* dz, const Real* a,
                       double* dw) {
  V sums[kTaps] = {};
  double rest[kTaps] = {};
  for (Index r = 0; r < run.rows; ++r, a += run.a_step, dz += run.z_step) {
    Index e = 0;
    for (; e + kLanes <= run.count; e += kLanes) {
      const V slope = load(dz + e);
      CONVSTEP_UNROLL
      for (int t = 0; t < kTaps; ++t) sums[t] += slope * load(a + e + offset[t]);
    }
    for (; e < run.count; ++e) {
      for (int t = 0; t < kTaps; ++t) rest[t] += double(dz[e]) * double(a[e + offset[t]]);
    }
  }
  for (int t = 0; t < kTaps; ++t) dw[t] += sum_lanes(sums[t]) + rest[t];
}

void depthwise_forward_kernel(const PoolRun& run, const Real* w, double bias, const Real* a,
                              Real* z) {
  CONVSTEP_BY_TAPS(DepthwiseForward, run.taps, run.offset, w, static_cast<Real>(bias), a, z)
}
void depthwise_backward_kernel(const PoolRun& run, const Real* w, const Real* dz, Real* da) {
  CONVSTEP_BY_TAPS(DepthwiseBackward, run.taps, run.offset, w, dz, da)
}
void depthwise_weights_kernel(const PoolRun& run, const Real* dz, const Real* a, double* dw) {
  Index t = 0;
  for (; t + 9 <= run.taps; t += 9) depthwise_weights<9>(run, run.offset + t, dz, a, dw + t);
  for (; t + 3 <= run.taps; t += 3) depthwise_weights<3>(run, run.offset + t, dz, a, dw + t);
  for (; t < run.taps; ++t) depthwise_weights<1>(run, run.offset + t, dz, a, dw + t);
}

constexpr DepthwiseKernels<Real> depthwise_kernels() {
  return {depthwise_forward_kernel, depthwise_backward_kernel, depthwise_weights_kernel};
}

#undef CONVSTEP_BY_TAPS
#undef CONVSTEP_TAP
