// Tests the threads without R, so that the thread sanitizer can watch them: every task runs once,
// exceptions and nested calls, forks and ends in the middle of work, signals, a system that gives
// no threads. Run by tools/test-kernels.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <set>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#ifndef _WIN32
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "base/threads.h"

using namespace convstep;

namespace {

// It ends a forked child that starts threads.
#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
constexpr bool kThreadSanitizer = false;
#endif

constexpr double kLarge = 1e6;  // ns a task, so that threads are started
int failures = 0;

void expect(bool condition, const char* what) {
  if (condition) return;
  std::printf("failed: %s\n", what);
  ++failures;
}

void work_for(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

// Each task once, `thread` in its range, and never two at once with the same.
bool runs_each_once(Index tasks, int threads, std::chrono::microseconds time, int most = 1024) {
  set_thread_count(threads);
  std::vector<std::atomic<int>> times(static_cast<std::size_t>(tasks));
  std::vector<std::atomic<int>> inside(static_cast<std::size_t>(threads));
  std::atomic<bool> good{true};
  parallel_for(
      tasks, kLarge,
      [&](Index task, int thread) {
        if (thread < 0 || thread >= std::min(threads, most)) {
          good = false;
          return;
        }
        if (++inside[static_cast<std::size_t>(thread)] != 1) good = false;
        ++times[static_cast<std::size_t>(task)];
        if (time.count() > 0) work_for(time);
        --inside[static_cast<std::size_t>(thread)];
      },
      most);
  for (const auto& n : times) {
    if (n != 1) return false;
  }
  return good;
}

void test_tasks() {
  bool good = true;
  for (int round = 0; round < 3000; ++round) {
    const int threads = 1 + round % 5;
    good = good && runs_each_once(round % 37, threads, std::chrono::microseconds(round % 3));
    if (round % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  expect(good, "each task runs once on a thread of its own");
  expect(runs_each_once(500, 64, std::chrono::microseconds(50)), "64 threads");
  expect(runs_each_once(500, 8, std::chrono::microseconds(50), 2), "at most two of eight threads");
  expect(runs_each_once(20, 3, std::chrono::milliseconds(5)),
         "work that is cut to look for interrupts");
}

void test_two_at_once() {
  set_thread_count(2);
  std::atomic<int> begun{0};
  parallel_for(2, kLarge, [&](Index, int) {
    ++begun;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (begun < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  });
  expect(begun == 2, "two tasks that wait for each other run at once");
}

void test_exceptions() {
  set_thread_count(4);
  int caught = 0;
  for (int round = 0; round < 300; ++round) {
    try {
      parallel_for(40, kLarge, [&](Index task, int) {
        if (task == round % 40) throw std::runtime_error("task");
      });
    } catch (const std::runtime_error& error) {
      caught += std::strcmp(error.what(), "task") == 0;
    }
  }
  expect(caught == 300, "an exception comes to the caller");
  expect(runs_each_once(50, 4, std::chrono::microseconds(10)), "work after exceptions");
}

int polls = 0;
struct Stop {};

void test_polls() {
  set_thread_count(2);
  set_interrupt_poll([] { ++polls; });
  const auto caller = std::this_thread::get_id();
  std::atomic<bool> stray{false};
  const auto begin = std::chrono::steady_clock::now();
  parallel_for(100, kLarge, [&](Index, int thread) {
    work_for(std::chrono::milliseconds(1));
    if (thread != 0 && std::this_thread::get_id() == caller) stray = true;
  });
  const auto looks = (std::chrono::steady_clock::now() - begin) / std::chrono::milliseconds(20);
  expect(polls >= 1 && polls <= looks + 1, "a look for interrupts every 20 ms");
  expect(!stray, "the caller is thread 0");
  set_interrupt_poll([] { throw Stop(); });
  bool stopped = false;
  try {
    parallel_for(1000, kLarge, [&](Index, int) { work_for(std::chrono::milliseconds(1)); });
  } catch (const Stop&) {
    stopped = true;
  }
  expect(stopped, "an interrupt ends the work");
  set_interrupt_poll(nullptr);
  expect(runs_each_once(50, 2, std::chrono::microseconds(10)), "work after an interrupt");
  // A look for interrupts may run R code, and that may call us.
  static bool inner = true;
  set_interrupt_poll([] { inner = inner && runs_each_once(20, 2, std::chrono::microseconds(10)); });
  expect(runs_each_once(60, 2, std::chrono::milliseconds(1)) && inner, "work inside a look");
  set_interrupt_poll(nullptr);
}

void test_nested() {
  set_thread_count(3);
  std::atomic<int> runs{0};
  std::atomic<bool> on_other{false};
  parallel_for(6, kLarge, [&](Index, int) {
    const auto here = std::this_thread::get_id();
    parallel_for(50, kLarge, [&](Index, int thread) {
      ++runs;
      if (thread != 0 || std::this_thread::get_id() != here) on_other = true;
    });
  });
  expect(runs == 300 && !on_other, "a nested call runs where it is called");
}

void test_end() {
  bool good = true;
  for (int round = 0; round < 200; ++round) {
    good = good && runs_each_once(10, 2 + round % 3, std::chrono::microseconds(round % 30));
    end_threads();
  }
  end_threads();
  expect(good, "threads are ended and started again");
}

#ifndef _WIN32
int value_of_child(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void test_forks() {
  bool good = true;
  for (int round = 0; round < 60; ++round) {
    good = good && runs_each_once(40, 3, std::chrono::microseconds(5));
    const pid_t child = fork();  // the threads look for work, fall asleep or sleep
    if (child == 0) {
      alarm(20);
      bool fine = thread_count() == 1;
      set_thread_count(0);
      fine = fine && thread_count() == 1;
      set_thread_count(2);
      fine = fine && thread_count() == 2 && runs_each_once(40, 2, std::chrono::microseconds(5));
      _exit(fine ? 0 : 1);
    }
    good = good && value_of_child(child) == 0;
    if (round % 2) std::this_thread::sleep_for(std::chrono::microseconds(round));
  }
  // In the middle of a region, from a task; the child goes on alone.
  set_thread_count(3);
  std::atomic<int> bad{0};
  parallel_for(12, kLarge, [&](Index, int) {
    work_for(std::chrono::microseconds(200));
    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      _exit(thread_count() == 1 && runs_each_once(20, 1, std::chrono::microseconds(5)) ? 0 : 1);
    }
    if (value_of_child(child) != 0) ++bad;
  });
  expect(good && bad == 0, "forked children have one thread and may ask for more");
}

pthread_t main_thread;
std::atomic<int> on_main{0};
std::atomic<int> elsewhere{0};

void count_signal(int) { ++(pthread_equal(pthread_self(), main_thread) ? on_main : elsewhere); }

void test_signals() {
  main_thread = pthread_self();
  struct sigaction action {};
  action.sa_handler = count_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  end_threads();
  runs_each_once(200, 4, std::chrono::microseconds(5));
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  expect(sigismember(&before, SIGINT) == sigismember(&after, SIGINT), "the caller's mask stays");
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  for (int round = 0; round < 100; ++round) {
    pthread_sigmask(SIG_BLOCK, &usr1, nullptr);  // so that another thread would have to take it
    kill(getpid(), SIGUSR1);
    runs_each_once(20, 4, std::chrono::microseconds(5));
    pthread_sigmask(SIG_UNBLOCK, &usr1, nullptr);
  }
  expect(elsewhere == 0 && on_main == 100, "signals come to the caller's thread only");
}

void test_no_threads() {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    set_thread_count(4);
    rlimit none{};
    getrlimit(RLIMIT_NPROC, &none);
    none.rlim_cur = 0;
    setrlimit(RLIMIT_NPROC, &none);
    if (setuid(65534) != 0) _exit(0);  // limits do not count for root; only root can test it
    bool refused = false;
    try {
      std::thread([] {}).join();
    } catch (const std::system_error&) {
      refused = true;
    }
    _exit(refused && runs_each_once(40, 4, std::chrono::microseconds(5)) ? 0 : 1);
  }
  expect(value_of_child(child) == 0, "work goes on where the system gives no threads");
}
#endif

}  // namespace

// test-threads [no-forks]: QEMU does not survive the fork of a process with several threads.
int main(int argc, char**) {
  [[maybe_unused]] const bool forks = argc == 1 && !kThreadSanitizer;
  test_tasks();
  test_two_at_once();
  test_exceptions();
  test_polls();
  test_nested();
  test_end();
#ifndef _WIN32
  if (forks) {
    test_forks();
    test_no_threads();
  }
  test_signals();
#endif
  end_threads();
  std::printf("threads: %d failures\n", failures);
  return failures == 0 ? 0 : 1;
}
