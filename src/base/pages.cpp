#include "base/pages.h"

#include <cstdint>
#include <cstdlib>

#if defined(__GLIBC__)
#include <malloc.h>
#endif
#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace convstep {

namespace {

constexpr Index kOwnMapping = Index{32} << 20;  // the largest limit that glibc takes

}  // namespace

void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int kKept = 256 << 20;
  for (const char* name : {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"}) {
    if (std::getenv(name) != nullptr) return;
  }
  if (mallopt(M_MMAP_THRESHOLD, static_cast<int>(kOwnMapping)) == 1) {
    mallopt(M_TRIM_THRESHOLD, kKept);
  }
#endif
}

void prefer_large_pages(void* block, Index bytes) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  if (bytes < kOwnMapping) return;
  constexpr std::uintptr_t kPage = 4096;
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const std::uintptr_t begin = (address + kPage - 1) / kPage * kPage;
  const std::uintptr_t end = (address + static_cast<std::uintptr_t>(bytes)) / kPage * kPage;
  madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // advice: it may fail
#else
  (void)block;
  (void)bytes;
#endif
}

}  // namespace convstep
