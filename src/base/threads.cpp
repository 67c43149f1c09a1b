#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <thread>

#ifdef _OPENMP
#include <omp.h>
#endif
#ifndef _WIN32
#include <pthread.h>
#endif

namespace convstep {

namespace {

constexpr double kSerialBelow = 60e3;                // ns of work: a team costs 20-30 us to start
constexpr std::chrono::milliseconds kPollEvery{20};  // between two looks for an interrupt

int requested = 0;  // 0: the default
std::atomic<bool> forked{false};
PollFunction poll_function = nullptr;

// A positive integer from the environment, or `otherwise`.
int env_int(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr || *text == '\0') return otherwise;
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);  // OMP_NUM_THREADS may be a list: take its head
  if (end == text || value < 1) return otherwise;
  return static_cast<int>(std::min<long>(value, kMostThreads));
}

// The CPU quota of a container (cgroup v2, then v1), rounded up; kMostThreads if there is none.
int container_limit() {
  double quota = 0;
  double period = 0;
  std::ifstream v2("/sys/fs/cgroup/cpu.max");
  if (!(v2 >> quota >> period)) {
    std::ifstream q("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    std::ifstream p("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (!(q >> quota) || !(p >> period)) return kMostThreads;
  }
  if (quota <= 0 || period <= 0) return kMostThreads;
  return std::max(1, static_cast<int>(std::min<double>(std::ceil(quota / period), kMostThreads)));
}

// R CMD check --as-cran allows two cores.
int check_limit() {
  const char* text = std::getenv("_R_CHECK_LIMIT_CORES_");
  if (text == nullptr || *text == '\0') return kMostThreads;
  std::string value(text);
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value == "false" || value == "no" || value == "0" ? kMostThreads : 2;
}

int default_threads() {
#ifdef _OPENMP
  const int cores = omp_get_num_procs();  // honours the process's affinity mask
#else
  const int cores = 1;
#endif
  static const int quota = container_limit();
  return std::max(1, std::min({cores, quota, check_limit(), env_int("OMP_NUM_THREADS", cores)}));
}

#ifndef _WIN32
// An OpenMP runtime does not survive a fork: a region in the child could wait for ever.
void in_forked_child() { forked = true; }
const int fork_handler = pthread_atfork(nullptr, nullptr, in_forked_child);
#endif

using Clock = std::chrono::steady_clock;

// Runs tasks from `begin` on until all are done or, after at least one, `deadline` has passed;
// returns the first that was not run.
Index run_until(Clock::time_point deadline, Index begin, Index tasks, int threads,
                const std::function<void(Index, int)>& body) {
#ifdef _OPENMP
  if (threads > 1) {
    std::exception_ptr error = nullptr;
    std::atomic<bool> failed{false};
    std::atomic<bool> stop{false};
    std::atomic<Index> next{begin};
#pragma omp parallel num_threads(threads)
    while (!stop) {
      const Index task = next.fetch_add(1);
      if (task >= tasks) break;
      try {
        body(task, omp_get_thread_num());
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
        stop = true;
      }
      if (Clock::now() >= deadline) stop = true;
    }
    if (error) std::rethrow_exception(error);
    return std::min<Index>(next, tasks);
  }
#else
  (void)threads;
#endif
  Index task = begin;
  do {
    body(task, 0);
  } while (++task < tasks && Clock::now() < deadline);
  return task;
}

}  // namespace

bool has_openmp() {
#ifdef _OPENMP
  return true;
#else
  return false;
#endif
}

int thread_count() {
  if (forked || !has_openmp()) return 1;
  const int n = requested > 0 ? requested : default_threads();
  return std::max(1, std::min(n, env_int("OMP_THREAD_LIMIT", kMostThreads)));
}

int set_thread_count(int n) {
  const int former = requested;
  requested = std::max(0, std::min(n, kMostThreads));
  return former;
}

void set_interrupt_poll(PollFunction poll) { poll_function = poll; }

void poll_interrupt() {
  if (poll_function != nullptr) poll_function();
}

int planned_threads(Index tasks, double nanoseconds_per_task) {
  if (tasks < 2 || static_cast<double>(tasks) * nanoseconds_per_task < kSerialBelow) return 1;
  return static_cast<int>(std::min<Index>(thread_count(), tasks));
}

void parallel_for(Index tasks, double nanoseconds_per_task,
                  const std::function<void(Index, int)>& body, int most_threads) {
  // Of all calls since the last look: many short ones must not add up to a long time without.
  static Clock::duration unpolled{};
  const int threads = std::min(planned_threads(tasks, nanoseconds_per_task), most_threads);
  for (Index begin = 0; begin < tasks;) {
    if (unpolled >= kPollEvery) {
      unpolled = {};
      poll_interrupt();
    }
    const Clock::time_point start = Clock::now();
    begin = run_until(start + (kPollEvery - unpolled), begin, tasks, threads, body);
    unpolled += Clock::now() - start;
  }
}

}  // namespace convstep
