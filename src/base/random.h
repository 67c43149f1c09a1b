// Random numbers by place, not by turn: number i of a stream is a function of the stream's key and
// i, so that any thread can make any of them, and the bits do not depend on who does.
//
// SplitMix64: Steele, Lea and Flood (2014), Fast splittable pseudorandom number generators,
// OOPSLA. Output i of seed s is mix(s + (i + 1) * gamma).
#pragma once

#include <cstdint>

#include "base/geometry.h"

namespace convstep {

constexpr std::uint64_t splitmix(std::uint64_t seed, std::uint64_t i) {
  std::uint64_t z = seed + (i + 1) * 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

// A uniform number: one of the middles of 2^53 equal parts of (0, 1).
constexpr double uniform(std::uint64_t seed, std::uint64_t i) {
  return (static_cast<double>(splitmix(seed, i) >> 11) + 0.5) * 0x1p-53;
}

}  // namespace convstep
