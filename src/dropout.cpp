#include "dropout.h"

#include <algorithm>
#include <cmath>

#include "threads.h"

namespace convstep {

namespace {

constexpr Index kChunk = 16384;

// Output i of the generator: Steele, Lea and Flood (2014), Fast splittable pseudorandom number
// generators.
std::uint64_t splitmix(std::uint64_t seed, Index i) {
  std::uint64_t z = seed + (static_cast<std::uint64_t>(i) + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

}  // namespace

void dropout_forward(Index n, double rate, std::uint64_t seed, const double* A_prev, double* A,
                     int* mask) {
  const double scale = 1 / (1 - rate);
  // A cell is dropped where the number's upper 53 bits, as a fraction, are below the rate.
  const auto threshold = static_cast<std::uint64_t>(std::ceil(std::ldexp(rate, 53)));
  parallel_for((n + kChunk - 1) / kChunk, 2.0 * kChunk, [&](Index task, int) {
    for (Index i = task * kChunk; i < std::min(n, (task + 1) * kChunk); ++i) {
      mask[i] = (splitmix(seed, i) >> 11) >= threshold;
      A[i] = A_prev[i] * (mask[i] * scale);
    }
  });
}

void dropout_backward(Index n, double rate, const double* dA, const int* mask, double* dA_prev) {
  const double scale = 1 / (1 - rate);
  parallel_for((n + kChunk - 1) / kChunk, 0.7 * kChunk, [&](Index task, int) {
    for (Index i = task * kChunk; i < std::min(n, (task + 1) * kChunk); ++i) {
      dA_prev[i] = dA[i] * (mask[i] * scale);
    }
  });
}

}  // namespace convstep
