#include "layers/gather.h"

#include <algorithm>
#include <vector>

#include "base/threads.h"

namespace convstep {

namespace {

// A cell read at random from memory, with several reads under way at a time.
constexpr double kNanosecondsPerCell = 2;
constexpr Index kPixelsPerTask = 16;

template <typename Run>
void for_each_pixel(Index P, Index b, Run run) {
  const Index tasks = ceil_div(P, kPixelsPerTask);
  parallel_for(tasks, kNanosecondsPerCell * static_cast<double>(kPixelsPerTask * b),
               [=](Index task, int) {
                 const Index end = std::min(P, (task + 1) * kPixelsPerTask);
                 for (Index p = task * kPixelsPerTask; p < end; ++p) run(p);
               });
}

}  // namespace

template <typename T>
void gather_rows(Index n, Index P, Index b, const T* X, const int* rows, double scale,
                 double* out) {
  for_each_pixel(P, b, [=](Index p) {
    const T* from = X + n * p - 1;
    double* to = out + b * p;
    for (Index i = 0; i < b; ++i) to[i] = static_cast<double>(from[rows[i]]) * scale;
  });
}

template <typename T>
void take_rows(Index n, Index P, Index b, const T* X, const int* rows, T* out) {
  std::vector<Index> order(static_cast<std::size_t>(b));
  for (Index i = 0; i < b; ++i) order[static_cast<std::size_t>(i)] = i;
  std::sort(order.begin(), order.end(), [=](Index i, Index j) { return rows[i] < rows[j]; });
  const Index* position = order.data();
  for_each_pixel(P, b, [=](Index p) {
    const T* from = X + n * p - 1;
    T* to = out + b * p;
    for (Index i = 0; i < b; ++i) to[position[i]] = from[rows[position[i]]];
  });
}

template void gather_rows(Index, Index, Index, const double*, const int*, double, double*);
template void gather_rows(Index, Index, Index, const int*, const int*, double, double*);
template void gather_rows(Index, Index, Index, const unsigned char*, const int*, double, double*);
template void take_rows(Index, Index, Index, const double*, const int*, double*);
template void take_rows(Index, Index, Index, const int*, const int*, int*);
template void take_rows(Index, Index, Index, const unsigned char*, const int*, unsigned char*);

void shift_images(Index b, Index H, Index W, Index C, const double* X, const int* dy, const int* dx,
                  double fill, double* out) {
  parallel_for(W * C, kNanosecondsPerCell * static_cast<double>(b * H), [=](Index task, int) {
    const Index w = task % W;
    const Index c = task / W;
    for (Index h = 0; h < H; ++h) {
      double* to = out + b * (h + H * (w + W * c));
      for (Index i = 0; i < b; ++i) {
        const Index y = h - dy[i];
        const Index x = w - dx[i];
        const bool inside = y >= 0 && y < H && x >= 0 && x < W;
        to[i] = inside ? X[i + b * (y + H * (x + W * c))] : fill;
      }
    }
  });
}

}  // namespace convstep
