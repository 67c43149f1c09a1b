// Contract of the winograd kernels that exist once per instruction set and scalar. `Real` is the
// scalar of the arithmetic and of all buffers; planes of arrays may hold doubles where it is float.
//
// F(out x out, taps x taps): a tile of tile x tile input cells, tile = out + taps - 1, and a filter
// give out x out output cells by tile^2 products instead of out^2 * taps^2:
//   Y = A' [ (G f G') o (B' d B) ] A        o: cell by cell, summed over the channels
//   df = G' [ (A dY A') o (B' d B) ] G      summed over the tiles
// Tiles are numbered t = n + m * (tile row + tile rows * tile column), examples innermost, and
// taken `lanes` at a time: a vector holds one cell of so many tiles. The tile^2 positions are
// numbered xi = i + tile * j (row i, column j), as they lie in memory.
//
// The kernels read and write exactly the cells that the runs name, and the buffers (which belong
// to the caller) as far as stated here; nothing past the end, nothing uninitialised, any alignment.
#pragma once

#include <type_traits>
#include <utility>

#include "base/geometry.h"

namespace convstep {

// Lanes of one vector of tiles that belong to neighbouring examples of one tile position. Cell
// (i, j) of lane `lane + e`, e < count, is plane[offset + e + i * row + j * column] for i0 <= i <
// i1 and j0 <= j < j1; the other cells lie outside the plane: zero when read, not written.
struct TileRun {
  Index offset;
  int lane, count;
  int i0, i1, j0, j1;
};

// One vector of tiles. Lanes that no run covers are absent: zero when read, not written.
struct TileVector {
  Index to;         // its place in the kernel's buffer, see there
  int first, runs;  // its runs
  bool direct;      // one run of all lanes
};

struct TileBlock {
  const TileVector* vectors;
  Index count;
  const TileRun* runs;
  Index row, column;  // distance of neighbouring rows and columns in the plane
};

// Filter `f` of channel `c` has tap (i, j) at data[i * row + j * column + c * channel + f *
// filter].
struct FilterView {
  const double* data;
  Index row, column, channel, filter;
};

// What reads and writes planes of arrays of `Store`, which is Real or double.
template <typename Real, typename Store>
struct WinogradPlanes {
  // B' d B of the tiles of one channel: V[xi * step + to + lane]. The cells `ahead` of the ones
  // read are fetched into the cache, unless that is 0.
  void (*input)(const Store* plane, const TileBlock& block, Real* V, Index step, Index ahead);

  // A' M A + bias, from M[xi * step + to + lane] to one plane of the output. Vector v's lanes of
  // bad[v * lanes + lane] turn NaN where a cell of the tile was not finite before the bias. With
  // `streamed`, which wants each run of all lanes aligned to the vector's size, past the caches, to
  // be seen by others after fence(); otherwise the cells `ahead` are fetched into the cache.
  void (*output)(const Real* M, Index step, double bias, Store* plane, const TileBlock& block,
                 Real* bad, bool streamed, Index ahead);

  // A dY A' of the tiles of `count` (1 to lanes) planes, filters innermost:
  // D[xi * step + (to + lane of the tile) * lanes + filter]; missing filters give zeros.
  void (*gradient)(const Store* planes, Index plane, int count, const TileBlock& block, Real* D,
                   Index step);
};

template <typename Real>
struct WinogradVariant {
  int out, taps, tile;

  // G f G' of `count` filters (at most WinogradKernels::filters), beginning at view.data:
  // U[xi * channels * filters + c * filters + f]; missing filters give zeros.
  void (*filters)(const FilterView& view, Index channels, int count, Real* U);

  // G' S G of `count` (1 to lanes) filters and all channels, from S[xi * step + c * lanes + f] to
  // dW[i + taps * j + taps^2 * (c + channels * f)].
  void (*filter_gradient)(const Real* S, Index step, Index channels, int count, double* dW);

  WinogradPlanes<Real, Real> own;
  WinogradPlanes<Real, double> wide;

  template <typename Store>
  const WinogradPlanes<Real, Store>& planes() const {
    if constexpr (std::is_same_v<Store, Real>) {
      return own;
    } else {
      return wide;
    }
  }
};

constexpr int kMaxWinogradVectors = 3;

template <typename Real>
struct WinogradKernels {
  int vectors;   // vectors in a panel of tiles, and of filters in one call of `outer`
  int filters;   // filters of one call of `product`
  int channels;  // channels of one call of `outer`

  // product[n - 1], for 1 to `vectors` vectors: M[f * panel + t] = sum over c < channels of
  // V[c * panel + t] * U[c * filters + f], for t < n * lanes, where panel = vectors * lanes.
  void (*product[kMaxWinogradVectors])(const Real* V, const Real* U, Index channels, Real* M);

  // outer[n - 1]: S[v * s_vector + c * lanes + f] = (or += with `add`) sum over t < tiles of
  // V[c * v_row + t] * D[v * d_vector + t * lanes + f], for v < n, f < lanes, c < channels.
  void (*outer[kMaxWinogradVectors])(const Real* V, Index v_row, const Real* D, Index d_vector,
                                     Index tiles, Real* S, Index s_vector, bool add);

  // sums[f] += sum over t < tiles of D[t * lanes + f].
  void (*sum)(const Real* D, Index tiles, Real* sums);

  void (*fence)();

  WinogradVariant<Real> f43, f63, f25, f45;  // F(4, 3), F(6, 3), F(2, 5), F(4, 5)
};

}  // namespace convstep
