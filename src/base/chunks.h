// Long arrays in pieces for parallel_for().
#pragma once

#include <algorithm>

#include "base/threads.h"

namespace convstep {

// Cells of a piece: enough to pay for its start, few enough to share out evenly.
constexpr Index kChunk = 16384;

inline Index chunk_count(Index n) { return ceil_div(n, kChunk); }

// run(begin, end) for each piece of [0, n), in any order.
template <typename Run>
void parallel_chunks(Index n, double nanoseconds_per_cell, Run run) {
  parallel_for(chunk_count(n), nanoseconds_per_cell * static_cast<double>(std::min(n, kChunk)),
               [&](Index task, int) { run(task * kChunk, std::min(n, (task + 1) * kChunk)); });
}

// In pieces, between which an interrupt is looked for: the first touch of fresh memory takes time.
template <typename T>
void fill_zeros(Index n, T* x) {
  parallel_chunks(n, 0.3, [x](Index begin, Index end) { std::fill(x + begin, x + end, T{0}); });
}

}  // namespace convstep
