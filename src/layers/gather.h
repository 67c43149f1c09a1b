// Batches of images out of a larger array.
//
// Shapes: X (n, P), out (b, P), both column-major, where P counts the pixels of an image.
#pragma once

#include "base/geometry.h"

namespace convstep {

// out[i, p] = X[rows[i], p] * scale, where `rows` counts from 1 and lies within 1..n. T is double,
// int or unsigned char.
template <typename T>
void gather_rows(Index n, Index P, Index b, const T* X, const int* rows, double scale, double* out);

// out[i, p] = X[rows[i], p], reading X in the order of its rows: where many rows are taken, memory
// is read nearly in sequence. Throws std::bad_alloc before anything is written.
template <typename T>
void take_rows(Index n, Index P, Index b, const T* X, const int* rows, T* out);

// out (b, H, W, C): image i of X (b, H, W, C) moved down by dy[i] and right by dx[i] cells; what
// comes in at the border is `fill`. out is written in full and does not overlap X.
void shift_images(Index b, Index H, Index W, Index C, const double* X, const int* dy, const int* dx,
                  double fill, double* out);

}  // namespace convstep
