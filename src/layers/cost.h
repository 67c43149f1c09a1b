// Softmax, by row, and the cross-entropy cost. Matrices are (m, K); a vector is a matrix of one
// row.
#pragma once

#include "base/geometry.h"

namespace convstep {

// out (m): log(sum(exp(row))).
void log_sum_exp(Index m, Index K, const double* X, double* out);
// P (m, K): exp(row) / sum(exp(row)).
void softmax(Index m, Index K, const double* X, double* P);

// The mean of -log(AL[i, column[i] - 1]); NaN for m = 0. `column` counts from 1.
double cross_entropy(Index m, const double* AL, const int* column);
// G (m, K): AL, less 1 at each row's true class.
void cross_entropy_gradient(Index m, Index K, const double* AL, const int* column, double* G);

}  // namespace convstep
