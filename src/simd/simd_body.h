// Compiled once per instruction set, inside that set's region and an unnamed namespace; has no
// include guard and includes nothing from outside. The including file has defined
//   constexpr int kLanes   doubles in a vector: 8, 4 or 2
//   constexpr char kName[] the set's name
//   CONVSTEP_REGISTERS_32  if the set has 32 vector registers, not 16
//   CONVSTEP_STREAM        g++'s built-in store past the caches, where there is one
//   CONVSTEP_SQRT          the intrinsic square root of a vector, where there is one

typedef double V __attribute__((vector_size(kLanes * sizeof(double)), aligned(8), may_alias));
typedef double AlignedV __attribute__((vector_size(kLanes * sizeof(double)), may_alias));
typedef long long M __attribute__((vector_size(kLanes * sizeof(double)), may_alias));  // lane masks

#define CONVSTEP_INLINE inline __attribute__((always_inline))
// In front of a loop of few, constant rounds: an array of vectors lives in registers only then.
#if defined(__clang__)
#define CONVSTEP_UNROLL _Pragma("clang loop unroll(full)")
#else
#define CONVSTEP_UNROLL _Pragma("GCC unroll 32")
#endif

CONVSTEP_INLINE V load(const double* p) { return *reinterpret_cast<const V*>(p); }
CONVSTEP_INLINE void store(double* p, V v) { *reinterpret_cast<V*>(p) = v; }
// No real addition: V{} + x would have to turn -0 into 0, x - V{} need not.
CONVSTEP_INLINE V broadcast(double x) { return x - V{}; }

// Keeps a loaded vector in a register: the compiler would rather load it anew as an operand of each
// multiply-add, and loads are what bounds a tile.
#if defined(__x86_64__) && defined(__AVX512F__)
#define CONVSTEP_KEEP(x) asm("" : "+v"(x))
#elif defined(__x86_64__)
#define CONVSTEP_KEEP(x) asm("" : "+x"(x))
#elif defined(__aarch64__)
#define CONVSTEP_KEEP(x) asm("" : "+w"(x))
#else
#define CONVSTEP_KEEP(x)
#endif

// A store past the caches, to an address aligned to the vector's size; stream_fence() makes such
// stores visible to other threads. Where there are none, ordinary ones.
#if defined(__clang__)
CONVSTEP_INLINE void stream(double* p, V v) {
  __builtin_nontemporal_store(v, reinterpret_cast<AlignedV*>(p));
}
#elif defined(CONVSTEP_STREAM)
CONVSTEP_INLINE void stream(double* p, V v) { CONVSTEP_STREAM(p, v); }
#else
CONVSTEP_INLINE void stream(double* p, V v) { store(p, v); }
#endif
CONVSTEP_INLINE void stream_fence() {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

#include "simd/math_body.h"

#include "simd/direct_body.h"
#include "simd/elementwise_body.h"
#include "simd/pool_body.h"
#include "simd/winograd_body.h"

constexpr SimdSet kSet = {
    kName, kLanes, direct_kernels(), winograd_kernels(), elementwise_kernels(), pool_kernels()};

#undef CONVSTEP_UNROLL
#undef CONVSTEP_KEEP
#undef CONVSTEP_INLINE
