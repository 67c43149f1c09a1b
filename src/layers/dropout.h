// Dropout, both directions. All arrays have n cells; `Real` is double or float.
#pragma once

#include <cstdint>

#include "base/geometry.h"

namespace convstep {

// mask[i] is 1 with probability 1 - rate, else 0; A[i] = A_prev[i] * mask[i] / (1 - rate). Whether
// a cell is kept depends on its place i and the seed alone, by the generator SplitMix64.
template <typename Real>
void dropout_forward(Index n, double rate, std::uint64_t seed, const Real* A_prev, Real* A,
                     int* mask);
// dA_prev[i] = dA[i] * mask[i] / (1 - rate).
template <typename Real>
void dropout_backward(Index n, double rate, const Real* dA, const int* mask, Real* dA_prev);

}  // namespace convstep
