// Where branches come together, and the way back.
//
// Inputs are read only, results written in full. Sums are taken in the order given, cell by cell.
#pragma once

#include <vector>

#include "base/geometry.h"

namespace convstep {

// Z[i] = A[0][i] + A[1][i] + ..., each of n cells; at least one.
template <typename Real>
void add_arrays(Index n, const std::vector<const Real*>& A, Real* Z);

// Consecutive pieces of one array, as channels lie: copied to it or out of it.
template <typename Real>
void join_pieces(const std::vector<Index>& sizes, const std::vector<const Real*>& A, Real* Z);
template <typename Real>
void cut_pieces(const std::vector<Index>& sizes, const Real* Z, const std::vector<Real*>& A);

}  // namespace convstep
