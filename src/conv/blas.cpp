// The engine "blas": im2col in blocks, then R's matrix product. The reference for the others; it
// computes in double precision whatever the arrays hold.
//
// A block is a range of (example, output row) pairs of one output column: rows q of the joint index
// n + m * oh are contiguous in Z, so Z[q0:q1, ow, :] are K columns with a fixed distance. The patch
// matrix P (block x taps * C/groups) is gathered with examples innermost; the products run
//   forward   Zb = P F        (block x K/groups, scattered into Z)
//   dA        P  = dZb F'     (scattered back into dA by addition)
//   dW        dW += P' dZb
// The sums over blocks run in a fixed order; the gather is serial: the BLAS does the work.
#include <algorithm>
#include <cstring>

#include "base/chunks.h"
#include "base/scalars.h"
#include "base/threads.h"
#include "base/workspace.h"
#include "conv/conv.h"
#include "conv/gemm.h"

namespace convstep {

namespace {

// Doubles in the patch matrix and the output block together.
constexpr Index kBlockDoubles = (Index{16} << 20) / 8;

// Multiply-adds between two looks for an interrupt: a tenth of a second of a slow BLAS.
constexpr Index kMultipliesPerPoll = Index{1} << 27;

// One block: rows [begin, end) of q = n + m * oh, in output column ow.
struct Block {
  Index begin, end, ow;
  Index rows() const { return end - begin; }
};

// Calls run(begin, count, cell_row, offset) for each stretch of the block whose tap `i` lies in one
// input row; cell_row is that row (or outside [0, H) for padding), begin the first example in it.
template <typename Run>
void for_each_row(const ConvGeometry& g, const Block& block, Index tap, Run run) {
  for (Index q = block.begin; q < block.end;) {
    const Index oh = q / g.m;
    const Index n = q % g.m;
    const Index count = std::min(g.m - n, block.end - q);
    run(n, count, g.h.cell(oh, tap), q - block.begin);
    q += count;
  }
}

// Each column of the patch matrix: patch(column data, tap row i, input column or outside, channel).
template <typename Column>
void for_each_patch_column(const ConvGeometry& g, const Block& block, Index group, double* P,
                           Column column) {
  for (Index c = 0; c < g.group_channels(); ++c) {
    for (Index j = 0; j < g.w.filter; ++j) {
      const Index iw = g.w.cell(block.ow, j);
      const bool inside = iw >= 0 && iw < g.w.in;
      const Index channel = group * g.group_channels() + c;
      for (Index i = 0; i < g.h.filter; ++i) {
        column(P + block.rows() * (i + g.h.filter * (j + g.w.filter * c)), i,
               inside ? g.m * g.h.in * (iw + g.w.in * channel) : Index{-1});
      }
    }
  }
}

template <typename Store>
void gather(const ConvGeometry& g, const Store* A, const Block& block, Index group, double* P) {
  for_each_patch_column(g, block, group, P, [&](double* p, Index i, Index base) {
    for_each_row(g, block, i, [&](Index n, Index count, Index ih, Index offset) {
      if (base < 0 || ih < 0 || ih >= g.h.in) {
        std::fill_n(p + offset, count, 0.0);
      } else {
        std::copy_n(A + base + n + g.m * ih, count, p + offset);
      }
    });
  });
}

template <typename Store>
void scatter(const ConvGeometry& g, Store* dA, const Block& block, Index group, double* P) {
  for_each_patch_column(g, block, group, P, [&](const double* p, Index i, Index base) {
    if (base < 0) return;
    for_each_row(g, block, i, [&](Index n, Index count, Index ih, Index offset) {
      if (ih < 0 || ih >= g.h.in) return;
      Store* to = dA + base + n + g.m * ih;
      for (Index e = 0; e < count; ++e) to[e] += static_cast<Store>(p[offset + e]);
    });
  });
}

// Copies between a block of Z and a dense matrix (block x K/groups).
template <typename Copy>
void for_each_filter(const ConvGeometry& g, const Block& block, Index group, Copy copy) {
  const Index column = g.m * g.h.out;
  for (Index k = 0; k < g.group_filters(); ++k) {
    copy(column * (block.ow + g.w.out * (group * g.group_filters() + k)) + block.begin,
         block.rows() * k);
  }
}

// visit(block, group, P, Zb) over all blocks, in order.
template <typename Visit>
void for_each_block(const ConvGeometry& g, Visit visit) {
  const Index depth = g.taps() * g.group_channels();
  const Index width = depth + g.group_filters();
  const Index most = std::max<Index>(1, kBlockDoubles / width);
  const Index rows = std::min(most, g.m * g.h.out);
  if (rows == 0) return;
  Workspace workspace(1, bytes_of<double>(rows * width));
  double* P = workspace.of<double>(0);
  double* Zb = P + rows * depth;
  for (Index group = 0; group < g.groups; ++group) {
    for (Index ow = 0; ow < g.w.out; ++ow) {
      for (Index q = 0; q < g.m * g.h.out; q += rows) {
        visit(Block{q, std::min(q + rows, g.m * g.h.out), ow}, group, P, Zb);
      }
    }
  }
}

// visit(first, count) over the filters of a group in parts that a matrix product of `rows` times
// `depth` soon gets done.
template <typename Visit>
void for_each_filter_part(const ConvGeometry& g, Index rows, Index depth, Visit visit) {
  const Index part = std::max<Index>(1, kMultipliesPerPoll / (rows * depth));
  for (Index k = 0; k < g.group_filters(); k += part) {
    poll_interrupt();
    visit(k, std::min(part, g.group_filters() - k));
  }
}

const double* group_filters(const ConvGeometry& g, const double* F, Index group) {
  return F + g.taps() * g.group_channels() * g.group_filters() * group;
}

template <typename Real, typename Store>
void forward(const ConvGeometry& g, const Store* A, const double* F, const double* b, Store* Z) {
  const Index depth = g.taps() * g.group_channels();
  for_each_block(g, [&](const Block& block, Index group, double* P, double* Zb) {
    gather(g, A, block, group, P);
    const double* filters = group_filters(g, F, group);
    for_each_filter_part(g, block.rows(), depth, [&](Index k, Index count) {
      gemm(false, false, block.rows(), count, depth, P, filters + depth * k, Zb + block.rows() * k,
           false);
    });
    const double* bias = b + group * g.group_filters();
    for_each_filter(g, block, group, [&](Index z, Index zb) {
      const double add = bias[zb / block.rows()];
      for (Index e = 0; e < block.rows(); ++e) {
        Z[z + e] = static_cast<Store>(Zb[zb + e] + add);
      }
    });
  });
}

template <typename Real, typename Store>
void backward(const ConvGeometry& g, const Store* dZ, const Store* A, const double* F, Store* dA,
              double* dW, double* db) {
  const Index depth = g.taps() * g.group_channels();
  if (dA != nullptr) fill_zeros(g.a_size(), dA);
  if (dW != nullptr) std::fill_n(dW, g.w_size(), 0.0);
  if (db != nullptr) std::fill_n(db, g.K, 0.0);
  for_each_block(g, [&](const Block& block, Index group, double* P, double* Zb) {
    for_each_filter(g, block, group, [&](Index z, Index zb) {
      std::copy_n(dZ + z, block.rows(), Zb + zb);
      if (db == nullptr) return;
      double sum = 0;
      for (Index e = 0; e < block.rows(); ++e) sum += Zb[zb + e];
      db[group * g.group_filters() + zb / block.rows()] += sum;
    });
    if (dW != nullptr) {
      gather(g, A, block, group, P);
      double* dw = dW + depth * g.group_filters() * group;
      for_each_filter_part(g, block.rows(), depth, [&](Index k, Index count) {
        gemm(true, false, depth, count, block.rows(), P, Zb + block.rows() * k, dw + depth * k,
             true);
      });
    }
    if (dA != nullptr) {
      const double* filters = group_filters(g, F, group);
      for_each_filter_part(g, block.rows(), depth, [&](Index k, Index count) {
        gemm(false, true, block.rows(), depth, count, Zb + block.rows() * k, filters + depth * k, P,
             k > 0);
      });
      scatter(g, dA, block, group, P);
    }
  });
}

bool supports(const ConvGeometry&) { return true; }

}  // namespace

template <typename Real, typename Store>
ConvEngine<Real, Store> conv_blas() {
  return {"blas", supports, forward<Real, Store>, backward<Real, Store>};
}

#define CONVSTEP_MAKE(Real, Store) template ConvEngine<Real, Store> conv_blas<Real, Store>();
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
