#include "simd/simd.h"

#include <cstring>

#include "simd/simd_sets.h"

namespace convstep {

namespace {

const SimdSet* selected = nullptr;

}  // namespace

int available_simd(const SimdSet* sets[kMaxSimdSets]) {
  int n = 0;
#if CONVSTEP_X86_SETS
  __builtin_cpu_init();
  const bool fma = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (fma && __builtin_cpu_supports("avx512f")) sets[n++] = &kAvx512Set;
  if (fma) sets[n++] = &kAvx2Set;
#endif
  sets[n++] = &kBaselineSet;
  return n;
}

const SimdSet& simd_set() {
  if (selected == nullptr) {
    const SimdSet* sets[kMaxSimdSets];
    available_simd(sets);
    selected = sets[0];
  }
  return *selected;
}

bool select_simd(const char* name) {
  const SimdSet* sets[kMaxSimdSets];
  const int n = available_simd(sets);
  for (int i = 0; i < n; ++i) {
    if (std::strcmp(sets[i]->name, name) == 0) {
      selected = sets[i];
      return true;
    }
  }
  return false;
}

}  // namespace convstep
