// Contract of the winograd kernels that exist once per instruction set.
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

struct WinogradVariant {
  int out, taps, tile;

  // G f G' of `count` filters (at most WinogradKernels::filters), beginning at view.data:
  // U[xi * channels * filters + c * filters + f]; missing filters give zeros.
  void (*filters)(const FilterView& view, Index channels, int count, double* U);

  // B' d B of the tiles of one channel: V[xi * step + to + lane]. The cells `ahead` of the ones
  // read are fetched into the cache, unless that is 0.
  void (*input)(const double* plane, const TileBlock& block, double* V, Index step, Index ahead);

  // A' M A + bias, from M[xi * step + to + lane] to one plane of the output. Vector v's lanes of
  // bad[v * lanes + lane] turn NaN where a cell of the tile was not finite before the bias. With
  // `streamed`, which wants each run of all lanes aligned to the vector's size, past the caches, to
  // be seen by others after fence(); otherwise the cells `ahead` are fetched into the cache.
  void (*output)(const double* M, Index step, double bias, double* plane, const TileBlock& block,
                 double* bad, bool streamed, Index ahead);

  // A dY A' of the tiles of `count` (1 to lanes) planes, filters innermost:
  // D[xi * step + (to + lane of the tile) * lanes + filter]; missing filters give zeros.
  void (*gradient)(const double* planes, Index plane, int count, const TileBlock& block, double* D,
                   Index step);

  // G' S G of `count` (1 to lanes) filters and all channels, from S[xi * step + c * lanes + f] to
  // dW[i + taps * j + taps^2 * (c + channels * f)].
  void (*filter_gradient)(const double* S, Index step, Index channels, int count, double* dW);
};

constexpr int kMaxWinogradVectors = 3;

struct WinogradKernels {
  int vectors;   // vectors in a panel of tiles, and of filters in one call of `outer`
  int filters;   // filters of one call of `product`
  int channels;  // channels of one call of `outer`

  // product[n - 1], for 1 to `vectors` vectors: M[f * panel + t] = sum over c < channels of
  // V[c * panel + t] * U[c * filters + f], for t < n * lanes, where panel = vectors * lanes.
  void (*product[kMaxWinogradVectors])(const double* V, const double* U, Index channels, double* M);

  // outer[n - 1]: S[v * s_vector + c * lanes + f] = (or += with `add`) sum over t < tiles of
  // V[c * v_row + t] * D[v * d_vector + t * lanes + f], for v < n, f < lanes, c < channels.
  void (*outer[kMaxWinogradVectors])(const double* V, Index v_row, const double* D, Index d_vector,
                                     Index tiles, double* S, Index s_vector, bool add);

  // sums[f] += sum over t < tiles of D[t * lanes + f].
  void (*sum)(const double* D, Index tiles, double* sums);

  void (*fence)();

  WinogradVariant f43, f63, f25, f45;  // F(4, 3), F(6, 3), F(2, 5), F(4, 5)
};

}  // namespace convstep
