#include "images/augment.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"
#include "base/scalars.h"
#include "base/threads.h"

namespace convstep {

namespace {

// run(h, w, i) for each cell of a channel, in an order that meets memory in sequence; a task is a
// column of cells.
template <typename Run>
void for_each_place(const BatchShape& s, double nanoseconds, Run run) {
  parallel_for(s.W, nanoseconds * static_cast<double>(s.b * s.H), [=](Index w, int) {
    for (Index h = 0; h < s.H; ++h) {
      for (Index i = 0; i < s.b; ++i) run(h, w, i);
    }
  });
}

Index at(const BatchShape& s, Index i, Index h, Index w, Index c) {
  return i + s.b * (h + s.H * (w + s.W * c));
}

// out of X for all channels, where from(h, w, i, &y, &x) says which cell of an image it is, or that
// there is none.
template <typename Real, typename From>
void move_cells(const BatchShape& s, const Real* X, double fill, Real* out, From from) {
  const Index channel = s.b * s.H * s.W;
  for_each_place(s, 1.5 * static_cast<double>(s.C), [=](Index h, Index w, Index i) {
    Index y = h;
    Index x = w;
    const bool inside = from(i, &y, &x);
    const Index to = at(s, i, h, w, 0);
    const Index source = inside ? at(s, i, y, x, 0) : 0;
    for (Index c = 0; c < s.C; ++c) {
      out[to + channel * c] = inside ? X[source + channel * c] : static_cast<Real>(fill);
    }
  });
}

// The weight of each channel in grey.
double grey_weight(Index C, Index c) {
  constexpr double kLuminance[] = {0.299, 0.587, 0.114};
  return C == 3 ? kLuminance[c] : 1 / static_cast<double>(C);
}

}  // namespace

template <typename Real>
void shift_images(const BatchShape& s, const Real* X, const int* dy, const int* dx, double fill,
                  Real* out) {
  move_cells(s, X, fill, out, [=](Index i, Index* y, Index* x) {
    *y -= dy[i];
    *x -= dx[i];
    return *y >= 0 && *y < s.H && *x >= 0 && *x < s.W;
  });
}

template <typename Real>
void flip_images(const BatchShape& s, const Real* X, const int* flip_h, const int* flip_w,
                 Real* out) {
  move_cells(s, X, 0, out, [=](Index i, Index* y, Index* x) {
    if (flip_h[i] != 0) *y = s.H - 1 - *y;
    if (flip_w[i] != 0) *x = s.W - 1 - *x;
    return true;
  });
}

template <typename Real>
void warp_images(const BatchShape& s, const Real* X, const double* map, double fill, bool extend,
                 Real* out) {
  const Index channel = s.b * s.H * s.W;
  for_each_place(s, 6 + 4 * static_cast<double>(s.C), [=](Index h, Index w, Index i) {
    const double* m = map + 6 * i;
    const auto row = static_cast<double>(h);
    const auto column = static_cast<double>(w);
    // Far outside, where all is fill or border, a place is as good as the nearest of these.
    const auto clamp = [](double place, Index n) {
      return std::min(std::max(place, -2.0), static_cast<double>(n) + 1);
    };
    const double y = clamp(m[0] + m[1] * row + m[2] * column, s.H);
    const double x = clamp(m[3] + m[4] * row + m[5] * column, s.W);
    const double y_floor = std::floor(y);
    const double x_floor = std::floor(x);
    const double down = y - y_floor;
    const double right = x - x_floor;
    const double weight[4] = {(1 - down) * (1 - right), down * (1 - right), (1 - down) * right,
                              down * right};
    Index source[4];
    for (Index k = 0; k < 4; ++k) {
      Index yk = static_cast<Index>(y_floor) + k % 2;
      Index xk = static_cast<Index>(x_floor) + k / 2;
      if (extend) {
        yk = std::min(std::max<Index>(yk, 0), s.H - 1);
        xk = std::min(std::max<Index>(xk, 0), s.W - 1);
      }
      const bool inside = yk >= 0 && yk < s.H && xk >= 0 && xk < s.W;
      source[k] = inside ? at(s, i, yk, xk, 0) : -1;
    }
    const Index to = at(s, i, h, w, 0);
    for (Index c = 0; c < s.C; ++c) {
      double sum = 0;
      for (Index k = 0; k < 4; ++k) {
        sum += weight[k] * (source[k] < 0 ? fill : static_cast<double>(X[source[k] + channel * c]));
      }
      out[to + channel * c] = static_cast<Real>(sum);
    }
  });
}

template <typename Real>
void colour_images(const BatchShape& s, const Real* X, const double* brightness,
                   const double* contrast, const double* saturation, Real* out) {
  const Index channel = s.b * s.H * s.W;
  std::vector<double> mean(static_cast<std::size_t>(s.b), 0.0);
  // A task is some images, whose means it adds up in one order.
  constexpr Index kImages = 8;
  const auto cells = static_cast<double>(s.H * s.W);
  parallel_for(ceil_div(s.b, kImages), cells * static_cast<double>(kImages * s.C),
               [&](Index task, int) {
                 const Index begin = task * kImages;
                 const Index end = std::min(s.b, begin + kImages);
                 for (Index c = 0; c < s.C; ++c) {
                   const double weight = grey_weight(s.C, c) / cells;
                   for (Index p = 0; p < s.H * s.W; ++p) {
                     const Real* from = X + s.b * (p + s.H * s.W * c);
                     for (Index i = begin; i < end; ++i) {
                       mean[static_cast<std::size_t>(i)] += weight * static_cast<double>(from[i]);
                     }
                   }
                 }
               });
  const double* means = mean.data();
  for_each_place(s, 4 * static_cast<double>(s.C), [=](Index h, Index w, Index i) {
    const Index place = at(s, i, h, w, 0);
    // Brightness moves the mean along.
    const auto adjusted = [=](Index c) {
      return means[i] + brightness[i] +
             contrast[i] * (static_cast<double>(X[place + channel * c]) - means[i]);
    };
    double grey = 0;
    for (Index c = 0; c < s.C; ++c) grey += grey_weight(s.C, c) * adjusted(c);
    const double keep = s.C == 1 ? 1 : saturation[i];
    for (Index c = 0; c < s.C; ++c) {
      out[place + channel * c] = static_cast<Real>(grey + keep * (adjusted(c) - grey));
    }
  });
}

template <typename Real>
void noisy_images(const BatchShape& s, const Real* X, const std::uint64_t* keys, double sd,
                  Real* out) {
  constexpr double kTwoPi = 6.283185307179586476925286766559;
  const Index P = s.H * s.W * s.C;
  parallel_for(ceil_div(P, 2), 25 * static_cast<double>(s.b), [=](Index pair, int) {
    const Index first = 2 * pair;
    for (Index i = 0; i < s.b; ++i) {
      const double radius =
          sd * std::sqrt(-2 * std::log(uniform(keys[i], static_cast<std::uint64_t>(first))));
      const double angle = kTwoPi * uniform(keys[i], static_cast<std::uint64_t>(first) + 1);
      const Index p = i + s.b * first;
      out[p] = static_cast<Real>(static_cast<double>(X[p]) + radius * std::cos(angle));
      if (first + 1 < P) {
        out[p + s.b] =
            static_cast<Real>(static_cast<double>(X[p + s.b]) + radius * std::sin(angle));
      }
    }
  });
}

template <typename Real>
void erase_images(const BatchShape& s, const Real* X, const int* top, const int* height,
                  const int* left, const int* width, double fill, Real* out) {
  move_cells(s, X, fill, out, [=](Index i, Index* y, Index* x) {
    return *y < top[i] || *y >= top[i] + height[i] || *x < left[i] || *x >= left[i] + width[i];
  });
}

template <typename Real>
void blend_images(const BatchShape& s, const Real* X, const int* partner, const double* share,
                  Real* out) {
  parallel_for(s.W * s.C, 1.5 * static_cast<double>(s.b * s.H), [=](Index task, int) {
    for (Index p = task * s.H; p < (task + 1) * s.H; ++p) {
      const Real* from = X + s.b * p;
      Real* to = out + s.b * p;
      for (Index i = 0; i < s.b; ++i) {
        to[i] = static_cast<Real>(share[i] * static_cast<double>(from[i]) +
                                  (1 - share[i]) * static_cast<double>(from[partner[i]]));
      }
    }
  });
}

#define CONVSTEP_MAKE(Real)                                                                        \
  template void shift_images(const BatchShape&, const Real*, const int*, const int*, double,       \
                             Real*);                                                               \
  template void flip_images(const BatchShape&, const Real*, const int*, const int*, Real*);        \
  template void warp_images(const BatchShape&, const Real*, const double*, double, bool, Real*);   \
  template void colour_images(const BatchShape&, const Real*, const double*, const double*,        \
                              const double*, Real*);                                               \
  template void noisy_images(const BatchShape&, const Real*, const std::uint64_t*, double, Real*); \
  template void erase_images(const BatchShape&, const Real*, const int*, const int*, const int*,   \
                             const int*, double, Real*);                                           \
  template void blend_images(const BatchShape&, const Real*, const int*, const double*, Real*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
