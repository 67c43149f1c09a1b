// One image, as a decoder made it, brought to the size that a net reads.
//
// A pixel of the result is the mean of the pixels around its place, weighted by a triangle whose
// half width is one step of the coarser of the two grids: the area around it where the image
// shrinks, the two neighbours on either axis where it grows. So do Pillow's and PyTorch's
// antialiased bilinear filters.
#pragma once

#include <cstdint>
#include <vector>

#include "base/geometry.h"

namespace convstep {

// An image (H, W) row by row; in a pixel the lowest byte is red, then green, blue and alpha.
struct Picture {
  const std::uint32_t* pixels;
  Index H, W;
};

// The part of one axis of the source that becomes the cells [at, at + cells) of the result.
struct Span {
  double begin, length;  // in pixels of the source
  Index at, cells;
};

enum class Fit {
  crop,    // the middle of the image, as much as has the shape of the result
  pad,     // all of the image, in the middle of the result
  stretch  // all of the image in all of the result
};

struct Spans {
  Span h, w;
};

// Which part of an image of (H, W) pixels fills which part of a result of (out_H, out_W).
Spans fit_spans(Index H, Index W, Index out_H, Index out_W, Fit fit);

// The weights of the source's pixels in each cell of a span: cell o takes `count` pixels from
// `first` on, its weights, of sum 1, start at `offset` in `weights`.
struct Taps {
  struct Cell {
    Index first, count, offset;
  };
  std::vector<Cell> cells;
  std::vector<float> weights;
};

Taps resize_taps(Index pixels, const Span& span);

// How a camera was held, by the number that EXIF has for it (1 to 8): the image is turned back by
// exchanging its axes, then counting backwards along those of the result.
struct Orientation {
  bool transpose, flip_h, flip_w;
};

Orientation exif_orientation(int number);

// out (out_H, out_W, C), column-major, written in full: C is 1 (luminance, by the weights of
// ITU-R BT.601) or 3. What is transparent shows white; cells that no pixel reaches are `fill`.
void resize_picture(const Picture& picture, Orientation turned, Fit fit, Index out_H, Index out_W,
                    Index C, unsigned char fill, unsigned char* out);

}  // namespace convstep
