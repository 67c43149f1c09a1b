// All instruction-set selection: one table of kernels per set, detected once, chosen at run time.
//
// Each simd_<set>.cpp includes every header first, then opens a region for its set and includes the
// bodies (simd_body.h and what that includes) inside an unnamed namespace, so that no function or
// template compiled for the set has weak linkage: the linker might keep that copy for everyone.
#pragma once

#include "simd/direct_kernels.h"
#include "simd/elementwise_kernels.h"
#include "simd/pool_kernels.h"
#include "simd/winograd_kernels.h"

namespace convstep {

struct SimdSet {
  const char* name;  // "avx512", "avx2" or "baseline"
  int lanes;         // doubles in a vector
  DirectKernels direct;
  WinogradKernels winograd;
  ElementwiseKernels elementwise;
  PoolKernels pool;
};

// The set in use: the widest that the processor has, unless another was selected.
const SimdSet& simd();

// False if there is no such set or the processor lacks it; then nothing changes.
bool select_simd(const char* name);

// The sets this processor can run, widest first; returns how many.
constexpr int kMaxSimdSets = 3;
int available_simd(const SimdSet* sets[kMaxSimdSets]);

}  // namespace convstep
