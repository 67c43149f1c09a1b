// Where simd.cpp finds the tables. A set that the compiler or the architecture lacks is absent.
#pragma once

#include <type_traits>

#include "simd/simd.h"

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define CONVSTEP_X86_SETS 1
#else
#define CONVSTEP_X86_SETS 0
#endif

#if CONVSTEP_X86_SETS
#include <immintrin.h>
#endif

namespace convstep {

#if CONVSTEP_X86_SETS
extern const SimdSet kAvx512Set;
extern const SimdSet kAvx2Set;
#endif
extern const SimdSet kBaselineSet;

}  // namespace convstep
