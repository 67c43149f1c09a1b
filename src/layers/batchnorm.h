// Batch normalisation, both directions.
//
// Shapes: A, Z, dZ, dA (count, C): the cells of a channel are contiguous, be they m * H * W of an
// array or m of a matrix; gamma, beta, mean, variance, dgamma, dbeta (C). Inputs are read only,
// results written in full. `Real` is double or float; what belongs to channels is double.
#pragma once

#include "base/geometry.h"

namespace convstep {

struct BatchnormShape {
  Index count, C;
};

// The mean and the variance (sum of squares divided by count) of each channel; NaN for count = 0.
template <typename Real>
void batchnorm_statistics(const BatchnormShape& s, const Real* A, double* mean, double* variance);
// Z = (A - mean) / sqrt(variance + epsilon) * gamma + beta.
template <typename Real>
void batchnorm_forward(const BatchnormShape& s, double epsilon, const Real* A, const double* gamma,
                       const double* beta, const double* mean, const double* variance, Real* Z);
// dgamma and dbeta are sums. With `training`, mean and variance are functions of A, and dA takes
// account of it; without, they are constants.
template <typename Real>
void batchnorm_backward(const BatchnormShape& s, double epsilon, bool training, const Real* dZ,
                        const Real* A, const double* gamma, const double* mean,
                        const double* variance, Real* dA, double* dgamma, double* dbeta);

}  // namespace convstep
