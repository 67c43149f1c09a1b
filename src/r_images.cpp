#include <cstdint>
#include <vector>

#include "images/formats.h"
#include "images/layout.h"
#include "images/resize.h"
#include "r_glue.h"

using namespace convstep;

// What is wrong with the bytes of a PNG file, "" if nothing.
// [[Rcpp::export(rng = false)]]
std::string png_fault_cpp(SEXP bytes) {
  const char* fault = png_fault(RAW_RO(bytes), Rf_xlength(bytes));
  return fault == nullptr ? "" : fault;
}

// The same for JPEG, with the number of the EXIF orientation.
// [[Rcpp::export(rng = false)]]
Rcpp::List jpeg_fault_cpp(SEXP bytes) {
  int orientation = 1;
  const char* fault = jpeg_fault(RAW_RO(bytes), Rf_xlength(bytes), &orientation);
  return Rcpp::List::create(Rcpp::Named("fault") = fault == nullptr ? "" : fault,
                            Rcpp::Named("orientation") = orientation);
}

// An image of `extents` (rows, columns), row by row: R's native raster, or raw bytes of red, green,
// blue and alpha. Returns the bytes of an image (size[1], size[2], channels).
// [[Rcpp::export(rng = false)]]
SEXP resize_image_cpp(SEXP pixels, Rcpp::IntegerVector extents, int orientation, int fit,
                      Rcpp::IntegerVector size, int channels, int fill) {
  const Index H = extents[0];
  const Index W = extents[1];
  const Index out_H = size[0];
  const Index out_W = size[1];
  Rcpp::Shield<SEXP> out(Rf_allocVector(RAWSXP, checked_size({out_H, out_W, channels}, "size")));
  Picture picture{nullptr, H, W};
  std::vector<std::uint32_t> joined;
  if (TYPEOF(pixels) == RAWSXP) {
    joined.resize(static_cast<std::size_t>(H * W));
    const unsigned char* byte = RAW_RO(pixels);
    for (std::uint32_t& pixel : joined) {
      pixel = byte[0] | static_cast<std::uint32_t>(byte[1]) << 8 |
              static_cast<std::uint32_t>(byte[2]) << 16 | static_cast<std::uint32_t>(byte[3]) << 24;
      byte += 4;
    }
    picture.pixels = joined.data();
  } else {
    picture.pixels = reinterpret_cast<const std::uint32_t*>(INTEGER_RO(pixels));
  }
  resize_picture(picture, exif_orientation(orientation), static_cast<Fit>(fit), out_H, out_W,
                 channels, static_cast<unsigned char>(fill), RAW(out));
  return out;
}

// Writes `images`, raw with an image a column, over the images of x (m, H, W, C) from `first` on.
// `x` is a vector that the caller has just made and nobody else has seen.
// [[Rcpp::export(rng = false)]]
void place_images_cpp(SEXP x, int first, SEXP images) {
  const Dim4 dim(x);
  place_images(Rf_nrows(images), Rf_ncols(images), RAW_RO(images), dim.extent[0], first - 1,
               RAW(x));
}
