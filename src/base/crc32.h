// The checksum of gzip.
#pragma once

#include <cstdint>

#include "base/geometry.h"

namespace convstep {

// CRC-32 of ISO 3309, bits reversed, as RFC 1952 defines it for gzip; of bytes that follow others
// if `before` is the checksum of those.
std::uint32_t crc32(const unsigned char* bytes, Index n, std::uint32_t before = 0);

}  // namespace convstep
