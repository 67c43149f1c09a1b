# Mistakes that are no errors to a computer.

quick <- function(...) cnn(..., layers = list(layer_affine(2)), epochs = 0)

test_that("a scale that cannot have been meant is a warning with the line to write", {
  data <- bars(12)
  bytes <- array(as.integer(255 * data$x), dim(data$x))
  expect_warning(quick(bytes, data$y), "scale = 1 / 255", class = "convstep_suspicion")
  expect_warning(quick(bytes + 0, data$y), "look like bytes that were not divided by 255")
  expect_warning(quick(1000 * data$x - 500, data$y), "scale = \"standardise\"")
  for (fine in list(data$x, 10 * data$x, data$x > 0.5, array(as.raw(bytes), dim(bytes)))) {
    expect_silent(quick(fine, data$y))
  }
  expect_silent(quick(bytes, data$y, scale = 1))
  expect_silent(quick(bytes, data$y, scale = "standardise"))
  digits <- read_idx(system.file("extdata", "mnist-test-images-idx3-ubyte.gz",
                                 package = "convstep"))
  expect_warning(quick(digits[1:20, , ], rep(1:2, 10)), "go from 0 to 255")
})

test_that("images on another scale than those trained on are a warning", {
  data <- bars(12)
  raw <- array(as.raw(255 * data$x), dim(data$x))
  on_raw <- quick(raw, data$y)
  expect_identical(on_raw$seen, list(type = "raw", range = c(0, 255)))
  expect_warning(predict(on_raw, data$x), "went from 0 to 255 \\(bytes\\).*255 \\* newdata",
                 class = "convstep_suspicion")
  expect_warning(evaluate(on_raw, data$x, data$y), "255 \\*")
  expect_warning(cnn(data$x, data$y, init = on_raw, epochs = 0), "255 \\* x")
  expect_silent(predict(on_raw, 255 * data$x))
  expect_silent(predict(on_raw, raw))
  expect_silent(predict(on_raw, raw[0, , , , drop = FALSE]))
  expect_silent(predict(on_raw, 0 * data$x))
  on_doubles <- quick(data$x, data$y)
  expect_identical(on_doubles$seen, list(type = "double", range = range(data$x)))
  expect_warning(predict(on_doubles, raw), "array\\(as.integer\\(newdata\\) / 255, dim\\(newdata\\)")
  expect_warning(predict(on_doubles, 255 * data$x), "newdata / 255")
  expect_silent(predict(on_doubles, data$x[1:2, , , , drop = FALSE] / 3))
  old <- on_doubles
  old$seen <- NULL
  expect_silent(predict(old, 255 * data$x))
  expect_error(predict(replace(on_doubles, "seen", list("bytes")), data$x), "its 'seen' is not")
})

test_that("channels that come first are a warning", {
  x <- array(runif(4 * 3 * 16 * 12), c(4, 3, 16, 12))
  expect_warning(quick(x, c(1, 2, 1, 2)), "aperm\\(x, c\\(1, 3, 4, 2\\)\\)")
  expect_silent(quick(aperm(x, c(1, 3, 4, 2)), c(1, 2, 1, 2)))
  expect_warning(quick(array(x, c(9, 1, 16, 16)), rep(1:3, 3)), "channels seem to come first")
  # A series along one row, or down one column.
  expect_silent(quick(array(x, c(6, 1, 48, 8)), rep(1:2, 3)))
  expect_silent(quick(array(x, c(6, 48, 1, 8)), rep(1:2, 3)))
})

test_that("a table of pixels, and ages taken for classes, are named as such", {
  table <- as.data.frame(matrix(runif(5 * 64), 5))
  expect_error(quick(table, 1:5), "pixels of images of 8 x 8, row by row: write aperm\\(array\\(")
  labelled <- cbind(label = 1:5, table)
  hint <- tryCatch(quick(labelled, 1:5), error = conditionMessage)
  expect_match(hint, "a column of labels")
  x <- eval(parse(text = sub(".*write (aperm.*)[.]$", "\\1", hint)), list(x = labelled))
  expect_identical(dim(x), c(5L, 8L, 8L))
  expect_identical(x[3, 2, 5], table[3, 8 + 5])
  x <- array(runif(61 * 4), c(61, 2, 2, 1))
  expect_warning(quick(x, 20:80), "61 different numbers from 20 to 80.*loss = \"mse\"")
  expect_silent(quick(x, factor(20:80)))
  expect_silent(quick(x, 20:80, loss = "mse"))
})
