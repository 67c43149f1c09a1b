#include "images/resize.h"

#include <algorithm>
#include <cmath>

#include "base/threads.h"

namespace convstep {

namespace {

constexpr double kNanosecondsPerTap = 2.5;

// The middle of `pixels` that fills the middle of `cells`.
Span middle(Index pixels, double length, Index cells, Index filled) {
  return {(static_cast<double>(pixels) - length) / 2, length, (cells - filled) / 2, filled};
}

Index rounded(double cells, Index most) {
  return std::min(most, std::max<Index>(1, static_cast<Index>(std::floor(cells + 0.5))));
}

Index turned_cell(Index cell, const Span& span, bool flip) {
  return span.at + (flip ? span.cells - 1 - cell : cell);
}

unsigned char to_byte(float x) {
  return static_cast<unsigned char>(std::min(255.0F, std::max(0.0F, std::floor(x + 0.5F))));
}

// A row of the source along the width: sums[cell] of red, green and blue.
void resize_row(const std::uint32_t* row, const Taps& taps, float* sums) {
  for (const Taps::Cell& cell : taps.cells) {
    float red = 0;
    float green = 0;
    float blue = 0;
    const float* weight = taps.weights.data() + cell.offset;
    for (Index t = 0; t < cell.count; ++t) {
      const std::uint32_t pixel = row[cell.first + t];
      const std::uint32_t alpha = pixel >> 24;
      float w = weight[t];
      if (alpha != 255) {  // on white
        const float share = static_cast<float>(alpha) / 255.0F;
        const float white = 255.0F * w * (1 - share);
        w *= share;
        red += white;
        green += white;
        blue += white;
      }
      red += w * static_cast<float>(pixel & 0xFF);
      green += w * static_cast<float>(pixel >> 8 & 0xFF);
      blue += w * static_cast<float>(pixel >> 16 & 0xFF);
    }
    *sums++ = red;
    *sums++ = green;
    *sums++ = blue;
  }
}

}  // namespace

Spans fit_spans(Index H, Index W, Index out_H, Index out_W, Fit fit) {
  const auto h = static_cast<double>(H);
  const auto w = static_cast<double>(W);
  const auto out_h = static_cast<double>(out_H);
  const auto out_w = static_cast<double>(out_W);
  if (fit == Fit::crop) {
    const double step = std::min(h / out_h, w / out_w);
    return {middle(H, step * out_h, out_H, out_H), middle(W, step * out_w, out_W, out_W)};
  }
  if (fit == Fit::pad) {
    const double step = std::max(h / out_h, w / out_w);
    return {middle(H, h, out_H, rounded(h / step, out_H)),
            middle(W, w, out_W, rounded(w / step, out_W))};
  }
  return {middle(H, h, out_H, out_H), middle(W, w, out_W, out_W)};
}

Taps resize_taps(Index pixels, const Span& span) {
  const double step = span.length / static_cast<double>(span.cells);
  const double reach = std::max(step, 1.0);
  Taps taps;
  taps.cells.reserve(static_cast<std::size_t>(span.cells));
  for (Index o = 0; o < span.cells; ++o) {
    const double centre = span.begin + (static_cast<double>(o) + 0.5) * step;
    const Index first = std::max<Index>(0, static_cast<Index>(std::floor(centre - reach + 0.5)));
    const Index end = std::min(pixels, static_cast<Index>(std::floor(centre + reach + 0.5)));
    const auto offset = static_cast<Index>(taps.weights.size());
    const auto weight = [=](Index p) {
      return std::max(0.0, 1 - std::abs(static_cast<double>(p) + 0.5 - centre) / reach);
    };
    double sum = 0;
    for (Index p = first; p < end; ++p) sum += weight(p);
    for (Index p = first; p < end; ++p) {
      taps.weights.push_back(static_cast<float>(weight(p) / sum));
    }
    taps.cells.push_back({first, end - first, offset});
  }
  return taps;
}

Orientation exif_orientation(int number) {
  switch (number) {
    case 2:
      return {false, false, true};
    case 3:
      return {false, true, true};
    case 4:
      return {false, true, false};
    case 5:
      return {true, false, false};
    case 6:
      return {true, false, true};
    case 7:
      return {true, true, true};
    case 8:
      return {true, true, false};
    default:
      return {false, false, false};
  }
}

void resize_picture(const Picture& picture, Orientation turned, Fit fit, Index out_H, Index out_W,
                    Index C, unsigned char fill, unsigned char* out) {
  // Rows and columns here are the source's: of the result before it is turned.
  const Index rows_out = turned.transpose ? out_W : out_H;
  const Index columns_out = turned.transpose ? out_H : out_W;
  const Spans spans = fit_spans(picture.H, picture.W, rows_out, columns_out, fit);
  const Taps rows = resize_taps(picture.H, spans.h);
  const Taps columns = resize_taps(picture.W, spans.w);
  const Index first_row = rows.cells.front().first;
  const Index end_row = rows.cells.back().first + rows.cells.back().count;
  const Index width = 3 * spans.w.cells;

  // Along the width first, which reads the source in its order; then down the columns.
  std::vector<float> narrow(static_cast<std::size_t>((end_row - first_row) * width));
  parallel_for(end_row - first_row,
               kNanosecondsPerTap * static_cast<double>(columns.weights.size()),
               [&](Index row, int) {
                 resize_row(picture.pixels + (first_row + row) * picture.W, columns,
                            narrow.data() + row * width);
               });

  std::fill(out, out + out_H * out_W * C, fill);
  const double taps_per_row = static_cast<double>(rows.weights.size()) /
                              static_cast<double>(spans.h.cells) * static_cast<double>(width);
  parallel_for(spans.h.cells, 0.5 * taps_per_row, [&](Index o, int) {
    std::vector<float> sums(static_cast<std::size_t>(width), 0.0F);
    const Taps::Cell& cell = rows.cells[static_cast<std::size_t>(o)];
    for (Index t = 0; t < cell.count; ++t) {
      const float w = rows.weights[static_cast<std::size_t>(cell.offset + t)];
      const float* from = narrow.data() + (cell.first + t - first_row) * width;
      for (Index j = 0; j < width; ++j) sums[static_cast<std::size_t>(j)] += w * from[j];
    }
    for (Index q = 0; q < spans.w.cells; ++q) {
      // The border lies where it would around the turned image.
      const Index h = turned_cell(turned.transpose ? q : o, turned.transpose ? spans.w : spans.h,
                                  turned.flip_h);
      const Index w = turned_cell(turned.transpose ? o : q, turned.transpose ? spans.h : spans.w,
                                  turned.flip_w);
      unsigned char* to = out + h + out_H * w;
      const float* rgb = sums.data() + 3 * q;
      if (C == 1) {
        *to = to_byte(0.299F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2]);
      } else {
        for (Index c = 0; c < 3; ++c) to[out_H * out_W * c] = to_byte(rgb[c]);
      }
    }
  });
}

}  // namespace convstep
