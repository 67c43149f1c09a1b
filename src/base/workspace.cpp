#include "base/workspace.h"

#include <new>
#include <utility>

#include "base/machine.h"

namespace convstep {

namespace {

// The block kept between calls. Only the main thread takes and returns it; a call that finds it
// taken (an R event handler may run inside another call's interrupt check) gets a block of its own.
struct Kept {
  char* data = nullptr;
  Index bytes = 0;
  ~Kept() { ::operator delete (data, std::align_val_t{kPageBytes}); }
} kept;

}  // namespace

Workspace::Workspace(int threads, Index bytes_per_thread) {
  // An odd number of pages, so that threads and channels do not fall on the same cache sets.
  const Index pages = ceil_div(bytes_per_thread, kPageBytes) | 1;
  stride_ = pages * kPageBytes;
  bytes_ = pages * kPageBytes * threads;
  if (kept.bytes >= bytes_) {
    bytes_ = std::exchange(kept.bytes, 0);
    data_ = std::exchange(kept.data, nullptr);
  } else {
    data_ = static_cast<char*>(
        ::operator new (static_cast<std::size_t>(bytes_), std::align_val_t{kPageBytes}));
  }
}

Workspace::~Workspace() {
  if (bytes_ <= kKeptBytes && bytes_ > kept.bytes) {
    std::swap(data_, kept.data);
    std::swap(bytes_, kept.bytes);
  }
  ::operator delete (data_, std::align_val_t{kPageBytes});
}

}  // namespace convstep
