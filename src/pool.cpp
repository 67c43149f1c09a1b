#include "pool.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "threads.h"

namespace convstep {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// The real cells under one window: rows [h0, h1), columns [w0, w1).
struct Cells {
  Index h0, h1, w0, w1;
  Index count() const { return (h1 - h0) * (w1 - w0); }
};

Cells window_cells(const PoolGeometry& g, Index oh, Index ow) {
  const auto first = [](const Axis& axis, Index o) { return axis.cell(o, axis.first_tap(o)); };
  const auto end = [](const Axis& axis, Index o) { return axis.cell(o, axis.end_tap(o)); };
  return {first(g.h, oh), end(g.h, oh), first(g.w, ow), end(g.w, ow)};
}

// visit(cell) for the cells of a window of one example, row by row; `a` is its channel.
template <typename Visit>
void for_each_cell(const PoolGeometry& g, const Cells& cells, Visit visit) {
  for (Index h = cells.h0; h < cells.h1; ++h) {
    for (Index w = cells.w0; w < cells.w1; ++w) visit(g.m * (h + g.h.in * w));
  }
}

double nanoseconds_per_window(const PoolGeometry& g) {
  return 1.0 + 0.5 * static_cast<double>(g.h.filter * g.w.filter);
}

// reduce(a, cells) for every window; a points to the window's example and channel. A task is one
// output column.
template <typename Reduce>
void for_each_output(const PoolGeometry& g, const double* A, double* Z, Reduce reduce) {
  const Index column = g.m * g.h.out;
  parallel_for(g.w.out * g.C, static_cast<double>(column) * nanoseconds_per_window(g),
               [&](Index task, int) {
                 const Index c = task / g.w.out;
                 const double* a = A + g.m * g.h.in * g.w.in * c;
                 double* z = Z + column * task;
                 for (Index oh = 0; oh < g.h.out; ++oh) {
                   const Cells cells = window_cells(g, oh, task % g.w.out);
                   for (Index n = 0; n < g.m; ++n) z[n + g.m * oh] = reduce(a + n, cells);
                 }
               });
}

// spread(da, a offset, cells, dZ) adds each window's share; windows may overlap, so a task is a
// whole channel.
template <typename Spread>
void for_each_gradient(const PoolGeometry& g, const double* dZ, double* dA, Spread spread) {
  const Index a_channel = g.m * g.h.in * g.w.in;
  const Index z_channel = g.m * g.h.out * g.w.out;
  parallel_for(g.C, static_cast<double>(z_channel) * nanoseconds_per_window(g), [&](Index c, int) {
    std::fill_n(dA + a_channel * c, a_channel, 0.0);
    const double* dz = dZ + z_channel * c;
    for (Index ow = 0; ow < g.w.out; ++ow) {
      for (Index oh = 0; oh < g.h.out; ++oh) {
        const Cells cells = window_cells(g, oh, ow);
        for (Index n = 0; n < g.m; ++n) {
          spread(a_channel * c + n, cells, dz[n + g.m * (oh + g.h.out * ow)]);
        }
      }
    }
  });
}

// The first NaN, else the first maximum; `cell` of it. -Inf and -1 where there are no cells.
struct Maximum {
  double value = -kInf;
  Index cell = -1;
  void look(double v, Index at) {
    if (cell < 0 || (!(v <= value) && !std::isnan(value))) {
      value = v;
      cell = at;
    }
  }
};

Maximum window_maximum(const PoolGeometry& g, const double* a, const Cells& cells) {
  Maximum best;
  for_each_cell(g, cells, [&](Index at) { best.look(a[at], at); });
  return best;
}

}  // namespace

void pool_max_forward(const PoolGeometry& g, const double* A, double* Z) {
  for_each_output(g, A, Z, [&](const double* a, const Cells& cells) {
    return window_maximum(g, a, cells).value;
  });
}

void pool_average_forward(const PoolGeometry& g, const double* A, double* Z) {
  for_each_output(g, A, Z, [&](const double* a, const Cells& cells) {
    double sum = 0;
    for_each_cell(g, cells, [&](Index at) { sum += a[at]; });
    return sum / static_cast<double>(cells.count());
  });
}

void pool_max_backward(const PoolGeometry& g, Ties ties, const double* dZ, const double* A,
                       double* dA) {
  for_each_gradient(g, dZ, dA, [&](Index offset, const Cells& cells, double dz) {
    const double* a = A + offset;
    double* da = dA + offset;
    const Maximum best = window_maximum(g, a, cells);
    if (best.cell < 0) return;
    if (ties == Ties::first) {
      da[best.cell] += dz;
      return;
    }
    for_each_cell(g, cells, [&](Index at) {
      const double mask = std::isnan(best.value) ? kNaN : (a[at] == best.value ? 1.0 : 0.0);
      da[at] += mask * dz;
    });
  });
}

void pool_average_backward(const PoolGeometry& g, const double* dZ, double* dA) {
  for_each_gradient(g, dZ, dA, [&](Index offset, const Cells& cells, double dz) {
    const double share = dz / static_cast<double>(cells.count());
    for_each_cell(g, cells, [&](Index at) { dA[offset + at] += share; });
  });
}

}  // namespace convstep
