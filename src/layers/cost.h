// Softmax, by row, and the cross-entropy cost. Matrices are (m, K); a vector is a matrix of one
// row. `Real` is double or float.
#pragma once

#include "base/geometry.h"

namespace convstep {

// out (m): log(sum(exp(row))).
template <typename Real>
void log_sum_exp(Index m, Index K, const Real* X, double* out);
// P (m, K): exp(row) / sum(exp(row)).
template <typename Real>
void softmax(Index m, Index K, const Real* X, Real* P);
// Both at once.
template <typename Real>
void softmax_log_sum(Index m, Index K, const Real* X, Real* P, double* log_sum);

// The mean of -log(AL[i, column[i] - 1]); NaN for m = 0. `column` counts from 1.
double cross_entropy(Index m, const double* AL, const int* column);
// G (m, K): AL, less 1 at each row's true class.
void cross_entropy_gradient(Index m, Index K, const double* AL, const int* column, double* G);

}  // namespace convstep
