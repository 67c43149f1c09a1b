// Contract of the elementwise kernels that exist once per instruction set.
//
// n is any size of at least 0; arrays may have any alignment, inputs are read only, outputs overlap
// nothing else, nothing is read or written past the ends. A cell's result does not depend on its
// place in the array, so that work may be cut anywhere without changing a bit. The exponential is
// good to one unit in the last place or so, and so are the functions made of it to a few.
//
// `Real` is the scalar of the arrays and of the arithmetic; single numbers come and go as doubles.
// Sums over at most some 16 thousand cells keep 1e-6 in floats: who calls adds up the sums of
// longer arrays, in doubles.
#pragma once

#include "base/geometry.h"

namespace convstep {

template <typename Real>
struct ElementwiseKernels {
  // y = f(x); NaN cells come through as they are.
  void (*sigmoid)(Index n, const Real* x, Real* y);
  void (*tanh)(Index n, const Real* x, Real* y);
  void (*relu)(Index n, const Real* x, Real* y);
  void (*leaky_relu)(Index n, double slope, const Real* x, Real* y);
  // dx = dy * f'(x).
  void (*sigmoid_backward)(Index n, const Real* dy, const Real* x, Real* dx);
  void (*tanh_backward)(Index n, const Real* dy, const Real* x, Real* dx);
  void (*relu_backward)(Index n, const Real* dy, const Real* x, Real* dx);
  void (*leaky_relu_backward)(Index n, double slope, const Real* dy, const Real* x, Real* dx);

  // The first `rows` rows of a matrix whose K columns lie m apart: shift[i] is the row's largest
  // value if that is finite, else 0, and sum[i] the sum of exp(x - shift); P gets the exponentials
  // divided by the sum unless it is null.
  void (*softmax_rows)(Index rows, Index m, Index K, const Real* X, Real* shift, Real* sum,
                       Real* P);

  // y = (x - center) * scale + add.
  void (*normalise)(Index n, double center, double scale, double add, const Real* x, Real* y);
  // dx = scale * (dy - mean - (x - center) * slope).
  void (*normalise_backward)(Index n, double center, double scale, double mean, double slope,
                             const Real* dy, const Real* x, Real* dx);
  // y = x / by, also where x and y are the same.
  void (*divide)(Index n, double by, const Real* x, Real* y);
  // Sums over n cells, in an order that depends on n alone.
  double (*sum)(Index n, const Real* x);
  double (*sum_squares)(Index n, double center, const Real* x);  // of x - center
  // sums[0] += sum(dy), sums[1] += sum(dy * (x - center)).
  void (*sum_products)(Index n, double center, const Real* dy, const Real* x, double* sums);

  // y = x * (mask * scale), mask 0 or 1.
  void (*mask)(Index n, double scale, const int* mask, const Real* x, Real* y);
};

}  // namespace convstep
