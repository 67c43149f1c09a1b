#include "base/threads.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <string>

#ifndef _WIN32
#include <pthread.h>
#endif

#include "base/cores.h"
#include "base/thread_pool.h"

namespace convstep {

namespace {

// Work, in ns, that one thread does alone: others come from sleep in 10 to 60 us, and where cores
// are contended for when they can.
constexpr double kSerialBelow = 60e3;
constexpr double kSerialWhenContended = 500e3;
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
  if (forked) return 1;
  const int cores = available_cores();
  const int asked = env_int("CONVSTEP_NUM_THREADS", env_int("OMP_NUM_THREADS", cores));
  return std::min({cores, check_limit(), asked});
}

// Started by the first work that is worth it. Not a static object: the end of R must wait for no
// thread, and where they sleep then they do no harm.
ThreadPool* pool = nullptr;
std::atomic<bool> running{false};  // a region runs; what is called inside is serial

#ifndef _WIN32
// The parent's threads are not in the child, and what they and the pool held stays as it was at the
// fork: the child leaves that pool alone for ever.
void in_forked_child() {
  forked = true;
  requested = 0;
  pool = nullptr;
  running = false;
}
const int fork_handler = pthread_atfork(nullptr, nullptr, in_forked_child);
#endif

using Clock = std::chrono::steady_clock;

// Marks a region as running for as long as it lives, unless one was running.
class Region {
 public:
  Region() : outermost_(!running.exchange(true)) {}
  ~Region() {
    if (outermost_) running = false;
  }
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  bool outermost() const { return outermost_; }

 private:
  bool outermost_;
};

using Body = std::function<void(Index, int)>;

// Runs tasks from `begin` on until all are done or, after at least one, `deadline` has passed;
// returns the first that was not run.
Index run_serially(Clock::time_point deadline, Index begin, Index tasks, const Body& body) {
  Index task = begin;
  do {
    body(task, 0);
  } while (++task < tasks && Clock::now() < deadline);
  return task;
}

Index run_on_threads(Clock::time_point deadline, Index begin, Index tasks, int threads,
                     const Body& body) {
  std::exception_ptr error = nullptr;
  std::atomic<bool> failed{false};
  std::atomic<bool> stop{false};
  std::atomic<Index> next{begin};
  if (pool == nullptr) pool = new ThreadPool;
  pool->run(threads, [&](int thread) {
    while (!stop) {
      const Index task = next.fetch_add(1);
      if (task >= tasks) break;
      try {
        body(task, thread);
      } catch (...) {
        if (!failed.exchange(true)) error = std::current_exception();
        stop = true;
      }
      if (Clock::now() >= deadline) stop = true;
    }
  });
  if (error) std::rethrow_exception(error);
  return std::min<Index>(next, tasks);
}

}  // namespace

int thread_count() {
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

int threads_for(double nanoseconds) {
  const bool contended = pool != nullptr && pool->contended();
  return nanoseconds < (contended ? kSerialWhenContended : kSerialBelow) ? 1 : thread_count();
}

int planned_threads(Index tasks, double nanoseconds_per_task) {
  const double all = static_cast<double>(tasks) * nanoseconds_per_task;
  return tasks < 2 ? 1 : static_cast<int>(std::min<Index>(threads_for(all), tasks));
}

void parallel_for(Index tasks, double nanoseconds_per_task, const Body& body, int most_threads) {
  // Of all calls since the last look: many short ones must not add up to a long time without.
  static Clock::duration unpolled{};
  const int threads = std::min(planned_threads(tasks, nanoseconds_per_task), most_threads);
  for (Index begin = 0; begin < tasks;) {
    if (!running && unpolled >= kPollEvery) {
      unpolled = {};
      poll_interrupt();
    }
    const Region region;
    if (!region.outermost()) {  // called from a body, on whatever thread
      begin = run_serially(Clock::time_point::max(), begin, tasks, body);
      continue;
    }
    const Clock::time_point start = Clock::now();
    const Clock::time_point deadline = start + (kPollEvery - unpolled);
    begin = threads > 1 ? run_on_threads(deadline, begin, tasks, threads, body)
                        : run_serially(deadline, begin, tasks, body);
    unpolled += Clock::now() - start;
  }
}

void end_threads() {
  delete pool;
  pool = nullptr;
}

}  // namespace convstep
