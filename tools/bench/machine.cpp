// Prints what the machine can do: the peak of fused multiply-adds in double precision for each
// instruction set, and the bandwidth of copying memory, on 1 and on N threads (argument, default 2).
//   c++ -O2 -std=c++17 -pthread machine.cpp -o machine && ./machine 2
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Twelve independent chains of multiply-adds on vectors of 2, 4 or 8 doubles.
#define PEAK_LOOP(BYTES)                                                    \
  typedef double V __attribute__((vector_size(BYTES)));                     \
  V a[12];                                                                  \
  const V x = V{} + 0.999999, y = V{} + 1e-9;                               \
  for (int i = 0; i < 12; ++i) a[i] = V{} + i;                              \
  for (long r = 0; r < repeats; ++r) {                                      \
    _Pragma("GCC unroll 12") for (int i = 0; i < 12; ++i) a[i] = a[i] * x + y; \
  }                                                                         \
  double sum = 0;                                                           \
  for (int i = 0; i < 12; ++i)                                              \
    for (unsigned j = 0; j < BYTES / 8; ++j) sum += a[i][j];                \
  return sum;

#if defined(__x86_64__)
__attribute__((target("avx512f,fma"))) double chains_avx512(long repeats) { PEAK_LOOP(64) }
__attribute__((target("avx2,fma"))) double chains_avx2(long repeats) { PEAK_LOOP(32) }
#endif
double chains_baseline(long repeats) { PEAK_LOOP(16) }

volatile double sink;

// The best of nine runs of body(thread) on every thread at once, in seconds.
template <typename Body>
double best_time(int threads, Body body) {
  double best = 1e9;
  for (int run = 0; run < 9; ++run) {
    std::vector<std::thread> team;
    const double start = seconds();
    for (int t = 1; t < threads; ++t) team.emplace_back(body, t);
    body(0);
    for (auto& thread : team) thread.join();
    best = std::min(best, seconds() - start);
  }
  return best;
}

void peak(const char* set, double (*chains)(long), int lanes, int threads) {
  const long repeats = 20000000;
  const double time = best_time(threads, [&](int) { sink = chains(repeats); });
  std::printf("peak %s %d %.1f\n", set, threads, 2e-9 * 12 * lanes * repeats * threads / time);
}

void bandwidth(int threads) {
  const std::size_t size = std::size_t{64} << 20;
  std::vector<std::vector<char>> from(threads, std::vector<char>(size, 1)), to = from;
  const double time =
      best_time(threads, [&](int t) { std::memcpy(to[t].data(), from[t].data(), size); });
  std::printf("copy memory %d %.1f\n", threads, 2e-9 * static_cast<double>(size) * threads / time);
}

}  // namespace

int main(int argc, char** argv) {
  const int most = argc > 1 ? std::atoi(argv[1]) : 2;
  for (int threads = 1; threads <= most; threads += std::max(1, most - 1)) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f")) peak("avx512", chains_avx512, 8, threads);
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
      peak("avx2", chains_avx2, 4, threads);
    }
#endif
    peak("baseline", chains_baseline, 2, threads);
    bandwidth(threads);
    if (most == 1) break;
  }
}
