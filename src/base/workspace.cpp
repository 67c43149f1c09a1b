#include "base/workspace.h"

#include <new>
#include <utility>

namespace convstep {

namespace {

constexpr Index kPage = 4096;

// The block kept between calls. Only the main thread takes and returns it; a call that finds it
// taken (an R event handler may run inside another call's interrupt check) gets a block of its own.
struct Kept {
  double* data = nullptr;
  Index bytes = 0;
  ~Kept() { ::operator delete (data, std::align_val_t{kPage}); }
} kept;

}  // namespace

Workspace::Workspace(int threads, Index doubles_per_thread) {
  const Index bytes = doubles_per_thread * static_cast<Index>(sizeof(double));
  // An odd number of pages, so that threads and channels do not fall on the same cache sets.
  const Index pages = ((bytes + kPage - 1) / kPage) | 1;
  stride_ = pages * kPage / static_cast<Index>(sizeof(double));
  bytes_ = pages * kPage * threads;
  if (kept.bytes >= bytes_) {
    bytes_ = std::exchange(kept.bytes, 0);
    data_ = std::exchange(kept.data, nullptr);
  } else {
    data_ = static_cast<double*>(
        ::operator new (static_cast<std::size_t>(bytes_), std::align_val_t{kPage}));
  }
}

Workspace::~Workspace() {
  if (bytes_ <= kKeptBytes && bytes_ > kept.bytes) {
    std::swap(data_, kept.data);
    std::swap(bytes_, kept.bytes);
  }
  ::operator delete (data_, std::align_val_t{kPage});
}

}  // namespace convstep
