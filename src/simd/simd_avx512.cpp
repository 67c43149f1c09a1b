#include "simd/simd_sets.h"
#include "simd/unaligned_moves.h"

#if CONVSTEP_X86_SETS

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx2,fma")
#endif

namespace convstep {
namespace {

#define CONVSTEP_REGISTERS_32

namespace on_double {
using Real = double;
constexpr int kLanes = 8;
#define CONVSTEP_STREAM __builtin_ia32_movntpd512
// Not _mm512_sqrt_pd(), which g++ 12 warns of (an undefined vector).
#define CONVSTEP_SQRT(x) _mm512_maskz_sqrt_pd(0xff, x)
#include "simd/simd_body.h"

#include "simd/optimizer_body.h"
}  // namespace on_double

namespace on_float {
using Real = float;
constexpr int kLanes = 16;
#define CONVSTEP_STREAM __builtin_ia32_movntps512
#define CONVSTEP_SQRT(x) _mm512_maskz_sqrt_ps(0xffff, x)
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
const SimdSet kAvx512Set = {"avx512", on_double::kKernels, on_float::kKernels,
                            on_double::kOptimizerKernels};
}  // namespace convstep

#endif
