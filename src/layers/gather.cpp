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

template <typename T, typename Real>
void gather_rows(Index n, Index P, Index b, const T* X, const int* rows, const Scaling& scaling,
                 Real* out) {
  for_each_pixel(P, b, [=](Index p) {
    const T* from = X + n * p - 1;
    Real* to = out + b * p;
    const double centre = scaling.centre[p / scaling.pixels];
    const double factor = scaling.factor[p / scaling.pixels];
    for (Index i = 0; i < b; ++i) {
      to[i] = static_cast<Real>((static_cast<double>(from[rows[i]]) - centre) * factor);
    }
  });
}

template <typename T>
void channel_moments(Index n, Index pixels, Index channels, Index b, const T* X, const int* rows,
                     Moments* moments) {
  parallel_for(
      channels, 4.0 * kNanosecondsPerCell * static_cast<double>(pixels * b), [=](Index c, int) {
        Moments all{0, 0};
        for (Index p = 0; p < pixels; ++p) {
          const T* from = X + n * (p + pixels * c) - 1;
          double sum = 0;
          for (Index i = 0; i < b; ++i) sum += static_cast<double>(from[rows[i]]);
          const double mean = sum / static_cast<double>(b);
          double squares = 0;
          for (Index i = 0; i < b; ++i) {
            const double distance = static_cast<double>(from[rows[i]]) - mean;
            squares += distance * distance;
          }
          // Chan, Golub and LeVeque (1983): b values join the p * b before them.
          const double step = mean - all.mean;
          const auto before = static_cast<double>(p);
          all.mean += step / (before + 1);
          all.squares += squares + step * step * static_cast<double>(b) * before / (before + 1);
        }
        moments[c] = all;
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

#define CONVSTEP_MAKE(T)                                                                         \
  template void gather_rows(Index, Index, Index, const T*, const int*, const Scaling&, double*); \
  template void gather_rows(Index, Index, Index, const T*, const int*, const Scaling&, float*);  \
  template void channel_moments(Index, Index, Index, Index, const T*, const int*, Moments*);
CONVSTEP_MAKE(double)
CONVSTEP_MAKE(int)
CONVSTEP_MAKE(unsigned char)
#undef CONVSTEP_MAKE

template void take_rows(Index, Index, Index, const double*, const int*, double*);
template void take_rows(Index, Index, Index, const int*, const int*, int*);
template void take_rows(Index, Index, Index, const unsigned char*, const int*, unsigned char*);

}  // namespace convstep
