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

// How long a thread looks for work, and the caller for the last to return, before it sleeps: from
// sleep a thread comes in 10 to 60 us, which costs calls of 0.1 ms up to a third of their speed.
constexpr unsigned kSpin = 1000;       // us
constexpr unsigned kCallerSpin = 200;  // us
constexpr unsigned kShortSpin = 10;    // us, of the caller where cores are contended for
// A thread that comes later than kLate was kept from its core, and it is believed that whoever had
// it will want it for kRemembered.
constexpr unsigned kLate = 300;          // us
constexpr unsigned kRemembered = 50000;  // us

// Wraps around every 71 minutes; differences are what counts.
unsigned now_us() {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<unsigned>(duration_cast<microseconds>(now).count());
}

// Tells the processor that this is a loop that waits.
inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
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

ThreadPool::ThreadPool() : kept_at_(now_us() - kRemembered) {}

ThreadPool::~ThreadPool() {
  end_ = true;
  { const std::lock_guard<std::mutex> lock(mutex_); }
  work_there_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(int threads, const std::function<void(int)>& work) {
  grow(threads - 1);
  enough_cores_ = threads <= available_cores();
  work_ = &work;
  gate_ = static_cast<unsigned>(threads - 1) * kPlace;
  wake_two();
  work(0);
  gate_ &= kInside;
  wait_for_the_begun();
}

bool ThreadPool::contended() const { return now_us() - kept_at_ < kRemembered; }

// Whether `ready` came true within `us`. A gap between two looks at the clock is time in which
// something else had the core.
template <typename Ready>
bool ThreadPool::spin_until(unsigned us, Ready ready) {
  const unsigned start = now_us();
  for (unsigned now = start, last = start; now - start <= us; last = now, now = now_us()) {
    if (now - last > kLate) kept_at_ = now;
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      pause();
    }
  }
  return ready();
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
  while (!end_) {
    const bool may_spin = enough_cores_ && !contended();
    if (!may_spin || !spin_until(kSpin, [this] { return open() || end_; })) sleep();
    join_run();
  }
}

void ThreadPool::sleep() {
  std::unique_lock<std::mutex> lock(mutex_);
  ++sleepers_;
  while (!open() && !end_) {
    work_there_.wait(lock);
    const unsigned called = called_at_.exchange(0);
    if (called != 0 && now_us() - called > kLate) kept_at_ = now_us();
  }
  --sleepers_;
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
  unsigned unanswered = 0;
  called_at_.compare_exchange_strong(unanswered, now_us() | 1);
  { const std::lock_guard<std::mutex> lock(mutex_); }  // nobody is between a last look and sleep
  work_there_.notify_one();
  work_there_.notify_one();
}

void ThreadPool::wait_for_the_begun() {
  const unsigned spin = enough_cores_ && !contended() ? kCallerSpin : kShortSpin;
  if (spin_until(spin, [this] { return nobody_inside(); })) return;
  std::unique_lock<std::mutex> lock(mutex_);
  caller_sleeps_ = true;
  all_returned_.wait(lock, [this] { return nobody_inside(); });
  caller_sleeps_ = false;
}

bool ThreadPool::open() const { return gate_ >= kPlace; }

bool ThreadPool::nobody_inside() const { return (gate_ & kInside) == 0; }

}  // namespace convstep
