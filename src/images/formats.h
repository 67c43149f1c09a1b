// Whether a file's bytes are whole, before a decoder sees them: some decoders read beyond the end
// of what is cut, or fill it with grey and say nothing.
#pragma once

#include "base/geometry.h"

namespace convstep {

// What is wrong with the bytes of a PNG file, or null: chunks up to IEND, each whole and with the
// right checksum (ISO/IEC 15948).
const char* png_fault(const unsigned char* bytes, Index n);

// The same for JPEG (ITU-T T.81): segments up to a start of scan, and an end of image after it.
// `orientation` becomes the number in its EXIF data, 1 if there is none.
const char* jpeg_fault(const unsigned char* bytes, Index n, int* orientation);

}  // namespace convstep
