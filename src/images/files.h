// Files as POSIX and Windows have them: reads at any place by several threads at once, and writes
// that say when they fail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "base/geometry.h"

namespace convstep {

// What the system says, after the name of the file.
struct FileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Paths are in UTF-8 on Windows, and as the system has them elsewhere.
class InputFile {
 public:
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(InputFile&& other) noexcept;
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  std::int64_t size() const;
  // A number that changes when the file is written to.
  std::int64_t written() const;
  // Reads all of the bytes, or throws FileError. May be called by several threads at once.
  void read(std::int64_t offset, Index bytes, void* to) const;
  // Tells the system what will be read soon, where it listens to that.
  void advise(std::int64_t offset, Index bytes) const;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::intptr_t handle_;
};

class OutputFile {
 public:
  // Replaces what there is.
  explicit OutputFile(const std::string& path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(const void* bytes, Index n);
  // Returns when all is on the disk; throws FileError if it does not get there.
  void close();

 private:
  std::string path_;
  std::FILE* file_;
};

}  // namespace convstep
