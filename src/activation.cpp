#include "activation.h"

#include <algorithm>
#include <cmath>

#include "threads.h"

namespace convstep {

namespace {

// Cells of one task: enough to pay for its start, few enough to share out evenly.
constexpr Index kChunk = 16384;

// run(begin, end) over [0, n) in chunks.
template <typename Run>
void for_each_chunk(Index n, double nanoseconds_per_cell, Run run) {
  parallel_for((n + kChunk - 1) / kChunk, nanoseconds_per_cell * kChunk,
               [&](Index task, int) { run(task * kChunk, std::min(n, (task + 1) * kChunk)); });
}

}  // namespace

void sigmoid_forward(Index n, const double* Z, double* A) {
  for_each_chunk(n, 4, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      A[i] = std::isnan(Z[i]) ? Z[i] : 1 / (1 + std::exp(-Z[i]));
    }
  });
}

// s * (1 - s) = e / (1 + e)^2 with e = exp(-|Z|), which loses no digits where s is near 1.
void sigmoid_backward(Index n, const double* dA, const double* Z, double* dZ) {
  for_each_chunk(n, 4, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const double e = std::exp(-std::fabs(Z[i]));
      dZ[i] = dA[i] * (e / ((1 + e) * (1 + e)));
    }
  });
}

void relu_forward(Index n, const double* Z, double* A) {
  for_each_chunk(n, 0.5, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) A[i] = Z[i] < 0 ? 0 : Z[i];
  });
}

void relu_backward(Index n, const double* dA, const double* Z, double* dZ) {
  for_each_chunk(n, 0.5, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) dZ[i] = Z[i] < 0 ? 0 : dA[i];
  });
}

void leaky_relu_forward(Index n, double slope, const double* Z, double* A) {
  for_each_chunk(n, 0.5, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) A[i] = Z[i] < 0 ? slope * Z[i] : Z[i];
  });
}

void leaky_relu_backward(Index n, double slope, const double* dA, const double* Z, double* dZ) {
  for_each_chunk(n, 0.5, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) dZ[i] = Z[i] < 0 ? slope * dA[i] : dA[i];
  });
}

void tanh_forward(Index n, const double* Z, double* A) {
  for_each_chunk(n, 4, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) A[i] = std::tanh(Z[i]);
  });
}

// 1 - tanh(z)^2 = 4 e / (1 + e)^2 with e = exp(-2 |z|), which loses no digits far from 0.
void tanh_backward(Index n, const double* dA, const double* Z, double* dZ) {
  for_each_chunk(n, 4, [=](Index begin, Index end) {
    for (Index i = begin; i < end; ++i) {
      const double e = std::exp(-2 * std::fabs(Z[i]));
      dZ[i] = dA[i] * (4 * e / ((1 + e) * (1 + e)));
    }
  });
}

}  // namespace convstep
