#include "layers/cost.h"

#include <algorithm>
#include <cmath>

#include "base/scalars.h"
#include "base/threads.h"
#include "simd/simd.h"

namespace convstep {

namespace {

constexpr Index kRows = 64;  // rows of one task

template <typename Real>
void softmax_rows(Index m, Index K, const Real* X, Real* P, double* log_sum) {
  parallel_for(ceil_div(m, kRows), static_cast<double>(std::min(m, kRows) * K),
               [=](Index task, int) {
                 const Index begin = task * kRows;
                 const Index rows = std::min(m - begin, kRows);
                 Real shift[kRows];
                 Real sum[kRows];
                 simd<Real>().elementwise.softmax_rows(rows, m, K, X + begin, shift, sum,
                                                       P == nullptr ? nullptr : P + begin);
                 for (Index i = 0; i < rows && log_sum != nullptr; ++i) {
                   log_sum[begin + i] =
                       static_cast<double>(shift[i]) + std::log(static_cast<double>(sum[i]));
                 }
               });
}

}  // namespace

template <typename Real>
void log_sum_exp(Index m, Index K, const Real* X, double* out) {
  softmax_rows<Real>(m, K, X, nullptr, out);
}

template <typename Real>
void softmax(Index m, Index K, const Real* X, Real* P) {
  softmax_rows(m, K, X, P, nullptr);
}

template <typename Real>
void softmax_log_sum(Index m, Index K, const Real* X, Real* P, double* log_sum) {
  softmax_rows(m, K, X, P, log_sum);
}

#define CONVSTEP_MAKE(Real)                                      \
  template void log_sum_exp(Index, Index, const Real*, double*); \
  template void softmax(Index, Index, const Real*, Real*);       \
  template void softmax_log_sum(Index, Index, const Real*, Real*, double*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

double cross_entropy(Index m, const double* AL, const int* column) {
  double sum = 0;
  for (Index i = 0; i < m; ++i) sum -= std::log(AL[i + m * (column[i] - 1)]);
  return sum / static_cast<double>(m);
}

void cross_entropy_gradient(Index m, Index K, const double* AL, const int* column, double* G) {
  std::copy_n(AL, m * K, G);
  for (Index i = 0; i < m; ++i) G[i + m * (column[i] - 1)] -= 1;
}

}  // namespace convstep
