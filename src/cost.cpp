#include "cost.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "threads.h"

namespace convstep {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr Index kRows = 64;  // rows of one task

// run(row begin, row end) over blocks of rows.
template <typename Run>
void for_each_rows(Index m, Index K, double nanoseconds_per_cell, Run run) {
  parallel_for((m + kRows - 1) / kRows, nanoseconds_per_cell * static_cast<double>(kRows * K),
               [&](Index task, int) { run(task * kRows, std::min(m, (task + 1) * kRows)); });
}

// The largest finite or infinite value of a row; NaN values are left out.
double row_maximum(Index m, Index K, const double* x) {
  double most = -kInf;
  for (Index k = 0; k < K; ++k) most = x[m * k] > most ? x[m * k] : most;
  return most;
}

// The shift that keeps exp() in range; where the maximum is infinite there is nothing to shift.
double shift_of(double most) { return std::isfinite(most) ? most : 0; }

}  // namespace

void log_sum_exp(Index m, Index K, const double* X, double* out) {
  for_each_rows(m, K, 5, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const double shift = shift_of(row_maximum(m, K, X + i));
      double sum = 0;
      for (Index k = 0; k < K; ++k) sum += std::exp(X[i + m * k] - shift);
      out[i] = shift + std::log(sum);
    }
  });
}

void softmax(Index m, Index K, const double* X, double* P) {
  for_each_rows(m, K, 5, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const double shift = shift_of(row_maximum(m, K, X + i));
      double sum = 0;
      for (Index k = 0; k < K; ++k) sum += P[i + m * k] = std::exp(X[i + m * k] - shift);
      for (Index k = 0; k < K; ++k) P[i + m * k] /= sum;
    }
  });
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
