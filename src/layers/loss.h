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

// The same where the truth is a share of each class: q (m, K). The loss of example i is the sum over
// the classes of weight * q[i, k] * (log(sum(exp(Z[i, ]))) - Z[i, k]). An example counts as correct
// if the class of its largest output is the one of its largest share, the first of them in both.
template <typename Real>
LossSum shared_softmax_loss(Index m, Index K, const Real* Z, const double* q, const double* weights,
                            Real* dZ);

}  // namespace convstep
