// Images of which each lies in one piece, as a file keeps them, and arrays of images, in which the
// same pixel of all images does.
#pragma once

#include "base/geometry.h"

namespace convstep {

// out[first + i, p] = images[p, i] for b images of P bytes; out is (n, P), of which only these b
// rows are written. `first` counts from 0.
void place_images(Index P, Index b, const unsigned char* images, Index n, Index first,
                  unsigned char* out);

}  // namespace convstep
