#include "layers/conv_transpose.h"

#include <algorithm>
#include <vector>

#include "base/chunks.h"
#include "base/scalars.h"
#include "conv/conv.h"
#include "simd/simd.h"

namespace convstep {

template <typename Real, typename Store>
void conv_transpose_forward(const ConvGeometry& g, const Store* A, const double* F, const double* b,
                            Store* Z) {
  conv_backward<Real>(g, A, static_cast<const Store*>(nullptr), F, Z, static_cast<double*>(nullptr),
                      static_cast<double*>(nullptr));
  const Index cells = g.m * g.h.in * g.w.in;
  const Index pieces = chunk_count(cells);
  parallel_for(pieces * g.C, 0.3 * static_cast<double>(std::min(cells, kChunk)),
               [&](Index task, int) {
                 const Store bias = static_cast<Store>(b[task / pieces]);
                 Store* z = Z + cells * (task / pieces);
                 const Index begin = task % pieces * kChunk;
                 const Index end = std::min(cells, begin + kChunk);
                 for (Index i = begin; i < end; ++i) z[i] += bias;
               });
}

template <typename Real, typename Store>
void conv_transpose_backward(const ConvGeometry& g, const Store* dZ, const Store* A,
                             const double* F, Store* dA, double* dW, double* db) {
  if (dA != nullptr) {
    const std::vector<double> none(static_cast<std::size_t>(g.K));
    conv_forward<Real>(g, dZ, F, none.data(), dA);
  }
  if (dW != nullptr) {
    conv_backward<Real>(g, A, dZ, F, static_cast<Store*>(nullptr), dW,
                        static_cast<double*>(nullptr));
  }
  if (db == nullptr) return;
  const Index cells = g.m * g.h.in * g.w.in;
  parallel_for(g.C, 0.3 * static_cast<double>(cells), [&](Index c, int) {
    db[c] = 0;
    for (Index begin = 0; begin < cells; begin += kChunk) {
      db[c] +=
          simd<Store>().elementwise.sum(std::min(cells - begin, kChunk), dZ + cells * c + begin);
    }
  });
}

#define CONVSTEP_MAKE(Real, Store)                                                             \
  template void conv_transpose_forward<Real>(const ConvGeometry&, const Store*, const double*, \
                                             const double*, Store*);                           \
  template void conv_transpose_backward<Real>(const ConvGeometry&, const Store*, const Store*, \
                                              const double*, Store*, double*, double*);
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
