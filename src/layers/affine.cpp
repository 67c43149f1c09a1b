#include "layers/affine.h"

#include "base/chunks.h"
#include "base/scalars.h"
#include "conv/conv.h"
#include "simd/simd.h"

namespace convstep {

template <typename Real, typename Store>
void affine_forward(Index m, Index D, Index U, const Store* A_prev, const double* W,
                    const double* b, Store* Z) {
  conv_forward<Real>(affine_geometry(m, D, U), A_prev, W, b, Z);
}

template <typename Real, typename Store>
void affine_backward(Index m, Index D, Index U, const Store* dZ, const Store* A_prev,
                     const double* W, Store* dA_prev, double* dW, double* db) {
  conv_backward<Real>(affine_geometry(m, D, U), dZ, A_prev, W, dA_prev, dW, db);
  const auto to_mean = [m](double* x, Index n) {
    if (x == nullptr) return;
    parallel_chunks(n, 0.3, [=](Index begin, Index end) {
      simd<double>().elementwise.divide(end - begin, static_cast<double>(m), x + begin, x + begin);
    });
  };
  to_mean(dW, D * U);
  to_mean(db, U);
}

#define CONVSTEP_MAKE(Real, Store)                                                     \
  template void affine_forward<Real>(Index, Index, Index, const Store*, const double*, \
                                     const double*, Store*);                           \
  template void affine_backward<Real>(Index, Index, Index, const Store*, const Store*, \
                                      const double*, Store*, double*, double*);
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
