#include "simd/simd_sets.h"

namespace convstep {
namespace {

#if defined(__aarch64__)
#define CONVSTEP_REGISTERS_32
#endif

namespace on_double {
using Real = double;
constexpr int kLanes = 2;
#if defined(__SSE2__)
#define CONVSTEP_STREAM __builtin_ia32_movntpd
#define CONVSTEP_SQRT _mm_sqrt_pd
#endif
#include "simd/simd_body.h"

#include "simd/optimizer_body.h"
}  // namespace on_double

namespace on_float {
using Real = float;
constexpr int kLanes = 4;
#if defined(__SSE2__)
#define CONVSTEP_STREAM __builtin_ia32_movntps
#define CONVSTEP_SQRT _mm_sqrt_ps
#endif
#include "simd/simd_body.h"
}  // namespace on_float

}  // namespace

const SimdSet kBaselineSet = {"baseline", on_double::kKernels, on_float::kKernels,
                              on_double::kOptimizerKernels};

}  // namespace convstep
