# The reading of files that may be anything: cut, damaged, or not what their names say; and the
# writing of whole files.

# `file` must be a file that can be read and holds something: opening a named pipe would block.
check_file <- function(file) {
  if (!checkmate::test_string(file)) {
    stop_assertion("file", "Must be the path of a file, but is ", describe(file))
  }
  fault <- if (!file.exists(file)) {
    "there is none at"
  } else if (dir.exists(file)) {
    "there is a directory at"
  } else if (file.access(file, 4) != 0) {
    "may not read"
  } else if (file.size(file) == 0) {
    "nothing is in"
  }
  if (!is.null(fault)) {
    stop_assertion("file", "Must be the path of a file, but ", fault, " '", file, "'")
  }
  file
}

# All bytes that are left, but no more than `expected` and one, which finds what is too long. They
# are read in pieces, so that a size that lies takes no memory.
read_all <- function(connection, expected, damaged) {
  pieces <- list()
  got <- 0
  while (got <= expected) {
    bytes <- read_bytes(connection, min(2^24, expected + 1 - got), damaged)
    if (length(bytes) == 0) break
    got <- got + length(bytes)
    pieces[[length(pieces) + 1]] <- bytes
  }
  if (length(pieces) == 0) raw(0) else do.call(c, pieces)
}

# Damage to a compressed stream is a warning of R's, or an error, depending on where it lies: then
# `damaged` is called with the message.
read_bytes <- function(connection, n, damaged) {
  bytes <- tryCatch(readBin(connection, "raw", n), warning = conditionMessage,
                    error = conditionMessage)
  if (is.character(bytes)) damaged(bytes)
  bytes
}

# gzip shrinks nothing below a 1032nd part: the most bytes that a file may hold.
most_bytes <- function(file) 1032 * file.size(file)

# The contents of a file compressed by gzip into one member. `damaged` is called with what is wrong.
read_gzip <- function(file, damaged) {
  end <- gzip_end(file)
  if (is.null(end)) damaged("is not compressed by gzip")
  if (file.size(file) < 18) damaged("ends early")
  turns <- floor((most_bytes(file) - end$length) / 2^32)
  if (turns < 0) damaged("ends early, or is damaged")
  connection <- gzfile(file, "rb")
  on.exit(close(connection))
  bytes <- read_all(connection, end$length + turns * 2^32, function(message) {
    damaged(paste0("cannot be read: ", message))
  })
  compare_gzip_end(end, bytes, damaged)
  bytes
}

# What the last eight bytes of a file compressed by gzip say of its contents: their `checksum`, and
# their `length` modulo 2^32. NULL for a file that is not compressed by gzip.
gzip_end <- function(file) {
  connection <- file(file, "rb", raw = TRUE)
  on.exit(close(connection))
  # Two bytes of a mark, then the method, of which there is only one.
  if (!identical(readBin(connection, "raw", 3), as.raw(c(0x1f, 0x8b, 0x08)))) {
    return(NULL)
  }
  seek(connection, max(0, file.size(file) - 8))
  number <- function(bytes) sum(as.integer(bytes) * 256^(seq_along(bytes) - 1))
  list(checksum = number(readBin(connection, "raw", 4)),
       length = number(readBin(connection, "raw", 4)))
}

# Whether `bytes`, which R read from a file compressed by gzip, are followed there by a checksum and
# a length that are theirs: of all, or of the last of several members. A few bytes that belong to
# nothing may come after.
ends_as_gzip <- function(file, bytes) {
  connection <- file(file, "rb", raw = TRUE)
  on.exit(close(connection))
  seek(connection, max(0, file.size(file) - 40))
  tail <- as.integer(readBin(connection, "raw", 40))
  number <- function(at) sum(tail[at + 0:3] * 256^(0:3))
  total <- length(bytes)
  for (at in rev(seq_len(max(0, length(tail) - 7)))) {
    length <- number(at + 4)
    if (total >= 2^32 && length == total %% 2^32) length <- total
    if (length > 0 && length <= total &&
          crc32_cpp(bytes[seq.int(total - length + 1, total)]) == number(at)) {
      return(TRUE)
    }
  }
  FALSE
}

# A file that was cut, or damaged at the end, R takes for one that ends there, and never looks at
# its checksum: so length and checksum are compared here.
compare_gzip_end <- function(end, bytes, damaged) {
  if (length(bytes) %% 2^32 != end$length || crc32_cpp(bytes) != end$checksum) {
    damaged("is damaged: its length and checksum are not those of what it holds")
  }
}

# Calls `write` with the path of a file beside `file`, which it writes and checks, and renames that
# to `file`: a crash, an error or a full disk leaves the former file or the new one, whole.
replace_file <- function(file, write) {
  part <- tempfile(paste0(basename(file), "-"), dirname(file))
  on.exit(unlink(part))
  write(part)
  if (!file.rename(part, file)) {
    stop("'", part, "' cannot be renamed to '", file, "'.", call. = FALSE)
  }
}
