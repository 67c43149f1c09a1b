// Compiled for each scalar of each instruction set, inside that set's region, in a namespace of its
// own within an unnamed one; has no include guard and includes nothing from outside. The including
// file has defined
//   Real                   the scalar: double or float
//   constexpr int kLanes   scalars in a vector: 8, 4 or 2 doubles, twice as many floats
//   CONVSTEP_REGISTERS_32  if the set has 32 vector registers, not 16
//   CONVSTEP_STREAM        g++'s built-in store past the caches, where there is one
//   CONVSTEP_SQRT          the intrinsic square root of a vector, where there is one
// of which the last two are undefined here at the end, for the next scalar.

typedef std::conditional_t<sizeof(Real) == 8, long long, int> Integer;
typedef std::make_unsigned_t<Integer> Unsigned;

typedef Real AlignedV __attribute__((vector_size(kLanes * sizeof(Real)), may_alias));
typedef Real LooseV
    __attribute__((vector_size(kLanes * sizeof(Real)), aligned(sizeof(Real)), may_alias));
#if defined(__clang__)
// clang forgets a lesser alignment in template arguments, and then counts on the natural one.
typedef AlignedV V;
#else
typedef LooseV V;
#endif
typedef Integer M __attribute__((vector_size(kLanes * sizeof(Real)), may_alias));  // lane masks
typedef double Wide  // the same lanes as doubles
    __attribute__((vector_size(kLanes * sizeof(double)), aligned(8), may_alias));

#define CONVSTEP_INLINE inline __attribute__((always_inline))
// In front of a loop of few, constant rounds: an array of vectors lives in registers only then.
#if defined(__clang__)
#define CONVSTEP_UNROLL _Pragma("clang loop unroll(full)")
#else
#define CONVSTEP_UNROLL _Pragma("GCC unroll 32")
#endif

CONVSTEP_INLINE V load(const Real* p) { return *reinterpret_cast<const LooseV*>(p); }
CONVSTEP_INLINE void store(Real* p, V v) { *reinterpret_cast<LooseV*>(p) = v; }
// No real addition: V{} + x would have to turn -0 into 0, x - V{} need not.
CONVSTEP_INLINE V broadcast(Real x) { return x - V{}; }

// Arrays that hold another scalar than the one computed with: `From` and `To` are Real or double.
template <typename From>
CONVSTEP_INLINE V load_from(const From* p) {
  if constexpr (std::is_same_v<From, Real>) {
    return load(p);
  } else {
    return __builtin_convertvector(*reinterpret_cast<const Wide*>(p), V);
  }
}
template <typename To>
CONVSTEP_INLINE void store_to(To* p, V v) {
  if constexpr (std::is_same_v<To, Real>) {
    store(p, v);
  } else {
    *reinterpret_cast<Wide*>(p) = __builtin_convertvector(v, Wide);
  }
}

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
CONVSTEP_INLINE void stream(Real* p, V v) {
  __builtin_nontemporal_store(v, reinterpret_cast<AlignedV*>(p));
}
#elif defined(CONVSTEP_STREAM)
CONVSTEP_INLINE void stream(Real* p, V v) { CONVSTEP_STREAM(p, v); }
#else
CONVSTEP_INLINE void stream(Real* p, V v) { store(p, v); }
#endif
CONVSTEP_INLINE void stream_fence() {
#if defined(__x86_64__)
  __builtin_ia32_sfence();
#endif
}

// Of doubles, in two halves.
template <typename To>
CONVSTEP_INLINE void stream_to(To* p, V v) {
  if constexpr (std::is_same_v<To, Real>) {
    stream(p, v);
  } else {
    const Wide wide = __builtin_convertvector(v, Wide);
    V half[2];
    __builtin_memcpy(half, &wide, sizeof half);
    stream(reinterpret_cast<Real*>(p), half[0]);
    stream(reinterpret_cast<Real*>(p + kLanes / 2), half[1]);
  }
}

#include "simd/math_body.h"

#include "simd/elementwise_body.h"
#include "simd/pool_body.h"

#include "simd/activation_body.h"
#include "simd/depthwise_body.h"
#include "simd/direct_body.h"
#include "simd/rows_body.h"
#include "simd/winograd_body.h"

static_assert(kLanes <= kMaxLanes && kLanes * sizeof(Real) <= 64, "vectors are too long");

constexpr SimdKernels<Real> kKernels = {
    kLanes,         direct_kernels(),     winograd_kernels(), elementwise_kernels(),
    pool_kernels(), activation_kernels(), row_kernels(),      depthwise_kernels()};

#undef CONVSTEP_STREAM
#undef CONVSTEP_SQRT
