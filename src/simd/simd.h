// All instruction-set selection: one table of kernels per set and scalar, detected once, chosen at
// run time.
//
// Each simd_<set>.cpp includes every header first, then opens a region for its set and includes the
// bodies (simd_body.h and what that includes) once for each scalar, inside an unnamed namespace, so
// that no function or template compiled for the set has weak linkage: the linker might keep that
// copy for everyone.
//
// `Real` is the scalar that is computed with, double or float. Its kernels are simd<Real>(); what
// is built on them, engines and layers, is a template over Real with explicit instantiations.
#pragma once

#include "simd/activation_kernels.h"
#include "simd/depthwise_kernels.h"
#include "simd/direct_kernels.h"
#include "simd/elementwise_kernels.h"
#include "simd/optimizer_kernels.h"
#include "simd/pool_kernels.h"
#include "simd/rows_kernels.h"
#include "simd/winograd_kernels.h"

namespace convstep {

constexpr int kMaxLanes = 16;  // of any set and scalar

template <typename Real>
struct SimdKernels {
  int lanes;  // of a vector
  DirectKernels<Real> direct;
  WinogradKernels<Real> winograd;
  ElementwiseKernels<Real> elementwise;
  PoolKernels<Real> pool;
  ActivationKernels<Real> activation;
  RowKernels<Real> rows;
  DepthwiseKernels<Real> depthwise;
};

struct SimdSet {
  const char* name;  // "avx512", "avx2" or "baseline"
  SimdKernels<double> on_double;
  SimdKernels<float> on_float;
  OptimizerKernels optimizer;
};

// The set in use: the widest that the processor has, unless another was selected.
const SimdSet& simd_set();

// Its kernels for a scalar.
template <typename Real>
const SimdKernels<Real>& simd();
template <>
inline const SimdKernels<double>& simd<double>() {
  return simd_set().on_double;
}
template <>
inline const SimdKernels<float>& simd<float>() {
  return simd_set().on_float;
}

// False if there is no such set or the processor lacks it; then nothing changes.
bool select_simd(const char* name);

// The sets this processor can run, widest first; returns how many.
constexpr int kMaxSimdSets = 3;
int available_simd(const SimdSet* sets[kMaxSimdSets]);

}  // namespace convstep
