// Batches of images out of a larger array.
//
// Shapes: X (n, P), out (b, P), both column-major, where P counts the pixels of an image.
#pragma once

#include "base/geometry.h"

namespace convstep {

// How the values of a channel become what a net sees: (x - centre) * factor. Channel c of an image
// is its pixels from c * pixels on.
struct Scaling {
  const double* centre;
  const double* factor;
  Index pixels;
};

// out[i, p] = X[rows[i], p], scaled, where `rows` counts from 1 and lies within 1..n. T is double,
// int or unsigned char.
template <typename T, typename Real>
void gather_rows(Index n, Index P, Index b, const T* X, const int* rows, const Scaling& scaling,
                 Real* out);

// Of the values of a channel: their mean and the sum of the squares of their distances from it.
struct Moments {
  double mean, squares;
};

// moments[c] of `channels` channels of `pixels` pixels over the images `rows`, summed in an order
// that depends on nothing else.
template <typename T>
void channel_moments(Index n, Index pixels, Index channels, Index b, const T* X, const int* rows,
                     Moments* moments);

// out[i, p] = X[rows[i], p], reading X in the order of its rows: where many rows are taken, memory
// is read nearly in sequence. Throws std::bad_alloc before anything is written.
template <typename T>
void take_rows(Index n, Index P, Index b, const T* X, const int* rows, T* out);

}  // namespace convstep
