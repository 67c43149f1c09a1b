// Parallel regions on our threads, on OpenMP's and on one, in turn in one run, for threads.R:
//   threads regions THREADS    prints a line a region and kind: median and 90th percentile in ms
//   threads burn FILE          keeps a core busy until FILE is gone, or for ten minutes
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif

#include "base/threads.h"

using namespace convstep;
using Clock = std::chrono::steady_clock;

namespace {

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// Work that takes as long as the processor needs for it, not until some time by the clock: what a
// thread that is kept from its core cannot do meanwhile.
double steps_per_us = 0;
volatile double sink = 0;

void work(double us) {
  double x = sink;
  for (double steps = us * steps_per_us; steps > 0; --steps) x = x * 0.999999 + 1e-6;
  sink = x;
}

void calibrate() {
  steps_per_us = 1000;
  double least = 1e9;
  for (int round = 0; round < 20; ++round) {
    const Clock::time_point start = Clock::now();
    work(1000);
    least = std::min(least, ms_since(start));
  }
  steps_per_us /= least;
}

struct Region {
  const char* name;
  int tasks;
  double us, pause_us;
};

using Body = std::function<void(Index, int)>;

void on_ours(int tasks, const Body& body) { parallel_for(tasks, 1e9, body); }

void on_one(int tasks, const Body& body) {
  for (int task = 0; task < tasks; ++task) body(task, 0);
}

#ifdef _OPENMP
void on_openmp(int tasks, const Body& body) {
  std::atomic<int> next{0};
#pragma omp parallel num_threads(thread_count())
  for (int task; (task = next++) < tasks;) body(task, omp_get_thread_num());
}
#endif

void measure(const Region& region) {
  const struct {
    const char* name;
    void (*run)(int, const Body&);
  } kinds[] = {
      {"ours", on_ours},
#ifdef _OPENMP
      {"openmp", on_openmp},
#endif
      {"one", on_one},
  };
  const Body body = [&](Index, int) { work(region.us); };
  // Rounds of 0.15 s each, in turn.
  std::vector<double> times[3];
  for (int round = 0; round < 3; ++round) {
    for (std::size_t kind = 0; kind < std::size(kinds); ++kind) {
      kinds[kind].run(region.tasks, body);
      const Clock::time_point begin = Clock::now();
      while (ms_since(begin) < 150 && times[kind].size() < 100000) {
        if (region.pause_us > 0) work(region.pause_us);
        const Clock::time_point start = Clock::now();
        kinds[kind].run(region.tasks, body);
        times[kind].push_back(ms_since(start));
      }
    }
  }
  for (std::size_t kind = 0; kind < std::size(kinds); ++kind) {
    std::vector<double>& t = times[kind];
    std::sort(t.begin(), t.end());
    std::printf("%s;%s;%.5f;%.5f\n", region.name, kinds[kind].name, t[t.size() / 2],
                t[t.size() * 9 / 10]);
  }
}

void burn(const char* file) {
  const Clock::time_point begin = Clock::now();
  struct stat status;
  calibrate();
  while (stat(file, &status) == 0 && ms_since(begin) < 600e3) work(5000);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  if (std::strcmp(argv[1], "burn") == 0) {
    burn(argv[2]);
    return 0;
  }
  set_thread_count(std::atoi(argv[2]));
  calibrate();
  for (const Region& region : {Region{"empty, back to back", 8, 0, 0},
                               {"empty, 1 ms apart", 8, 0, 1000},
                               {"16 x 10 us", 16, 10, 0},
                               {"8 x 100 us", 8, 100, 0},
                               {"8 x 100 us, 1 ms apart", 8, 100, 1000},
                               {"64 x 100 us", 64, 100, 0},
                               {"16 x 1 ms", 16, 1000, 0}}) {
    measure(region);
  }
  return 0;
}
