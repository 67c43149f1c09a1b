// What the kernels' planners take for granted about processors: sizes of caches and nominal rates.
// Measured on Zen 4 and Zen 5; half or twice of any of them costs some percent.
#pragma once

#include "base/geometry.h"

namespace convstep {

constexpr Index kPageBytes = 4096;
constexpr Index kCacheLine = 64;  // bytes
template <typename T>
constexpr Index kLineCells = kCacheLine / static_cast<Index>(sizeof(T));

// What a kernel's working set may take of the first cache, and of the second beside what streams
// through it.
constexpr Index kFirstCacheBytes = Index{32} << 10;
constexpr Index kSecondCacheBytes = Index{400} << 10;
// Results of this size are not read from the caches again: to store past them saves reading what
// is overwritten.
constexpr Index kStreamBytes = Index{8} << 20;

// Operations that a thread does in a nanosecond, for each lane of its vectors: some two thirds of
// the peak.
constexpr double kFlopsPerLane = 12;
// Bytes that a thread moves in a nanosecond.
constexpr double kBytesPerNs = 8;

}  // namespace convstep
