#include "images/formats.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/crc32.h"

namespace convstep {

namespace {

constexpr const char* kEndsEarly = "ends early";
constexpr const char* kDamaged = "is damaged";

std::uint32_t big_endian(const unsigned char* bytes, int n) {
  std::uint32_t value = 0;
  for (int i = 0; i < n; ++i) value = value << 8 | bytes[i];
  return value;
}

std::uint32_t little_endian(const unsigned char* bytes, int n) {
  std::uint32_t value = 0;
  for (int i = n - 1; i >= 0; --i) value = value << 8 | bytes[i];
  return value;
}

// The orientation in the first directory of a TIFF structure, which is what EXIF is.
int tiff_orientation(const unsigned char* bytes, Index n) {
  constexpr int kNone = 1;
  if (n < 8) return kNone;
  const bool little = bytes[0] == 'I';
  const auto number = [little](const unsigned char* at, int size) {
    return little ? little_endian(at, size) : big_endian(at, size);
  };
  const auto directory = static_cast<Index>(number(bytes + 4, 4));
  if (directory > n - 2) return kNone;
  const auto entries = static_cast<Index>(number(bytes + directory, 2));
  for (Index i = 0; i < entries; ++i) {
    const Index at = directory + 2 + 12 * i;
    if (at > n - 12) return kNone;
    constexpr std::uint32_t kOrientation = 0x0112;
    if (number(bytes + at, 2) == kOrientation) {
      const auto value = static_cast<int>(number(bytes + at + 8, 2));
      return value >= 1 && value <= 8 ? value : kNone;
    }
  }
  return kNone;
}

}  // namespace

const char* png_fault(const unsigned char* bytes, Index n) {
  for (Index at = 8; at <= n - 12;) {
    const auto length = static_cast<Index>(big_endian(bytes + at, 4));
    if (length > n - 12 - at) return kEndsEarly;
    const unsigned char* kind = bytes + at + 4;
    if (crc32(kind, length + 4) != big_endian(kind + 4 + length, 4)) return kDamaged;
    if (std::memcmp(kind, "IEND", 4) == 0) return nullptr;
    at += length + 12;
  }
  return kEndsEarly;
}

const char* jpeg_fault(const unsigned char* bytes, Index n, int* orientation) {
  constexpr unsigned char kMark = 0xFF;
  constexpr unsigned char kApp1 = 0xE1;
  constexpr unsigned char kStartOfScan = 0xDA;
  constexpr unsigned char kEndOfImage = 0xD9;
  *orientation = 1;
  for (Index at = 2; at <= n - 4;) {
    if (bytes[at] != kMark) return kDamaged;
    const unsigned char kind = bytes[at + 1];
    if (kind == kMark) {  // fill bytes may stand before a mark
      ++at;
      continue;
    }
    const auto length = static_cast<Index>(big_endian(bytes + at + 2, 2));
    if (length < 2) return kDamaged;
    if (at + 2 + length > n) return kEndsEarly;
    if (kind == kStartOfScan) {
      // In a scan a mark's first byte is always followed by 0 or a restart: the end is the end.
      const unsigned char end[] = {kMark, kEndOfImage};
      return std::search(bytes + at + 2 + length, bytes + n, end, end + 2) == bytes + n ? kEndsEarly
                                                                                        : nullptr;
    }
    if (kind == kApp1 && length >= 8 && std::memcmp(bytes + at + 4, "Exif\0", 6) == 0) {
      *orientation = tiff_orientation(bytes + at + 10, length - 8);
    }
    at += 2 + length;
  }
  return kEndsEarly;
}

}  // namespace convstep
