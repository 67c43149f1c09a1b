// Threads that wait for work beside the one that calls.
//
// Made for machines that others use too. The caller waits only for threads that have begun: where
// another program keeps a core busy, the thread meant for it comes late, finds nothing left, and
// nobody has missed it. A thread without work looks for some for a millisecond, as kernels follow
// each other closely, and then sleeps; at once where cores are contended for, as what it burns
// there may be what the caller needs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace convstep {

class ThreadPool {
 public:
  ThreadPool();
  // Ends the threads and waits until they are gone.
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Calls work(0) here and, at the same time, work(1), ..., work(threads - 1), each at most once
  // and on a thread of its own, those that come before work(0) is done. Returns when all calls that
  // were begun have returned. A call may return only when there is nothing left to begin, and must
  // not throw. One run at a time. Where the system gives fewer threads, fewer calls are made.
  void run(int threads, const std::function<void(int)>& work);

  // Whether a thread was lately kept from a core for longer than happens on an idle machine.
  bool contended() const;

 private:
  template <typename Ready>
  bool spin_until(unsigned us, Ready ready);
  void grow(int workers);
  void work_until_end();
  void sleep();
  void join_run();
  void wake_two();
  void wait_for_the_begun();
  bool open() const;
  bool nobody_inside() const;

  // The gate: how many places in the present run are free (upper half) and how many threads hold
  // one (lower half). A thread joins by taking a place and adding itself in one step; with no place
  // free the gate is closed.
  alignas(64) std::atomic<unsigned> gate_{0};
  const std::function<void(int)>* work_ =
      nullptr;  // written with the gate closed and nobody inside

  alignas(64) std::atomic<int> sleepers_{0};
  std::atomic<bool> caller_sleeps_{false};
  std::atomic<bool> end_{false};
  std::mutex mutex_;  // for falling asleep; held for no work
  std::condition_variable work_there_;
  std::condition_variable all_returned_;

  std::atomic<bool> enough_cores_{true};  // one for each thread of the last run
  std::atomic<unsigned> kept_at_;         // us, when a thread was last kept from a core
  std::atomic<unsigned> called_at_{0};    // us, when sleepers were called; 0: one has answered
  std::vector<std::thread> workers_;
  bool refused_ = false;  // the system gave no further thread
};

}  // namespace convstep
