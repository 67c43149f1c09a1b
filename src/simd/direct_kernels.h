// Contract of the direct kernels that exist once per instruction set.
//
// They know no geometry: only vectors along the joint index q = n + m * oh, taps as offsets from a
// source pointer, and filters. `lanes` is the set's vector length in doubles.
//   alignment    any, but for a streamed tile (see Tile::stream)
//   reads        exactly the cells named below; nothing past the end of what is named
//   writes       exactly the cells named below, each once
//   ownership    all memory is the caller's; a kernel keeps nothing and allocates nothing
//   uninitialised memory is never read, if the caller has initialised what is named as read
//   sums         run in the order named below in every lane, whatever the shape of the tile, so
//                that results do not depend on how the caller cuts its work
#pragma once

#include "base/geometry.h"

namespace convstep {

// Memory that is soon read: the lines of cells first[c * stride + lines[l]], for c < columns and
// l < count, are fetched into the L2 cache along with the work. Only addresses are formed.
struct Ahead {
  const double* first;
  Index columns, stride;
  const Index* lines;
  Index count;
};

// A tile of `vectors` vectors along q times `filters` filters:
//   z[f * filter_stride + vector_offset[v] + lane] = start +
//     sum over c, then t, of src[c * channel_stride + taps[t] + v * lanes + lane] *
//                            weights[(c * tap_count + t) * filters + f]
// where start is bias[f], or the value already there if bias is null.
struct Tile {
  const double* src;
  Index channels;
  Index channel_stride;
  const Index* taps;
  Index tap_count;
  const double* weights;
  const double* bias;
  double* z;
  Index filter_stride;
  const Index* vector_offset;
  // Store past the caches: each vector of z is aligned to its size. fence() must follow before
  // another thread may read.
  bool stream;
  Ahead ahead;  // as many columns as channels, or none
};
using TileKernel = void (*)(const Tile& tile);

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
struct Product {
  const double* src;
  const Index* taps;
  Index taps_stride;
  const double* dz;
  Index columns;
  Index rows;
  double* sum;
  Index sum_stride;
  Ahead ahead;  // one line a row (dot product: a vector) of q, as long as there are any
};
using ProductKernel = void (*)(const Product& product);

// A kernel and its shape. A tile is `width` filters wide and `length` vectors long, an outer
// product `width` vectors of filters and `length` taps, a dot product `width` filters and `length`
// taps.
template <typename Kernel>
struct Shape {
  int width, length;
  Kernel run;
};
using TileShape = Shape<TileKernel>;
using ProductShape = Shape<ProductKernel>;

// Sorted: widest first, and of one width longest first, down to 1 and 1.
template <typename Kernel>
struct ShapeList {
  const Shape<Kernel>* shapes;
  int count;
};

struct DirectKernels {
  ShapeList<TileKernel> tiles;
  ShapeList<ProductKernel> outer, dots;

  // to[r * to_stride + c] = from[c * from_stride + r] for r < rows, c < columns.
  void (*transpose)(const double* from, Index from_stride, Index rows, Index columns, double* to,
                    Index to_stride);
  // to[r * to_stride + e] = from[r * from_stride + e] for r < rows, e < length.
  void (*copy_rows)(const double* from, Index from_stride, Index rows, Index length, double* to,
                    Index to_stride);
  void (*fence)();
  // sums[c] += sum over r < rows of x[r * stride + c], for c < columns, a multiple of lanes.
  void (*add_rows)(const double* x, Index stride, Index rows, Index columns, double* sums);
  // sums[c] += sum over r < rows of x[c * stride + r], for c < columns.
  void (*add_columns)(const double* x, Index stride, Index rows, Index columns, double* sums);
};

}  // namespace convstep
