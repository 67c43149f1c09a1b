# Resizing, against a definition in plain R and against PyTorch.

test_that("resizing is its definition, for every fit, up and down", {
  set.seed(1)
  for (extents in list(c(23, 31), c(8, 7), c(64, 20), c(1, 5), c(40, 40), c(1, 1))) {
    x <- array(sample(0:255, prod(extents) * 3, TRUE), c(extents, 3))
    for (size in list(c(8, 8), c(13, 20), c(1, 1), c(40, 40), c(31, 2))) {
      for (fit in c("crop", "pad", "stretch")) {
        expected <- naive_resize(x, size, fit, fill = 77)
        result <- resize_native(as_native(x), size, fit, fill = 77L)
        expect_lte(max(abs(result - expected)), 0.501)
        grey <- resize_native(as_native(x), size, fit, 1L, fill = 77L)
        expect_lte(max(abs(grey[, , 1] - (0.299 * expected[, , 1] + 0.587 * expected[, , 2] +
                                            0.114 * expected[, , 3]))), 0.501)
      }
    }
    expect_identical(resize_native(as_native(x), extents), x)
  }
})

test_that("resizing is PyTorch's, antialiased, within one grey level", {
  for (line in strsplit(readLines(test_path("oracle", "resize-pytorch.csv")), ",")) {
    numbers <- as.numeric(line)
    size <- numbers[3:4]
    expected <- aperm(array(numbers[-(1:4)], c(rev(size), 3)), c(2, 1, 3))
    result <- resize_native(as_native(formula_picture(numbers[1], numbers[2])), size)
    expect_lte(max(abs(result - expected)), 0.51)
  }
})

test_that("what is transparent is white", {
  set.seed(2)
  x <- array(sample(0:255, 9 * 7 * 4, TRUE), c(9, 7, 4))
  x[2:3, , 4] <- 0
  x[5, , 4] <- 255
  on_white <- x[, , 1:3]
  for (k in 1:3) on_white[, , k] <- 255 - (255 - x[, , k]) * x[, , 4] / 255
  for (size in list(c(9, 7), c(4, 3), c(12, 12))) {
    expected <- naive_resize(on_white, size, "crop")
    expect_lte(max(abs(resize_native(as_native(x), size, "crop") - expected)), 0.501)
  }
  # Raw bytes of red, green, blue and alpha, as magick gives them, are the same picture.
  bytes <- as.raw(aperm(x, c(3, 2, 1)))
  expect_identical(resize_image_cpp(bytes, c(9L, 7L), 1L, 2L, c(9L, 7L), 3L, 255L),
                   resize_image_cpp(as_native(x), c(9L, 7L), 1L, 2L, c(9L, 7L), 3L, 255L))
})

test_that("pictures are turned as EXIF says", {
  x <- array(sample(0:255, 6 * 4 * 3, TRUE), c(6, 4, 3))
  each <- function(f) {
    turned <- lapply(1:3, function(k) f(x[, , k]))
    array(unlist(turned), c(dim(turned[[1]]), 3))
  }
  # What a viewer shows, in words of the standard: where the 0th row and the 0th column lie.
  shown <- list(
    each(identity),                            # row 0 at the top, column 0 at the left
    each(function(m) m[, 4:1]),                # top, right
    each(function(m) m[6:1, 4:1]),             # bottom, right
    each(function(m) m[6:1, ]),                # bottom, left
    each(t),                                   # left, top
    each(function(m) t(m)[, 6:1]),             # right, top
    each(function(m) t(m)[4:1, 6:1]),          # right, bottom
    each(function(m) t(m)[4:1, ])              # left, bottom
  )
  for (number in 1:8) {
    size <- dim(shown[[number]])[1:2]
    expect_identical(resize_native(as_native(x), size, orientation = number), shown[[number]])
    # Cropped and padded in the turned frame.
    for (fit in c("crop", "pad")) {
      expected <- naive_resize(shown[[number]], c(3, 5), fit)
      result <- resize_native(as_native(x), c(3, 5), fit, orientation = number)
      expect_lte(max(abs(result - expected)), 0.501)
    }
  }
})

test_that("resizing has the same bits for any number of threads", {
  x <- as_native(array(sample(0:255, 300 * 400 * 3, TRUE), c(300, 400, 3)))
  results <- lapply(c(1, 2), function(threads) {
    old <- convstep_threads(threads)
    on.exit(convstep_threads(old))
    resize_native(x, c(64, 48), "crop")
  })
  expect_identical(results[[1]], results[[2]])
})
