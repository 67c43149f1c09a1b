#include "base/thread_pool.h"

#include <chrono>
#include <system_error>

#include "base/cores.h"

#ifndef _WIN32
#include <signal.h>
#endif

namespace convstep {

namespace {

constexpr unsigned kPlace = 1u << 16;
constexpr unsigned kInside = kPlace - 1;

// How long a thread looks for work, and the caller for the last to return, before it sleeps. From
// sleep a thread comes in 5 to 50 us.
constexpr std::chrono::microseconds kSpin{20};

// Tells the processor that this is a loop that waits.
inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// Whether `ready` came true within kSpin.
template <typename Ready>
bool spin_until(Ready ready) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + kSpin;
  do {
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      pause();
    }
  } while (Clock::now() < end);
  return ready();
}

// Threads started while it lives get no signals: those are for R's own thread, whose handlers may
// jump out of what it does.
class SignalsBlocked {
 public:
#ifdef _WIN32
  SignalsBlocked() {}
#else
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &former_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &former_, nullptr); }

 private:
  sigset_t former_;
#endif
};

}  // namespace

ThreadPool::~ThreadPool() {
  end_ = true;
  { const std::lock_guard<std::mutex> lock(mutex_); }
  work_there_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(int threads, const std::function<void(int)>& work) {
  grow(threads - 1);
  spins_ = threads <= available_cores();
  work_ = &work;
  gate_ = static_cast<unsigned>(threads - 1) * kPlace;
  wake_two();
  work(0);
  gate_ &= kInside;
  wait_for_the_begun();
}

void ThreadPool::grow(int workers) {
  const SignalsBlocked blocked;
  while (static_cast<int>(workers_.size()) < workers && !refused_) {
    try {
      workers_.emplace_back(&ThreadPool::work_until_end, this);
    } catch (const std::system_error&) {
      refused_ = true;
    }
  }
}

void ThreadPool::work_until_end() {
  const auto called = [this] { return open() || end_; };
  while (!end_) {
    if (!spins_ || !spin_until(called)) {
      std::unique_lock<std::mutex> lock(mutex_);
      ++sleepers_;
      work_there_.wait(lock, called);
      --sleepers_;
    }
    join_run();
  }
}

void ThreadPool::join_run() {
  unsigned gate = gate_;
  do {
    if (gate < kPlace) return;
  } while (!gate_.compare_exchange_weak(gate, gate - kPlace + 1));
  if (open()) wake_two();
  (*work_)(static_cast<int>(gate / kPlace));
  gate_ &= kInside;  // nothing is left to begin
  --gate_;
  if (!nobody_inside() || !caller_sleeps_) return;
  { const std::lock_guard<std::mutex> lock(mutex_); }
  all_returned_.notify_one();
}

// Those who were woken wake others in turn, so that many come soon and no one pays for all.
void ThreadPool::wake_two() {
  if (sleepers_ == 0) return;
  { const std::lock_guard<std::mutex> lock(mutex_); }  // nobody is between a last look and sleep
  work_there_.notify_one();
  work_there_.notify_one();
}

void ThreadPool::wait_for_the_begun() {
  if (spin_until([this] { return nobody_inside(); })) return;
  std::unique_lock<std::mutex> lock(mutex_);
  caller_sleeps_ = true;
  all_returned_.wait(lock, [this] { return nobody_inside(); });
  caller_sleeps_ = false;
}

bool ThreadPool::open() const { return gate_ >= kPlace; }

bool ThreadPool::nobody_inside() const { return (gate_ & kInside) == 0; }

}  // namespace convstep
