// Contract of the elementwise kernels that exist once per instruction set.
//
// n is any size of at least 0; arrays may have any alignment, inputs are read only, outputs overlap
// nothing else, nothing is read or written past the ends. A cell's result does not depend on its
// place in the array, so that work may be cut anywhere without changing a bit. The exponential is
// good to one unit in the last place or so, and so are the functions made of it to a few.
#pragma once

#include "base/geometry.h"

namespace convstep {

// What happens to a gradient g before a step of an optimizer: clamped to [-clip, clip], then
// multiplied by `scale`.
struct GradientRule {
  double clip, scale;
};

struct AdamRule {
  double lr, beta1, beta2, eps;
  double step;   // counts from 1
  double decay;  // parameters are first multiplied by 1 - lr * decay
};

struct SgdRule {
  double lr, momentum;
  bool nesterov;
  double decay;  // as in AdamRule
};

struct ElementwiseKernels {
  // y = f(x); NaN cells come through as they are.
  void (*sigmoid)(Index n, const double* x, double* y);
  void (*tanh)(Index n, const double* x, double* y);
  void (*relu)(Index n, const double* x, double* y);
  void (*leaky_relu)(Index n, double slope, const double* x, double* y);
  // dx = dy * f'(x).
  void (*sigmoid_backward)(Index n, const double* dy, const double* x, double* dx);
  void (*tanh_backward)(Index n, const double* dy, const double* x, double* dx);
  void (*relu_backward)(Index n, const double* dy, const double* x, double* dx);
  void (*leaky_relu_backward)(Index n, double slope, const double* dy, const double* x, double* dx);

  // The first `rows` rows of a matrix whose K columns lie m apart: shift[i] is the row's largest
  // value if that is finite, else 0, and sum[i] the sum of exp(x - shift); P gets the exponentials
  // divided by the sum unless it is null.
  void (*softmax_rows)(Index rows, Index m, Index K, const double* X, double* shift, double* sum,
                       double* P);

  // y = (x - center) * scale + add.
  void (*normalise)(Index n, double center, double scale, double add, const double* x, double* y);
  // dx = scale * (dy - mean - (x - center) * slope).
  void (*normalise_backward)(Index n, double center, double scale, double mean, double slope,
                             const double* dy, const double* x, double* dx);
  // Sums over n cells, in an order that depends on n alone.
  double (*sum)(Index n, const double* x);
  double (*sum_squares)(Index n, double center, const double* x);  // of x - center
  double (*sum_clamped_squares)(Index n, double clip, const double* x);
  // sums[0] += sum(dy), sums[1] += sum(dy * (x - center)).
  void (*sum_products)(Index n, double center, const double* dy, const double* x, double* sums);

  // y = x * (mask * scale), mask 0 or 1.
  void (*mask)(Index n, double scale, const int* mask, const double* x, double* y);

  // The steps of layers/optimizer.h; `rate` and `root` are the bias corrections of Adam, `shrink`
  // the factor of the weight decay.
  void (*adam)(Index n, const AdamRule& rule, const GradientRule& gradient, double rate,
               double root, double shrink, const double* param, const double* g, const double* m,
               const double* v, double* new_param, double* new_m, double* new_v);
  void (*sgd)(Index n, const SgdRule& rule, const GradientRule& gradient, double shrink,
              const double* param, const double* g, const double* u, double* new_param,
              double* new_u);
};

}  // namespace convstep
