// All thread policy: how many threads, when to start them, when to let the user interrupt. The only
// room that knows the pool; on one thread everything has the same bits.
#pragma once

#include <functional>

#include "base/geometry.h"

namespace convstep {

constexpr int kMostThreads = 1024;

// Threads that a region started now would use: the number set, or by default the cores this process
// may use, within CONVSTEP_NUM_THREADS (or, without it, OMP_NUM_THREADS) and R CMD check's limit of
// two; never more than OMP_THREAD_LIMIT. A forked child starts with one thread, whatever was set.
int thread_count();
// 0 restores the default. Returns the former setting (0 if it was the default).
int set_thread_count(int n);
// Ends the threads that wait for work. The next work starts others.
void end_threads();

// Called on the main thread between blocks of work, never inside a parallel region; throws to
// abandon the call. The glue sets it to R's interrupt check.
using PollFunction = void (*)();
void set_interrupt_poll(PollFunction poll);
void poll_interrupt();

// Threads that work of so many ns in all would use now: 1 for small work, and where others want the
// cores for more than that.
int threads_for(double nanoseconds);

// Threads that parallel_for(tasks, nanoseconds_per_task, ...) will use: 1 for small work. `thread`
// in the body runs from 0 to one below it.
int planned_threads(Index tasks, double nanoseconds_per_task);

// What a task should take at most, by its planner's estimate.
constexpr double kLongTask = 30e6;  // ns

// body(task, thread) for every task in [0, tasks), each once, in any order. Tasks must write to
// disjoint places and must not depend on `thread` but for scratch memory, so that results have the
// same bits for any number of threads. Every 20 ms by the clock, of this call and those before, the
// threads finish their tasks and an interrupt is looked for: no task should take much longer than
// kLongTask. An exception thrown by a body is rethrown here. No more than `most_threads` run, for
// the sake of scratch memory. Called from a body, it runs serially and looks for no interrupt.
void parallel_for(Index tasks, double nanoseconds_per_task,
                  const std::function<void(Index task, int thread)>& body,
                  int most_threads = kMostThreads);

}  // namespace convstep
