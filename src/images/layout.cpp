#include "images/layout.h"

#include <algorithm>

#include "base/threads.h"

namespace convstep {

void place_images(Index P, Index b, const unsigned char* images, Index n, Index first,
                  unsigned char* out) {
  // A task reads a cache line of each image, and writes as many runs.
  constexpr Index kPixels = 64;
  constexpr double kNanosecondsPerByte = 0.6;
  parallel_for(ceil_div(P, kPixels), kNanosecondsPerByte * static_cast<double>(kPixels * b),
               [=](Index task, int) {
                 const Index end = std::min(P, (task + 1) * kPixels);
                 for (Index p = task * kPixels; p < end; ++p) {
                   const unsigned char* from = images + p;
                   unsigned char* to = out + first + n * p;
                   for (Index i = 0; i < b; ++i) to[i] = from[P * i];
                 }
               });
}

}  // namespace convstep
