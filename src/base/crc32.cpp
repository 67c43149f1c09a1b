#include "base/crc32.h"

#include <array>

namespace convstep {

namespace {

using Table = std::array<std::uint32_t, 256>;

// The checksum of each byte alone.
constexpr Table make_table() {
  Table table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t c = byte;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xEDB88320U ^ (c >> 1) : c >> 1;
    table[byte] = c;
  }
  return table;
}

constexpr Table table = make_table();

}  // namespace

std::uint32_t crc32(const unsigned char* bytes, Index n, std::uint32_t before) {
  std::uint32_t c = before ^ 0xFFFFFFFFU;
  for (Index i = 0; i < n; ++i) c = table[(c ^ bytes[i]) & 0xFFU] ^ (c >> 8);
  return c ^ 0xFFFFFFFFU;
}

}  // namespace convstep
