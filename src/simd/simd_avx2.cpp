#include "simd/simd_sets.h"
#include "simd/unaligned_moves.h"

#if CONVSTEP_X86_SETS

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

namespace convstep {
namespace {

namespace on_double {
using Real = double;
constexpr int kLanes = 4;
#define CONVSTEP_STREAM __builtin_ia32_movntpd256
#define CONVSTEP_SQRT _mm256_sqrt_pd
#include "simd/simd_body.h"

#include "simd/optimizer_body.h"
}  // namespace on_double

namespace on_float {
using Real = float;
constexpr int kLanes = 8;
#define CONVSTEP_STREAM __builtin_ia32_movntps256
#define CONVSTEP_SQRT _mm256_sqrt_ps
#include "simd/simd_body.h"
}  // namespace on_float

}  // namespace
}  // namespace convstep

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace convstep {
const SimdSet kAvx2Set = {"avx2", on_double::kKernels, on_float::kKernels,
                          on_double::kOptimizerKernels};
}  // namespace convstep

#endif
