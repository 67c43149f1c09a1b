// Batches of images, changed: what happens to each image is given, nothing here is left to chance
// but the noise. Arrays are (b, H, W, C); out is written in full and does not overlap X.
#pragma once

#include <cstdint>

#include "base/geometry.h"

namespace convstep {

struct BatchShape {
  Index b, H, W, C;
};

// Image i moved down by dy[i] and right by dx[i] cells; what comes in at the border is `fill`.
template <typename Real>
void shift_images(const BatchShape& shape, const Real* X, const int* dy, const int* dx, double fill,
                  Real* out);

// Image i upside down where flip_h[i], and its left where its right was where flip_w[i].
template <typename Real>
void flip_images(const BatchShape& shape, const Real* X, const int* flip_h, const int* flip_w,
                 Real* out);

// Cell (h, w) of image i is the value at the place (y, x) of the old one, between its four cells by
// bilinear interpolation: y = map[0] + map[1] * h + map[2] * w, x = map[3] + map[4] * h +
// map[5] * w, with map (6, b) and all counted from 0. Cells beyond the border are `fill`, or, with
// `extend`, those at the border.
template <typename Real>
void warp_images(const BatchShape& shape, const Real* X, const double* map, double fill,
                 bool extend, Real* out);

// In this order, by the numbers of image i: `brightness` is added to each value; the distance from
// the image's mean grey is multiplied by `contrast`; and the distance of the channels from the grey
// of their pixel by `saturation`. Grey is luminance (ITU-R BT.601) of three channels, the mean of
// any other number; of one channel the saturation is left alone.
template <typename Real>
void colour_images(const BatchShape& shape, const Real* X, const double* brightness,
                   const double* contrast, const double* saturation, Real* out);

// Normal noise of deviation `sd` in each cell: numbers 2j and 2j + 1 of the stream keys[i] make the
// noise of cells 2j and 2j + 1 of image i, by Box and Muller (1958).
template <typename Real>
void noisy_images(const BatchShape& shape, const Real* X, const std::uint64_t* keys, double sd,
                  Real* out);

// `fill` in rows from top[i], height[i] of them, and columns from left[i], width[i] of them.
template <typename Real>
void erase_images(const BatchShape& shape, const Real* X, const int* top, const int* height,
                  const int* left, const int* width, double fill, Real* out);

// share[i] of image i, and the rest of image partner[i], counted from 0.
template <typename Real>
void blend_images(const BatchShape& shape, const Real* X, const int* partner, const double* share,
                  Real* out);

}  // namespace convstep
