#include "layers/dropout.h"

#include <cmath>

#include "base/chunks.h"
#include "base/random.h"
#include "base/scalars.h"
#include "simd/simd.h"

namespace convstep {

template <typename Real>
void dropout_forward(Index n, double rate, std::uint64_t seed, const Real* A_prev, Real* A,
                     int* mask) {
  const double scale = 1 / (1 - rate);
  // A cell is dropped where the number's upper 53 bits, as a fraction, are below the rate.
  const auto threshold = static_cast<std::uint64_t>(std::ceil(std::ldexp(rate, 53)));
  parallel_chunks(n, 1.5, [&](Index begin, Index end) {
    for (Index i = begin; i < end; ++i)
      mask[i] = (splitmix(seed, static_cast<std::uint64_t>(i)) >> 11) >= threshold;
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
