// The checksum of gzip.
#pragma once

#include <cstdint>

#include "base/geometry.h"

namespace convstep {

// CRC-32 of ISO 3309, bits reversed, as RFC 1952 defines it for gzip.
std::uint32_t crc32(const unsigned char* bytes, Index n);

}  // namespace convstep
