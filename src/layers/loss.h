// The loss of a batch in training.
#pragma once

#include "base/geometry.h"

namespace convstep {

struct LossSum {
  double sum;      // of the examples' losses
  double correct;  // examples whose largest output, the first of them, is the true class
};

// Softmax and cross-entropy in one: the loss of example i is the weight of its class times
// log(sum(exp(Z[i, ]))) - Z[i, column[i] - 1], which stays finite where a probability rounds to 0.
// Z (m, K) outputs; `column` counts from 1; `weights` (K), or null for ones. dZ (m, K), or null, is
// written in full: the gradient of each example's loss, not divided by m.
template <typename Real>
LossSum softmax_loss(Index m, Index K, const Real* Z, const int* column, const double* weights,
                     Real* dZ);

}  // namespace convstep
