// Files of images, read at random: the shards of a cache, which this room writes, and IDX files.
//
// A shard holds, all numbers little-endian:
//   the images, each in one piece, (H, W, C) column-major, one byte a cell;
//   for each image 8 bytes that name it (a hash of its file's path, size and time), all bits turned
//   over if the file held no image, then for each a CRC-32;
//   a trailer of 64 bytes: a mark, the count of images, the bytes of one, H, W, C (8 bytes each),
//   and CRC-32 of all after the images, the trailer's own last 8 bytes not counted.
// It is written under another name and renamed when it is whole: what has its name is whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/geometry.h"
#include "images/files.h"

namespace convstep {

using Key = std::uint64_t;

// FNV-1a (Fowler, Noll, Vo), started from `start`.
constexpr Key kHashStart = 0xCBF29CE484222325U;
Key hash_bytes(const void* bytes, Index n, Key start = kHashStart);

struct ImageShape {
  Index H, W, C;
  Index bytes() const { return H * W * C; }
};

class ShardWriter {
 public:
  ShardWriter(const std::string& path, ImageShape shape);
  // `n` images, one after the other, and their keys, and which are none.
  void add(Index n, const unsigned char* images, const Key* keys, const int* bad);
  // Throws FileError if not all got to the disk.
  void finish();

 private:
  OutputFile file_;
  ImageShape shape_;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> sums_;
};

// Images in several files, numbered through from 1 in the order the files are added.
class ImageReader {
 public:
  // `row_major`: within an image, cells follow each other along the rows; else down the columns.
  ImageReader(ImageShape shape, bool row_major) : shape_(shape), row_major_(row_major) {}

  // A shard with these images, of which bad[i] says whether it is none; throws FileError if the
  // shard is not whole, or another.
  void add_shard(const std::string& path, Index n, const Key* keys, int* bad);
  // `n` images from `offset` on in a file without checksums.
  void add_plain(const std::string& path, std::int64_t offset, Index n);

  // out (b, H * W * C) column-major: the images `rows`. Throws FileError if one cannot be read, is
  // not what was written, or lies in a plain file that has changed since it was opened.
  void read(Index b, const int* rows, unsigned char* out);
  // Asks the system to read them soon.
  void advise(Index b, const int* rows) const;

 private:
  struct Part {
    InputFile file;
    std::int64_t offset;
    Index first, n;
    std::int64_t written;
    std::vector<std::uint32_t> sums;
    // Each image is checked the first time it is read, by whichever thread does.
    std::vector<std::atomic<bool>> verified;
  };

  Part& part_of(Index image) const;
  void add_part(InputFile file, std::int64_t offset, Index n, std::vector<std::uint32_t> sums);
  std::int64_t place(const Part& part, Index image) const;
  void read_one(Index image, unsigned char* to);

  ImageShape shape_;
  bool row_major_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::vector<unsigned char> buffer_;
};

}  // namespace convstep
