#include "layers/cost.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"
#include "simd/simd.h"

namespace convstep {

namespace {

constexpr Index kRows = 64;  // rows of one task

// run(first row, rows, shift, sum) over blocks of rows; the last two are filled by softmax_rows.
// P is null where only they are wanted.
template <typename Run>
void for_each_rows(Index m, Index K, const double* X, double* P, Run run) {
  parallel_for(ceil_div(m, kRows), static_cast<double>(std::min(m, kRows) * K),
               [&](Index task, int) {
                 const Index begin = task * kRows;
                 const Index rows = std::min(m - begin, kRows);
                 double shift[kRows];
                 double sum[kRows];
                 simd().elementwise.softmax_rows(rows, m, K, X + begin, shift, sum,
                                                 P == nullptr ? nullptr : P + begin);
                 run(begin, rows, shift, sum);
               });
}

}  // namespace

void log_sum_exp(Index m, Index K, const double* X, double* out) {
  for_each_rows(m, K, X, nullptr,
                [=](Index begin, Index rows, const double* shift, const double* sum) {
                  for (Index i = 0; i < rows; ++i) out[begin + i] = shift[i] + std::log(sum[i]);
                });
}

void softmax(Index m, Index K, const double* X, double* P) {
  for_each_rows(m, K, X, P, [](Index, Index, const double*, const double*) {});
}

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
