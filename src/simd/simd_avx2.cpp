#include "simd/simd_sets.h"

#if CONVSTEP_X86_SETS

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

namespace convstep {
namespace {

constexpr int kLanes = 4;
constexpr char kName[] = "avx2";
#define CONVSTEP_STREAM __builtin_ia32_movntpd256
#define CONVSTEP_SQRT _mm256_sqrt_pd
#include "simd/simd_body.h"

}  // namespace
}  // namespace convstep

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace convstep {
const SimdSet kAvx2Set = kSet;
}  // namespace convstep

#endif
