#include "images/shards.h"

#include <algorithm>
#include <cstring>

#include "base/crc32.h"
#include "base/threads.h"
#include "images/layout.h"

namespace convstep {

namespace {

constexpr Index kTrailer = 64;
constexpr char kMark[] = "cnnshard";  // its 8 letters

void put(std::vector<unsigned char>& to, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) to.push_back(static_cast<unsigned char>(value >> 8 * i));
}

std::uint64_t number(const unsigned char* from, int bytes) {
  std::uint64_t value = 0;
  for (int i = bytes - 1; i >= 0; --i) value = value << 8 | from[i];
  return value;
}

std::vector<unsigned char> shard_end(ImageShape shape, const std::vector<Key>& keys,
                                     const std::vector<std::uint32_t>& sums) {
  std::vector<unsigned char> end;
  for (Key key : keys) put(end, key, 8);
  for (std::uint32_t sum : sums) put(end, sum, 4);
  end.insert(end.end(), kMark, kMark + 8);
  const auto n = static_cast<Index>(keys.size());
  for (Index value : {n, shape.bytes(), shape.H, shape.W, shape.C}) {
    put(end, static_cast<std::uint64_t>(value), 8);
  }
  put(end, 0, 8);  // reserved
  put(end, crc32(end.data(), static_cast<Index>(end.size())), 8);
  return end;
}

}  // namespace

Key hash_bytes(const void* bytes, Index n, Key start) {
  const auto* byte = static_cast<const unsigned char*>(bytes);
  for (Index i = 0; i < n; ++i) start = (start ^ byte[i]) * 0x100000001B3U;
  return start;
}

ShardWriter::ShardWriter(const std::string& path, ImageShape shape) : file_(path), shape_(shape) {}

void ShardWriter::add(Index n, const unsigned char* images, const Key* keys, const int* bad) {
  const Index P = shape_.bytes();
  file_.write(images, n * P);
  for (Index i = 0; i < n; ++i) {
    keys_.push_back(bad[i] != 0 ? ~keys[i] : keys[i]);
    sums_.push_back(crc32(images + i * P, P));
  }
}

void ShardWriter::finish() {
  const std::vector<unsigned char> end = shard_end(shape_, keys_, sums_);
  file_.write(end.data(), static_cast<Index>(end.size()));
  file_.close();
}

void ImageReader::add_shard(const std::string& path, Index n, const Key* keys, int* bad) {
  const Index P = shape_.bytes();
  InputFile file(path);
  const Index end_size = 12 * n + kTrailer;
  if (file.size() != n * P + end_size) throw FileError("'" + path + "' is not whole");
  std::vector<unsigned char> end(static_cast<std::size_t>(end_size));
  file.read(n * P, end_size, end.data());
  std::vector<Key> found;
  std::vector<std::uint32_t> sums;
  for (Index i = 0; i < n; ++i) {
    bad[i] = number(end.data() + 8 * i, 8) == ~keys[i];
    found.push_back(bad[i] != 0 ? ~keys[i] : keys[i]);
    sums.push_back(static_cast<std::uint32_t>(number(end.data() + 8 * n + 4 * i, 4)));
  }
  // What ought to be there is made anew: any difference, wherever it is, shows.
  if (shard_end(shape_, found, sums) != end) {
    throw FileError("'" + path + "' is damaged, or holds other images");
  }
  add_part(std::move(file), 0, n, std::move(sums));
}

void ImageReader::add_plain(const std::string& path, std::int64_t offset, Index n) {
  add_part(InputFile(path), offset, n, {});
}

void ImageReader::add_part(InputFile file, std::int64_t offset, Index n,
                           std::vector<std::uint32_t> sums) {
  const Index first = parts_.empty() ? 1 : parts_.back()->first + parts_.back()->n;
  const std::int64_t written = file.written();
  std::vector<std::atomic<bool>> verified(sums.size());
  parts_.push_back(std::unique_ptr<Part>(
      new Part{std::move(file), offset, first, n, written, std::move(sums), std::move(verified)}));
}

ImageReader::Part& ImageReader::part_of(Index image) const {
  const auto after =
      std::upper_bound(parts_.begin(), parts_.end(), image,
                       [](Index i, const std::unique_ptr<Part>& part) { return i < part->first; });
  return **(after - 1);
}

std::int64_t ImageReader::place(const Part& part, Index image) const {
  return part.offset + static_cast<std::int64_t>(image - part.first) * shape_.bytes();
}

void ImageReader::read_one(Index image, unsigned char* to) {
  Part& part = part_of(image);
  const Index P = shape_.bytes();
  if (!row_major_) {
    part.file.read(place(part, image), P, to);
  } else {
    std::vector<unsigned char> rows(static_cast<std::size_t>(P));
    part.file.read(place(part, image), P, rows.data());
    const unsigned char* from = rows.data();
    for (Index h = 0; h < shape_.H; ++h) {
      for (Index w = 0; w < shape_.W; ++w) {
        for (Index c = 0; c < shape_.C; ++c) to[h + shape_.H * (w + shape_.W * c)] = *from++;
      }
    }
  }
  if (part.sums.empty()) return;
  const auto i = static_cast<std::size_t>(image - part.first);
  if (part.verified[i]) return;
  if (crc32(to, P) != part.sums[i]) {
    throw FileError("'" + part.file.path() +
                    "' is damaged: its checksums are not those of what it holds");
  }
  part.verified[i] = true;
}

void ImageReader::read(Index b, const int* rows, unsigned char* out) {
  const Index P = shape_.bytes();
  for (const auto& part : parts_) {
    if (part->sums.empty() && part->file.written() != part->written) {
      throw FileError("'" + part->file.path() + "' has changed while it was being read");
    }
  }
  buffer_.resize(static_cast<std::size_t>(b * P));
  // A read costs some microseconds to ask for, and the copy.
  const double nanoseconds = 1500 + 0.5 * static_cast<double>(P);
  parallel_for(b, nanoseconds, [&](Index i, int) { read_one(rows[i], buffer_.data() + i * P); });
  place_images(P, b, buffer_.data(), b, 0, out);
}

void ImageReader::advise(Index b, const int* rows) const {
  for (Index i = 0; i < b; ++i) {
    const Part& part = part_of(rows[i]);
    part.file.advise(place(part, rows[i]), shape_.bytes());
  }
}

}  // namespace convstep
