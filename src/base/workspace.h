// Scratch memory of one kernel call: a part for each thread, aligned to a page, uninitialised.
//
// Taken on the main thread before a parallel region. Blocks up to kKeptBytes are kept for the next
// call (a fresh block costs a page fault every 4 KB), larger ones are freed at the end of the call.
#pragma once

#include "base/geometry.h"

namespace convstep {

constexpr Index kKeptBytes = Index{16} << 20;

class Workspace {
 public:
  // Throws std::bad_alloc if there is not enough memory.
  Workspace(int threads, Index bytes_per_thread);
  ~Workspace();
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  // Read and written as one type only, a scalar.
  template <typename T>
  T* of(int thread) const {
    return reinterpret_cast<T*>(data_ + thread * stride_);
  }

 private:
  char* data_;
  Index stride_;  // bytes, like the next
  Index bytes_;
};

template <typename T>
constexpr Index bytes_of(Index cells) {
  return cells * static_cast<Index>(sizeof(T));
}

}  // namespace convstep
