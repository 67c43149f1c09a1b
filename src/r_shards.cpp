#include <cstdio>
#include <string>
#include <vector>

#include "images/shards.h"
#include "r_glue.h"

using namespace convstep;

namespace {

// Errors of files as R errors without a C++ call in front.
template <typename Make>
auto or_file_error(Make make) -> decltype(make()) {
  try {
    return make();
  } catch (const FileError& error) {
    throw Rcpp::exception(error.what(), false);
  }
}

std::string system_path(SEXP path) {
  SEXP string = STRING_ELT(path, 0);
#ifdef _WIN32
  return Rf_translateCharUTF8(string);
#else
  return Rf_translateChar(string);
#endif
}

ImageShape shape_of(const Rcpp::IntegerVector& shape) { return {shape[0], shape[1], shape[2]}; }

// Keys lie in R as raw vectors, 8 bytes each, the lowest first.
std::vector<Key> keys_of(SEXP raw) {
  std::vector<Key> keys(static_cast<std::size_t>(Rf_xlength(raw) / 8));
  const unsigned char* byte = RAW_RO(raw);
  for (Key& key : keys) {
    key = 0;
    for (int i = 7; i >= 0; --i) key = key << 8 | byte[i];
    byte += 8;
  }
  return keys;
}

}  // namespace

// 8 bytes a string.
// [[Rcpp::export(rng = false)]]
Rcpp::RawVector hash_strings_cpp(Rcpp::CharacterVector strings) {
  Rcpp::RawVector keys(8 * strings.size());
  for (R_xlen_t i = 0; i < strings.size(); ++i) {
    const char* text = Rf_translateCharUTF8(STRING_ELT(strings, i));
    Key key = hash_bytes(text, static_cast<Index>(std::string(text).size()));
    for (int j = 0; j < 8; ++j, key >>= 8) keys[8 * i + j] = static_cast<Rbyte>(key & 0xFF);
  }
  return keys;
}

// One hash of bytes, in 16 hexadecimal digits.
// [[Rcpp::export(rng = false)]]
std::string hash_raw_cpp(SEXP bytes) {
  const Key key = hash_bytes(RAW_RO(bytes), Rf_xlength(bytes));
  char text[17];
  std::snprintf(text, sizeof text, "%08lx%08lx", static_cast<unsigned long>(key >> 32),
                static_cast<unsigned long>(key & 0xFFFFFFFFU));
  return text;
}

// [[Rcpp::export(rng = false)]]
SEXP shard_writer_cpp(SEXP path, Rcpp::IntegerVector shape) {
  return or_file_error([&]() -> SEXP {
    return Rcpp::XPtr<ShardWriter>(new ShardWriter(system_path(path), shape_of(shape)));
  });
}

// `images` are raw with an image a column.
// [[Rcpp::export(rng = false)]]
void shard_add_cpp(SEXP writer, SEXP images, SEXP keys, Rcpp::LogicalVector bad) {
  or_file_error([&] {
    Rcpp::XPtr<ShardWriter>(writer)->add(Rf_ncols(images), RAW_RO(images), keys_of(keys).data(),
                                         bad.begin());
  });
}

// Closes the file in any case, with what has been written on the disk or an error.
// [[Rcpp::export(rng = false)]]
void shard_finish_cpp(SEXP writer, bool whole) {
  Rcpp::XPtr<ShardWriter> shard(writer);
  or_file_error([&] {
    if (whole) shard->finish();
  });
  shard.release();
}

// [[Rcpp::export(rng = false)]]
SEXP image_reader_cpp(Rcpp::IntegerVector shape, bool row_major) {
  return Rcpp::XPtr<ImageReader>(new ImageReader(shape_of(shape), row_major));
}

// Which of the shard's images are none.
// [[Rcpp::export(rng = false)]]
Rcpp::LogicalVector reader_add_shard_cpp(SEXP reader, SEXP path, SEXP keys) {
  return or_file_error([&] {
    const std::vector<Key> expected = keys_of(keys);
    Rcpp::LogicalVector bad(static_cast<R_xlen_t>(expected.size()));
    Rcpp::XPtr<ImageReader>(reader)->add_shard(
        system_path(path), static_cast<Index>(expected.size()), expected.data(), bad.begin());
    return bad;
  });
}

// [[Rcpp::export(rng = false)]]
void reader_add_plain_cpp(SEXP reader, SEXP path, double offset, int n) {
  or_file_error([&] {
    Rcpp::XPtr<ImageReader>(reader)->add_plain(system_path(path), static_cast<std::int64_t>(offset),
                                               n);
  });
}

// A raw array of the images `rows`.
// [[Rcpp::export(rng = false)]]
SEXP reader_take_cpp(SEXP reader, Rcpp::IntegerVector rows, Rcpp::IntegerVector shape) {
  Rcpp::XPtr<ImageReader> images(reader);
  const Index b = rows.size();
  Rcpp::Shield<SEXP> out(uninitialised_array({b, shape[0], shape[1], shape[2]}, RAWSXP));
  or_file_error([&] { images->read(b, rows.begin(), RAW(out)); });
  return out;
}

// [[Rcpp::export(rng = false)]]
void reader_advise_cpp(SEXP reader, Rcpp::IntegerVector rows) {
  Rcpp::XPtr<ImageReader>(reader)->advise(rows.size(), rows.begin());
}
