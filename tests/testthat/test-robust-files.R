test_that("files that are nearly right are refused, or read as what they say", {
  skip_on_cran()
  lines <- run_child("files.R", 1, 2000)
  expect_length(lines, 4)
  expect_match(lines[1], "^idx: [0-9]{4} errors, [0-9]{3} values$")
  expect_identical(lines[2], "enormous headers: 100 errors, 0 values")
  # Some changes change nothing, such as the time in the header.
  expect_match(lines[3], "^damaged checkpoints: [0-9]{4} errors, [0-9]{2,3} values$")
  expect_match(lines[4], "^other contents: [0-9]{4} errors, [0-9]{1,3} values$")
})

test_that("a header that promises more than the file can hold takes neither time nor memory", {
  file <- tempfile()
  on.exit(unlink(file))
  huge <- as.raw(c(0, 0, 8, 3, rep(c(0x7f, 0xff, 0xff, 0xff), 3)))
  writeBin(huge, file)
  expect_error(read_idx(file), "which says (2147483647, 2147483647, 2147483647), but has only",
               fixed = TRUE)
  # The same in a gzip stream.
  connection <- gzfile(file, "wb")
  writeBin(huge, connection)
  close(connection)
  expect_error(read_idx(file), "which says (2147483647, 2147483647, 2147483647), but has only",
               fixed = TRUE)
})
