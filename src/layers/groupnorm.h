// Normalisation of each example by itself, over groups of its channels, both directions.
//
// Shapes: A, Z, dZ, dA (m, P, C): m examples of P pixels and C channels, as an array (m, H, W, C)
// lies in memory; gamma, beta, dgamma, dbeta (C); mean, variance (m, groups). The channels are cut
// into `groups` of equal size, one behind the other. Inputs are read only, results written in full.
// `Real` is double or float; what belongs to channels or examples is double.
#pragma once

#include "base/geometry.h"

namespace convstep {

struct GroupnormShape {
  Index m, P, C, groups;
};

// The mean and the variance (sum of squares divided by the number of cells) of each group.
template <typename Real>
void groupnorm_statistics(const GroupnormShape& s, const Real* A, double* mean, double* variance);
// Z = (A - mean) / sqrt(variance + epsilon) * gamma + beta.
template <typename Real>
void groupnorm_forward(const GroupnormShape& s, double epsilon, const Real* A, const double* gamma,
                       const double* beta, const double* mean, const double* variance, Real* Z);
// dgamma and dbeta are sums over the examples.
template <typename Real>
void groupnorm_backward(const GroupnormShape& s, double epsilon, const Real* dZ, const Real* A,
                        const double* gamma, const double* mean, const double* variance, Real* dA,
                        double* dgamma, double* dbeta);

}  // namespace convstep
