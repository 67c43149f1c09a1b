// The loss of a batch in training.
#pragma once

#include "base/geometry.h"

namespace convstep {

struct LossSum {
  double sum;      // of the examples' losses
  double correct;  // examples whose largest output, the first of them, is the true class
};

// What an example should be: `column` (m), the true classes, counted from 1, or if that is null
// `shares` (m, K), the probabilities of the classes; either mixed with a uniform distribution,
// which gets the part `smoothing`.
struct Targets {
  const int* column;
  const double* shares;
  double smoothing;
};

// Softmax and cross-entropy in one: the loss of example i is the sum over the classes of weight
// times target times log(sum(exp(Z[i, ]))) - Z[i, k], which stays finite where a probability rounds
// to 0. Z (m, K) outputs; `weights` (K), or null for ones. dZ (m, K), or null, is written in full:
// the gradient of each example's loss, not divided by m. With shares the true class is the largest.
template <typename Real>
LossSum softmax_loss(Index m, Index K, const Real* Z, const Targets& targets, const double* weights,
                     Real* dZ);

}  // namespace convstep
