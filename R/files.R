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

# The contents of a file compressed by gzip into one member. A file that was cut, or damaged at the
# end, R takes for one that ends there, and never looks at its checksum: so length and checksum are
# compared here. `damaged` is called with what is wrong.
read_gzip <- function(file, damaged) {
  size <- file.size(file)
  ends <- gzip_ends(file, size)
  # Two bytes of a mark, then the method, of which there is only one.
  if (!identical(ends$head, as.raw(c(0x1f, 0x8b, 0x08)))) damaged("is not compressed by gzip")
  if (size < 18) damaged("ends early")
  number <- function(bytes) sum(as.integer(bytes) * 256^(0:3))
  checksum <- number(ends$tail[1:4])
  length <- number(ends$tail[5:8]) # modulo 2^32
  turns <- floor((most_bytes(file) - length) / 2^32)
  if (turns < 0) damaged("ends early, or is damaged")
  connection <- gzfile(file, "rb")
  on.exit(close(connection))
  bytes <- read_all(connection, length + turns * 2^32, function(message) {
    damaged(paste0("cannot be read: ", message))
  })
  if (length(bytes) %% 2^32 != length || crc32_cpp(bytes) != checksum) {
    damaged("is damaged: its length and checksum are not those of what it holds")
  }
  bytes
}

# The first three and the last eight bytes of a file, as they are on the disk.
gzip_ends <- function(file, size) {
  connection <- file(file, "rb", raw = TRUE)
  on.exit(close(connection))
  head <- readBin(connection, "raw", 3)
  seek(connection, max(0, size - 8))
  list(head = head, tail = readBin(connection, "raw", 8))
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
