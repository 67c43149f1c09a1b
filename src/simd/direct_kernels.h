// Contract of the direct kernels that exist once per instruction set and scalar.
//
// `Real` is the scalar, double or float, of the arithmetic and of all buffers.
// They know no geometry: only vectors along the joint index q = n + m * oh, taps as offsets from a
// source pointer, and filters. `lanes` is the length of a vector of the set.
//   alignment    any, but for a streamed tile (see Tile::stream)
//   reads        exactly the cells named below; nothing past the end of what is named
//   writes       exactly the cells named below, each once
//   ownership    all memory is the caller's; a kernel keeps nothing and allocates nothing
//   uninitialised memory is never read, if the caller has initialised what is named as read
//   sums         run in the order named below in every lane, whatever the shape of the tile, so
//                that results do not depend on how the caller cuts its work
#pragma once

#include <type_traits>

#include "base/geometry.h"

namespace convstep {

// Bounds of the tiles of any set and scalar.
constexpr int kMaxTileVectors = 24;  // filters times vectors
constexpr int kMaxTileWidth = 8;     // filters

// Memory that is soon read: the lines of the bytes first[c * stride + lines[l]], for c < columns
// and l < count, are fetched into the L2 cache along with the work. Only addresses are formed.
struct Ahead {
  const char* first;
  Index columns, stride;
  const Index* lines;
  Index count;
};

// A tile of `vectors` vectors along q times `filters` filters:
//   z[f * filter_stride + vector_offset[v] + lane] = start +
//     sum over c, then t, of src[c * channel_stride + taps[t] + v * lanes + lane] *
//                            weights[(c * tap_count + t) * filters + f]
// where start is bias[f], or the value already there if bias is null.
template <typename Real>
struct Tile {
  const Real* src;
  Index channels;
  Index channel_stride;
  const Index* taps;
  Index tap_count;
  const Real* weights;
  const Real* bias;
  Real* z;
  Index filter_stride;
  const Index* vector_offset;
  // Store past the caches: each vector of z is aligned to its size. fence() must follow before
  // another thread may read.
  bool stream;
  Ahead ahead;  // as many columns as channels, or none
};
template <typename Real>
using TileKernel = void (*)(const Tile<Real>& tile);

// Sums of products over q, for the gradient of the filters, as an outer product: for each of
// `taps` taps and `vectors` vectors along the filters
//   sum[t * sum_stride + lane] += sum over columns j, then rows q < rows, of
//     src[taps[j * taps_stride + t] + q] * dz[(j * rows + q) * vectors * lanes + lane]
// with lane < vectors * lanes.
//
// Or as a dot product: for each of `taps` taps and `filters` filters
//   sum[t * sum_stride + f * lanes + lane] += sum over columns j, then q = lane, lane + lanes, ...
//     below rows, of src[taps[j * taps_stride + t] + q] * dz[j * dz_stride + f * rows_padded + q]
// where rows_padded is rows rounded up to whole vectors; src and dz are read up to there, and what
// lies in src beyond rows does not count; in dz it must be zero.
template <typename Real>
struct Product {
  const Real* src;
  const Index* taps;
  Index taps_stride;
  const Real* dz;
  Index columns;
  Index rows;
  Real* sum;
  Index sum_stride;
  Ahead ahead;  // one line a row (dot product: a vector) of q, as long as there are any
};
template <typename Real>
using ProductKernel = void (*)(const Product<Real>& product);

// A kernel and its shape. A tile is `width` filters wide and `length` vectors long, an outer
// product `width` vectors of filters and `length` taps, a dot product `width` filters and `length`
// taps.
template <typename Kernel>
struct Shape {
  int width, length;
  Kernel run;
};
template <typename Real>
using TileShape = Shape<TileKernel<Real>>;
template <typename Real>
using ProductShape = Shape<ProductKernel<Real>>;

// Sorted: widest first, and of one width longest first, down to 1 and 1.
template <typename Kernel>
struct ShapeList {
  const Shape<Kernel>* shapes;
  int count;
};

// Cells on their way from one scalar to another: an array may hold doubles where floats are
// computed with.
template <typename From, typename To>
struct CopyKernels {
  // to[r * to_stride + c] = from[c * from_stride + r] for r < rows, c < columns.
  void (*transpose)(const From* from, Index from_stride, Index rows, Index columns, To* to,
                    Index to_stride);
  // to[r * to_stride + e] = from[r * from_stride + e] for r < rows, e < length.
  void (*rows)(const From* from, Index from_stride, Index rows, Index length, To* to,
               Index to_stride);
};

template <typename Real>
struct DirectKernels {
  ShapeList<TileKernel<Real>> tiles;
  ShapeList<ProductKernel<Real>> outer, dots;

  CopyKernels<Real, Real> copy;
  CopyKernels<double, Real> narrow;
  CopyKernels<Real, double> widen;
  // As widen.rows, past the caches; to and to_stride are multiples of a cache line, length of
  // vectors. fence() must follow before another thread may read.
  void (*stream_rows)(const Real* from, Index from_stride, Index rows, Index length, double* to,
                      Index to_stride);
  void (*fence)();
  // sums[c] += sum over r < rows of x[r * stride + c], for c < columns, a multiple of lanes.
  void (*add_rows)(const Real* x, Index stride, Index rows, Index columns, Real* sums);
  // sums[c] += sum over r < rows of x[c * stride + r], for c < columns.
  void (*add_columns)(const Real* x, Index stride, Index rows, Index columns, Real* sums);

  // What reads arrays of `Store`, which is Real or double, and what writes them.
  template <typename Store>
  const CopyKernels<Store, Real>& in() const {
    if constexpr (std::is_same_v<Store, Real>) {
      return copy;
    } else {
      return narrow;
    }
  }
  template <typename Store>
  const CopyKernels<Real, Store>& out() const {
    if constexpr (std::is_same_v<Store, Real>) {
      return copy;
    } else {
      return widen;
    }
  }
};

}  // namespace convstep
