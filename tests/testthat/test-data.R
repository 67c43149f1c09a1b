# A file in IDX format, written here byte by byte: big-endian extents, then `bytes`.
idx_file <- function(extents, bytes, type = 8, compress = FALSE, rank = length(extents)) {
  file <- tempfile(fileext = if (compress) ".gz" else "")
  connection <- if (compress) gzfile(file, "wb") else file(file, "wb")
  on.exit(close(connection))
  writeBin(as.raw(c(0, 0, type, rank)), connection)
  writeBin(as.integer(extents), connection, endian = "big")
  writeBin(as.raw(bytes), connection)
  file
}

test_that("images come out upright", {
  # Two images of 2 rows and 3 columns; the file holds them row by row.
  bytes <- c(1, 2, 3, 4, 5, 6, 101, 102, 103, 104, 105, 255)
  for (compress in c(FALSE, TRUE)) {
    x <- read_idx(idx_file(c(2, 2, 3), bytes, compress = compress))
    expect_identical(dim(x), c(2L, 2L, 3L))
    expect_identical(x[1, , ], rbind(1:3, 4:6))
    expect_identical(x[2, , ], rbind(101:103, c(104L, 105L, 255L)))
  }
  raw <- read_idx(idx_file(c(2, 2, 3), bytes), type = "raw")
  expect_type(raw, "raw")
  expect_identical(as.integer(raw), as.integer(x))
  expect_identical(dim(raw), dim(x))
})

test_that("labels come out as a vector", {
  expect_identical(read_idx(idx_file(4, c(9, 0, 255, 3))), c(9L, 0L, 255L, 3L))
  expect_identical(read_idx(idx_file(4, c(9, 0, 255, 3), compress = TRUE)), c(9L, 0L, 255L, 3L))
})

test_that("empty files of images and labels are empty", {
  expect_identical(read_idx(idx_file(0, raw(0))), integer())
  expect_identical(dim(read_idx(idx_file(c(0, 28, 28), raw(0)))), c(0L, 28L, 28L))
})

test_that("a file that is no whole IDX file says what is wrong", {
  hide_path <- function(x) gsub("'[^']*[/\\\\][^']*'", "'FILE'", x)
  expect_snapshot(error = TRUE, transform = hide_path, {
    read_idx(idx_file(c(2, 2, 3), 1:11))
    read_idx(idx_file(c(2, 2, 3), 1:13))
    read_idx(idx_file(c(2, 2, 3), 1:11, compress = TRUE))
    read_idx(idx_file(c(2, 2, 3), 1:13, compress = TRUE))
    read_idx(idx_file(4, 1:4, type = 0x0D))
    read_idx(idx_file(c(2, 2), 1:4))
    read_idx(idx_file(2, raw(0), rank = 3))
    read_idx(idx_file(c(1, 0, 3), raw(0)))
    read_idx(idx_file(c(.Machine$integer.max, 28, 28), 1:4))
    read_idx(idx_file(c(60000, 28, 28), 1:4))
    read_idx(idx_file(-1, 1:4))
    read_idx(tempfile("no-file-"))
    read_idx(1)
  })
  for (bytes in list(as.raw(c(0, 0)), charToRaw("P5 28 28 255"))) {
    file <- tempfile()
    writeBin(bytes, file)
    expect_error(read_idx(file), "Must start with two zero bytes")
  }
})

test_that("a damaged gzip stream is an error", {
  set.seed(1)
  damaged <- tempfile()
  for (pixels in list(sample(0:255, 7840, TRUE), rep(0:9, 784))) {
    whole <- idx_file(c(10, 28, 28), pixels, compress = TRUE)
    bytes <- readBin(whole, "raw", file.size(whole))
    n <- length(bytes)
    for (position in c(n %/% 2, n - 7:0)) {
      broken <- bytes
      broken[position] <- xor(broken[position], as.raw(0x55))
      writeBin(broken, damaged)
      expect_error(read_idx(damaged), "not a whole IDX file", info = position)
    }
    # Of what follows the last byte of the images, R misses nothing.
    for (size in c(5, n %/% 2, n - 12:1)) {
      writeBin(bytes[seq_len(size)], damaged)
      expect_error(read_idx(damaged), "not a whole IDX file", info = size)
    }
  }
})

test_that("the packaged digits are what they are said to be", {
  digits <- mnist_sample()
  expect_identical(dim(digits$train$x), c(8004L, 28L, 28L, 1L))
  expect_identical(dim(digits$test$x), c(1996L, 28L, 28L, 1L))
  expect_identical(levels(digits$train$y), as.character(0:9))
  expect_identical(range(digits$train$x), c(0, 1))
  expect_identical(anyDuplicated(rbind(
    matrix(digits$train$x, 8004), matrix(digits$test$x, 1996)
  )), 0L)
  # The first 10,000 training labels of MNIST, counted from its own label file.
  expect_identical(as.vector(table(digits$train$y) + table(digits$test$y)),
                   c(1001L, 1127L, 991L, 1032L, 980L, 863L, 1014L, 1070L, 944L, 978L))
  # Upright: the ones are taller than wide, and a seven is heavier at the top.
  mean_of <- function(class) {
    apply(digits$train$x[digits$train$y == class, , , 1], 2:3, mean)
  }
  one <- mean_of("1") > 0.25
  expect_gt(sum(rowSums(one) > 0), 1.5 * sum(colSums(one) > 0))
  seven <- mean_of("7")
  expect_gt(max(rowSums(seven[1:14, ])), 1.2 * max(rowSums(seven[15:28, ])))
})
