// The work is cut into blocks of examples and, within a group, of channels, by the shape alone; the
// sums of the blocks are added up in their order, so that threads change no bit. The cells of a
// channel are gone through as rows of examples. Where there are few, a row takes the examples of
// several pixels, so that vectors are full; what belongs to an example is repeated along it.
#include "layers/groupnorm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/chunks.h"
#include "base/scalars.h"
#include "simd/simd.h"

namespace convstep {

namespace {

constexpr double kNanosecondsPerCell = 0.3;
constexpr Index kRow = 256;        // cells, where that takes several pixels
constexpr Index kExamples = 1024;  // of a block
constexpr Index kBlocks = 32;      // to share out, if there are channels for it

// Examples [n0, n1) and channels [c0, c1) of one group; `number` counts the blocks of channels.
struct Block {
  Index n0, n1, c0, c1, group, number;
};

class Blocks {
 public:
  explicit Blocks(const GroupnormShape& s)
      : s_(s),
        channels_(s.C / s.groups),
        of_examples_(ceil_div(s.m, kExamples)),
        in_group_(
            std::min(channels_, ceil_div(kBlocks, std::max<Index>(1, of_examples_ * s.groups)))) {}

  Index in_group() const { return in_group_; }
  Index of_examples() const { return of_examples_; }
  // Of all channel blocks: where partial sums (m, this) have their columns.
  Index numbers() const { return s_.groups * in_group_; }

  template <typename Visit>
  void for_each(Visit visit) const {
    const double cells = static_cast<double>(std::min(s_.m, kExamples) * s_.P * channels_) /
                         static_cast<double>(in_group_);
    parallel_for(of_examples_ * numbers(), kNanosecondsPerCell * cells, [&](Index task, int) {
      const Index number = task / of_examples_;
      const Index part = task % of_examples_;
      const Index piece = number % in_group_;
      const Index group = number / in_group_;
      const auto edge = [&](Index i) { return group * channels_ + channels_ * i / in_group_; };
      visit(Block{part * kExamples, std::min(s_.m, (part + 1) * kExamples), edge(piece),
                  edge(piece + 1), group, number});
    });
  }

 private:
  const GroupnormShape& s_;
  Index channels_, of_examples_, in_group_;
};

// The cells of a channel that belong to the examples of a block, as rows.
class RowsOf {
 public:
  RowsOf(const GroupnormShape& s, const Block& block)
      : s_(s),
        n0_(block.n0),
        n_(block.n1 - block.n0),
        pixels_(n_ < s.m ? 1 : std::max<Index>(1, std::min(s.P, kRow / std::max<Index>(1, n_)))) {}

  Index length() const { return n_ * pixels_; }

  // visit(rows, offset of the first cell) for pieces of at most some kChunk cells.
  template <typename Visit>
  void for_each_piece(Visit visit) const {
    const Index step = s_.m * pixels_;
    const Index each = std::max<Index>(1, kChunk / std::max<Index>(1, length()));
    const Index whole = s_.P / pixels_;
    for (Index r = 0; r < whole; r += each) {
      visit(Rows{std::min(each, whole - r), length(), step}, step * r + n0_);
    }
    const Index rest = s_.P % pixels_;
    if (rest > 0) visit(Rows{1, n_ * rest, step}, step * whole + n0_);
  }

  // What belongs to the block's examples, repeated along a row.
  template <typename Real, typename Value>
  std::vector<Real> along(Value value) const {
    std::vector<Real> values(static_cast<std::size_t>(length()));
    for (Index i = 0; i < length(); ++i) {
      values[static_cast<std::size_t>(i)] = static_cast<Real>(value(n0_ + i % n_));
    }
    return values;
  }

  // Adds sums along a row of `cells` to those of the examples, which begin at `to`.
  template <typename Real>
  void fold(const std::vector<Real>& sums, Index cells, double factor, double* to) const {
    for (Index i = 0; i < cells; ++i) {
      to[n0_ + i % n_] += factor * static_cast<double>(sums[static_cast<std::size_t>(i)]);
    }
  }

 private:
  const GroupnormShape& s_;
  Index n0_, n_, pixels_;
};

using Sums = std::vector<double>;

Sums zeros(Index n) { return Sums(static_cast<std::size_t>(n)); }

// The sums of the blocks of each group, divided by its cells.
void group_means(const GroupnormShape& s, const Blocks& blocks, const Sums& partial,
                 double* means) {
  const double cells = static_cast<double>(s.P * (s.C / s.groups));
  for (Index g = 0; g < s.groups; ++g) {
    for (Index n = 0; n < s.m; ++n) {
      double sum = 0;
      for (Index i = 0; i < blocks.in_group(); ++i) {
        sum += partial[static_cast<std::size_t>(n + s.m * (g * blocks.in_group() + i))];
      }
      means[n + s.m * g] = sum / cells;
    }
  }
}

template <typename Real>
const RowKernels<Real>& kernels() {
  return simd<Real>().rows;
}

}  // namespace

template <typename Real>
void groupnorm_statistics(const GroupnormShape& s, const Real* A, double* mean, double* variance) {
  const Blocks blocks(s);
  for (const bool centered : {false, true}) {
    Sums partial = zeros(s.m * blocks.numbers());
    blocks.for_each([&](const Block& block) {
      const RowsOf rows(s, block);
      const double* own = mean + s.m * block.group;
      const auto center =
          rows.template along<Real>([&](Index n) { return centered ? own[n] : 0.0; });
      std::vector<Real> sums(static_cast<std::size_t>(rows.length()));
      for (Index c = block.c0; c < block.c1; ++c) {
        rows.for_each_piece([&](const Rows& piece, Index at) {
          const Real* a = A + s.m * s.P * c + at;
          if (centered) {
            kernels<Real>().sum_squares(piece, center.data(), a, sums.data());
          } else {
            kernels<Real>().sum(piece, a, sums.data());
          }
          rows.fold(sums, piece.length, 1, partial.data() + s.m * block.number);
        });
      }
    });
    group_means(s, blocks, partial, centered ? variance : mean);
  }
}

template <typename Real>
void groupnorm_forward(const GroupnormShape& s, double epsilon, const Real* A, const double* gamma,
                       const double* beta, const double* mean, const double* variance, Real* Z) {
  Blocks(s).for_each([&](const Block& block) {
    const RowsOf rows(s, block);
    const Index group = s.m * block.group;
    const auto center = rows.template along<Real>([&](Index n) { return mean[group + n]; });
    const auto scale = rows.template along<Real>(
        [&](Index n) { return 1 / std::sqrt(variance[group + n] + epsilon); });
    for (Index c = block.c0; c < block.c1; ++c) {
      rows.for_each_piece([&](const Rows& piece, Index at) {
        at += s.m * s.P * c;
        kernels<Real>().normalise(piece, gamma[c], beta[c], center.data(), scale.data(), A + at,
                                  Z + at);
      });
    }
  });
}

// With x the normalised A and means over the cells of a group,
//   dA = (gamma dZ - mean(gamma dZ) - x mean(gamma dZ x)) / sqrt(variance + epsilon).
template <typename Real>
void groupnorm_backward(const GroupnormShape& s, double epsilon, const Real* dZ, const Real* A,
                        const double* gamma, const double* mean, const double* variance, Real* dA,
                        double* dgamma, double* dbeta) {
  const Blocks blocks(s);
  const auto inverse = [&](Index i) { return 1 / std::sqrt(variance[i] + epsilon); };
  Sums plain = zeros(s.m * blocks.numbers());  // of gamma dZ, by example
  Sums products = plain;                       // of gamma dZ (A - mean)
  Sums by_channel[] = {zeros(s.C * blocks.of_examples()), zeros(s.C * blocks.of_examples())};
  blocks.for_each([&](const Block& block) {
    const RowsOf rows(s, block);
    const Index group = s.m * block.group;
    const auto center = rows.template along<Real>([&](Index n) { return mean[group + n]; });
    std::vector<Real> sums(static_cast<std::size_t>(rows.length()));
    std::vector<Real> sums_of_products = sums;
    Sums channel[] = {zeros(s.m), zeros(s.m)};
    for (Index c = block.c0; c < block.c1; ++c) {
      for (Sums& one : channel) std::fill(one.begin() + block.n0, one.begin() + block.n1, 0.0);
      rows.for_each_piece([&](const Rows& piece, Index at) {
        at += s.m * s.P * c;
        kernels<Real>().sum_products(piece, center.data(), dZ + at, A + at, sums.data(),
                                     sums_of_products.data());
        rows.fold(sums, piece.length, 1, channel[0].data());
        rows.fold(sums_of_products, piece.length, 1, channel[1].data());
      });
      double total[] = {0, 0};
      for (Index n = block.n0; n < block.n1; ++n) {
        const auto i = static_cast<std::size_t>(n);
        total[0] += channel[0][i];
        total[1] += channel[1][i] * inverse(group + n);
        plain[static_cast<std::size_t>(s.m * block.number) + i] += gamma[c] * channel[0][i];
        products[static_cast<std::size_t>(s.m * block.number) + i] += gamma[c] * channel[1][i];
      }
      for (int i = 0; i < 2; ++i) {
        by_channel[i][static_cast<std::size_t>(c + s.C * (block.n0 / kExamples))] = total[i];
      }
    }
  });
  for (Index c = 0; c < s.C; ++c) {
    dbeta[c] = dgamma[c] = 0;
    for (Index part = 0; part < blocks.of_examples(); ++part) {
      dbeta[c] += by_channel[0][static_cast<std::size_t>(c + s.C * part)];
      dgamma[c] += by_channel[1][static_cast<std::size_t>(c + s.C * part)];
    }
  }
  Sums mean_plain = zeros(s.m * s.groups);
  Sums mean_products = mean_plain;
  group_means(s, blocks, plain, mean_plain.data());
  group_means(s, blocks, products, mean_products.data());
  blocks.for_each([&](const Block& block) {
    const RowsOf rows(s, block);
    const Index group = s.m * block.group;
    const auto value = [&](const Sums& of, Index n) {
      return of[static_cast<std::size_t>(group + n)];
    };
    const auto center = rows.template along<Real>([&](Index n) { return mean[group + n]; });
    const auto scale = rows.template along<Real>([&](Index n) { return inverse(group + n); });
    const auto shift = rows.template along<Real>(
        [&](Index n) { return value(mean_plain, n) * inverse(group + n); });
    const auto slope = rows.template along<Real>([&](Index n) {
      const double one = inverse(group + n);
      return value(mean_products, n) * one * one * one;
    });
    for (Index c = block.c0; c < block.c1; ++c) {
      rows.for_each_piece([&](const Rows& piece, Index at) {
        at += s.m * s.P * c;
        kernels<Real>().normalise_backward(piece, gamma[c], center.data(), scale.data(),
                                           shift.data(), slope.data(), dZ + at, A + at, dA + at);
      });
    }
  });
}

#define CONVSTEP_MAKE(Real)                                                                     \
  template void groupnorm_statistics(const GroupnormShape&, const Real*, double*, double*);     \
  template void groupnorm_forward(const GroupnormShape&, double, const Real*, const double*,    \
                                  const double*, const double*, const double*, Real*);          \
  template void groupnorm_backward(const GroupnormShape&, double, const Real*, const Real*,     \
                                   const double*, const double*, const double*, Real*, double*, \
                                   double*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
