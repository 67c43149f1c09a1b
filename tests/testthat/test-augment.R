test_that("shifted images are the images, elsewhere", {
  set.seed(1)
  x <- array(rnorm(40 * 6 * 5 * 2), c(40, 6, 5, 2))
  shift <- augment_shift(c(2, 1), fill = -7)
  moved <- shift(x)
  expect_identical(dim(moved), dim(x))
  # Every image is one of the fifteen shifts of itself, made here by hand; all of them occur.
  found <- character()
  for (i in 1:40) {
    for (dy in -2:2) {
      for (dx in -1:1) {
        expected <- array(-7, c(6, 5, 2))
        rows <- intersect(1:6, 1:6 + dy)
        columns <- intersect(1:5, 1:5 + dx)
        expected[rows, columns, ] <- x[i, rows - dy, columns - dx, ]
        if (identical(moved[i, , , ], expected)) found <- c(found, paste(dy, dx))
      }
    }
  }
  expect_length(found, 40)
  expect_gt(length(unique(found)), 10)
  set.seed(2)
  first <- shift(x)
  set.seed(2)
  expect_identical(shift(x), first)
  expect_identical(augment_shift(0)(x), x)
  # So far that nothing is left to see.
  expect_identical(augment_shift(.Machine$integer.max, fill = 7)(x), 0 * x + 7)
  expect_identical(augment_shift(9)(x[0, , , , drop = FALSE]), x[0, , , , drop = FALSE])
})
