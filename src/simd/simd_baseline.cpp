#include "simd/simd_sets.h"

namespace convstep {
namespace {

constexpr int kLanes = 2;
constexpr char kName[] = "baseline";
#if defined(__aarch64__)
#define CONVSTEP_REGISTERS_32
#elif defined(__SSE2__)
#define CONVSTEP_STREAM __builtin_ia32_movntpd
#endif
#if defined(__SSE2__)
#define CONVSTEP_SQRT _mm_sqrt_pd
#endif
#include "simd/simd_body.h"

}  // namespace

const SimdSet kBaselineSet = kSet;

}  // namespace convstep
