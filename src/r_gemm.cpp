// Armadillo lives here only.
#include <RcppArmadillo.h>

#include "conv/gemm.h"

namespace convstep {

void gemm(bool transpose_a, bool transpose_b, Index rows, Index columns, Index inner,
          const double* A, const double* B, double* C, bool add) {
  const auto view = [](const double* x, Index n_rows, Index n_cols) {
    return arma::mat(const_cast<double*>(x), static_cast<arma::uword>(n_rows),
                     static_cast<arma::uword>(n_cols), false, true);
  };
  const arma::mat a = transpose_a ? view(A, inner, rows) : view(A, rows, inner);
  const arma::mat b = transpose_b ? view(B, columns, inner) : view(B, inner, columns);
  arma::mat c = view(C, rows, columns);
  if (!a.is_finite() || !b.is_finite()) {
    // Some BLAS skip a zero factor, and with it the NaN that 0 * NaN is.
    for (Index j = 0; j < columns; ++j) {
      for (Index i = 0; i < rows; ++i) {
        double sum = 0;
        for (Index l = 0; l < inner; ++l) {
          sum += (transpose_a ? a(l, i) : a(i, l)) * (transpose_b ? b(j, l) : b(l, j));
        }
        c(i, j) = add ? c(i, j) + sum : sum;
      }
    }
    return;
  }
  if (transpose_a && transpose_b) {
    if (add)
      c += a.t() * b.t();
    else
      c = a.t() * b.t();
  } else if (transpose_a) {
    if (add)
      c += a.t() * b;
    else
      c = a.t() * b;
  } else if (transpose_b) {
    if (add)
      c += a * b.t();
    else
      c = a * b.t();
  } else {
    if (add)
      c += a * b;
    else
      c = a * b;
  }
}

}  // namespace convstep
