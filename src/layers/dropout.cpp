#include "layers/dropout.h"

#include <cmath>

#include "base/chunks.h"
#include "base/scalars.h"
#include "simd/simd.h"

namespace convstep {

namespace {

// Output i of the generator: Steele, Lea and Flood (2014), Fast splittable pseudorandom number
// generators.
std::uint64_t splitmix(std::uint64_t seed, Index i) {
  std::uint64_t z = seed + (static_cast<std::uint64_t>(i) + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace

template <typename Real>
void dropout_forward(Index n, double rate, std::uint64_t seed, const Real* A_prev, Real* A,
                     int* mask) {
  const double scale = 1 / (1 - rate);
  // A cell is dropped where the number's upper 53 bits, as a fraction, are below the rate.
  const auto threshold = static_cast<std::uint64_t>(std::ceil(std::ldexp(rate, 53)));
  parallel_chunks(n, 1.5, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) mask[i] = (splitmix(seed, i) >> 11) >= threshold;
    simd<Real>().elementwise.mask(end - begin, scale, mask + begin, A_prev + begin, A + begin);
  });
}

template <typename Real>
void dropout_backward(Index n, double rate, const Real* dA, const int* mask, Real* dA_prev) {
  const double scale = 1 / (1 - rate);
  parallel_chunks(n, 0.4, [&](Index begin, Index end) {
    simd<Real>().elementwise.mask(end - begin, scale, mask + begin, dA + begin, dA_prev + begin);
  });
}

#define CONVSTEP_MAKE(Real)                                                              \
  template void dropout_forward(Index, double, std::uint64_t, const Real*, Real*, int*); \
  template void dropout_backward(Index, double, const Real*, const int*, Real*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
