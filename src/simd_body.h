// Compiled once per instruction set, inside that set's region and an unnamed namespace; has no
// include guard and includes nothing from outside. The including file has defined
//   constexpr int kLanes   doubles in a vector: 8, 4 or 2
//   constexpr char kName[] the set's name

typedef double V __attribute__((vector_size(kLanes * sizeof(double)), aligned(8), may_alias));
typedef long long M __attribute__((vector_size(kLanes * sizeof(double)), may_alias));  // lane masks

#define CONVSTEP_INLINE inline __attribute__((always_inline))

CONVSTEP_INLINE V load(const double* p) { return *reinterpret_cast<const V*>(p); }
CONVSTEP_INLINE void store(double* p, V v) { *reinterpret_cast<V*>(p) = v; }
// No real addition: V{} + x would have to turn -0 into 0, x - V{} need not.
CONVSTEP_INLINE V broadcast(double x) { return x - V{}; }

#include "direct_body.h"
#include "elementwise_body.h"
#include "pool_body.h"
#include "winograd_body.h"

constexpr SimdSet kSet = {
    kName, kLanes, direct_kernels(), winograd_kernels(), elementwise_kernels(), pool_kernels()};

#undef CONVSTEP_INLINE
