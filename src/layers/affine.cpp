#include "layers/affine.h"

#include "conv/conv.h"

namespace convstep {

void affine_forward(Index m, Index D, Index U, const double* A_prev, const double* W,
                    const double* b, double* Z) {
  conv_forward(affine_geometry(m, D, U), A_prev, W, b, Z);
}

void affine_backward(Index m, Index D, Index U, const double* dZ, const double* A_prev,
                     const double* W, double* dA_prev, double* dW, double* db) {
  conv_backward(affine_geometry(m, D, U), dZ, A_prev, W, dA_prev, dW, db);
  const auto to_mean = [m](double* x, Index n) {
    if (x == nullptr) return;
    for (Index i = 0; i < n; ++i) x[i] /= static_cast<double>(m);
  };
  to_mean(dW, D * U);
  to_mean(db, U);
}

}  // namespace convstep
