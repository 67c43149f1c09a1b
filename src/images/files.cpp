#include "images/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <io.h>
#include <windows.h>
#else
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace convstep {

namespace {

constexpr std::intptr_t kClosed = -1;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  throw FileError("'" + path + "' " + what);
}

#ifdef _WIN32
std::wstring wide(const std::string& utf8) {
  const int n = MultiByteToWideChar(CP_UTF8, 0, utf8.c_str(), -1, nullptr, 0);
  std::wstring out(static_cast<std::size_t>(std::max(n, 1)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, utf8.c_str(), -1, &out[0], n);
  return out;
}

HANDLE handle(std::intptr_t value) { return reinterpret_cast<HANDLE>(value); }
#endif

}  // namespace

InputFile::InputFile(InputFile&& other) noexcept
    : path_(std::move(other.path_)), handle_(other.handle_) {
  other.handle_ = kClosed;
}

#ifdef _WIN32

// Others may go on to read, rename and delete the file, as elsewhere.
InputFile::InputFile(const std::string& path)
    : path_(path),
      handle_(reinterpret_cast<std::intptr_t>(CreateFileW(
          wide(path).c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
          nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr))) {
  if (handle(handle_) == INVALID_HANDLE_VALUE) fail(path, "cannot be opened");
}

InputFile::~InputFile() {
  if (handle_ != kClosed) CloseHandle(handle(handle_));
}

std::int64_t InputFile::size() const {
  LARGE_INTEGER size;
  return GetFileSizeEx(handle(handle_), &size) ? size.QuadPart : 0;
}

std::int64_t InputFile::written() const {
  FILETIME time;
  if (!GetFileTime(handle(handle_), nullptr, nullptr, &time)) return 0;
  return static_cast<std::int64_t>(time.dwHighDateTime) << 32 | time.dwLowDateTime;
}

void InputFile::read(std::int64_t offset, Index bytes, void* to) const {
  auto* out = static_cast<char*>(to);
  while (bytes > 0) {
    OVERLAPPED at{};
    at.Offset = static_cast<DWORD>(offset & 0xFFFFFFFF);
    at.OffsetHigh = static_cast<DWORD>(offset >> 32);
    DWORD got = 0;
    const auto wanted = static_cast<DWORD>(std::min<Index>(bytes, 1 << 30));
    if (!ReadFile(handle(handle_), out, wanted, &got, &at) || got == 0) fail(path_, "ends early");
    out += got;
    offset += got;
    bytes -= static_cast<Index>(got);
  }
}

void InputFile::advise(std::int64_t, Index) const {}

#else

InputFile::InputFile(const std::string& path)
    : path_(path), handle_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (handle_ < 0) fail(path, std::string("cannot be opened: ") + std::strerror(errno));
}

InputFile::~InputFile() {
  if (handle_ != kClosed) ::close(static_cast<int>(handle_));
}

std::int64_t InputFile::size() const {
  struct stat status;
  return fstat(static_cast<int>(handle_), &status) == 0 ? status.st_size : 0;
}

std::int64_t InputFile::written() const {
  struct stat status;
  if (fstat(static_cast<int>(handle_), &status) != 0) return 0;
#ifdef __APPLE__
  const timespec time = status.st_mtimespec;
#else
  const timespec time = status.st_mtim;
#endif
  return static_cast<std::int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

void InputFile::read(std::int64_t offset, Index bytes, void* to) const {
  auto* out = static_cast<char*>(to);
  while (bytes > 0) {
    const auto wanted = static_cast<std::size_t>(std::min<Index>(bytes, 1 << 30));
    const ssize_t got = pread(static_cast<int>(handle_), out, wanted, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path_, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) fail(path_, "ends early");
    out += got;
    offset += got;
    bytes -= static_cast<Index>(got);
  }
}

void InputFile::advise(std::int64_t offset, Index bytes) const {
#if defined(POSIX_FADV_WILLNEED)
  posix_fadvise(static_cast<int>(handle_), static_cast<off_t>(offset), static_cast<off_t>(bytes),
                POSIX_FADV_WILLNEED);
#elif defined(F_RDADVISE)
  radvisory advice{static_cast<off_t>(offset), static_cast<int>(bytes)};
  fcntl(static_cast<int>(handle_), F_RDADVISE, &advice);
#else
  (void)offset;
  (void)bytes;
#endif
}

#endif

OutputFile::OutputFile(const std::string& path)
    : path_(path),
#ifdef _WIN32
      file_(_wfopen(wide(path).c_str(), L"wb")) {
#else
      file_(std::fopen(path.c_str(), "wb")) {
#endif
  if (file_ == nullptr) fail(path, std::string("cannot be written: ") + std::strerror(errno));
}

OutputFile::~OutputFile() {
  if (file_ != nullptr) std::fclose(file_);
}

void OutputFile::write(const void* bytes, Index n) {
  const auto size = static_cast<std::size_t>(n);
  if (std::fwrite(bytes, 1, size, file_) != size) {
    fail(path_, std::string("cannot be written: ") + std::strerror(errno));
  }
}

void OutputFile::close() {
  bool good = std::fflush(file_) == 0;
#ifdef _WIN32
  good = good && _commit(_fileno(file_)) == 0;
#else
  good = good && fsync(fileno(file_)) == 0;
#endif
  const int reason = errno;
  good = std::fclose(file_) == 0 && good;
  file_ = nullptr;
  if (!good) fail(path_, std::string("cannot be written: ") + std::strerror(reason));
}

}  // namespace convstep
