#include "layers/join.h"

#include <algorithm>

#include "base/chunks.h"

namespace convstep {

namespace {

constexpr double kNanosecondsPerCell = 0.4;

}  // namespace

template <typename Real>
void add_arrays(Index n, const std::vector<const Real*>& A, Real* Z) {
  parallel_chunks(n, kNanosecondsPerCell * static_cast<double>(A.size()),
                  [&](Index begin, Index end) {
                    std::copy(A[0] + begin, A[0] + end, Z + begin);
                    for (std::size_t j = 1; j < A.size(); ++j) {
                      const Real* a = A[j];
                      for (Index i = begin; i < end; ++i) Z[i] += a[i];
                    }
                  });
}

template <typename Real>
void join_pieces(const std::vector<Index>& sizes, const std::vector<const Real*>& A, Real* Z) {
  for (std::size_t j = 0; j < sizes.size(); ++j) {
    const Real* from = A[j];
    parallel_chunks(sizes[j], kNanosecondsPerCell, [=](Index begin, Index end) {
      std::copy(from + begin, from + end, Z + begin);
    });
    Z += sizes[j];
  }
}

template <typename Real>
void cut_pieces(const std::vector<Index>& sizes, const Real* Z, const std::vector<Real*>& A) {
  for (std::size_t j = 0; j < sizes.size(); ++j) {
    Real* to = A[j];
    parallel_chunks(sizes[j], kNanosecondsPerCell,
                    [=](Index begin, Index end) { std::copy(Z + begin, Z + end, to + begin); });
    Z += sizes[j];
  }
}

template void add_arrays(Index, const std::vector<const double*>&, double*);
template void join_pieces(const std::vector<Index>&, const std::vector<const double*>&, double*);
template void cut_pieces(const std::vector<Index>&, const double*, const std::vector<double*>&);
template void add_arrays(Index, const std::vector<const float*>&, float*);
template void join_pieces(const std::vector<Index>&, const std::vector<const float*>&, float*);
template void cut_pieces(const std::vector<Index>&, const float*, const std::vector<float*>&);

}  // namespace convstep
