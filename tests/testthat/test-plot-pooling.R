x <- matrix(c(3, 0, 1, 2,  1, 5, 8, 9,  2, 7, 2, 5,  0, 1, 3, 1), 4)

test_that("the pooled image is drawn", {
  expect_equal(undrawn(plot_pooling(x))$A, matrix(c(5, 9, 7, 5), 2))
  expect_equal(undrawn(plot_pooling(x, mode = "average"))$A, matrix(c(2.25, 5, 2.5, 2.75), 2))
})

test_that("the winner of each window has its window's strong colour, and its place", {
  pixels <- pixels_of(plot_pooling(x), 800, 400)
  # The left picture: rows and columns of four cells.
  left <- pixels[, 1:440]
  centres <- t(vapply(window_colours, centre_of, c(0, 0), pixels = left))
  cells <- range(which(left == toupper(theme$rule), arr.ind = TRUE)[, 2])
  size <- diff(cells) / 4
  column <- ceiling((centres[, 2] - cells[1]) / size)
  # 5 at (2, 2), 7 at (2, 3), 9 at (4, 2), 5 at (4, 3).
  expect_equal(unname(column), c(2, 3, 2, 3))
  expect_equal(unname(round((centres[3:4, 1] - centres[1:2, 1]) / size)), c(2, 2))
})

test_that("windows side by side are outlined, so that no colour is needed to tell them apart", {
  # Dark lines that run through the whole of the left picture: both borders and the middle.
  lines_across <- function(pixels) {
    dark <- pixels[, 1:440] == toupper(theme$ink)
    long <- which(rowSums(dark) > 200)
    sum(diff(c(-10, long)) > 1)
  }
  expect_identical(lines_across(pixels_of(plot_pooling(x), 800, 400)), 3L)
  expect_identical(lines_across(pixels_of(plot_pooling_gradient(x), 800, 400)), 3L)
  expect_identical(lines_across(pixels_of(plot_pooling(x, list(f = 1, stride = 1)), 800, 400)), 5L)
})

test_that("the gradient goes where pool_backward sends it", {
  dA <- matrix(c(4, -8, 12, 16), 2)
  got <- undrawn(plot_pooling_gradient(x, dA = dA))$dA_prev
  expected <- matrix(0, 4, 4)
  expected[2, 2] <- 4
  expected[4, 2] <- -8
  expected[2, 3] <- 12
  expected[4, 3] <- 16
  expect_equal(got, expected)
  got <- undrawn(plot_pooling_gradient(x, mode = "average", dA = dA))$dA_prev
  expect_equal(got, kronecker(dA / 4, matrix(1, 2, 2)))
  flat <- matrix(1, 2, 2)
  expect_equal(sum(undrawn(plot_pooling_gradient(flat, ties = "all"))$dA_prev), 4)
  expect_equal(undrawn(plot_pooling_gradient(flat, ties = "first"))$dA_prev,
               matrix(c(1, 0, 0, 0), 2))
})

test_that("windows may overlap, leave gaps and reach into the padding", {
  for (hparameters in list(list(f = 3, stride = 1), list(f = 1, stride = 2),
                           list(f = c(2, 3), stride = c(1, 2), pad = 1))) {
    out <- pool_forward(array(x, c(1, 4, 4, 1)), hparameters)$A
    got <- undrawn(plot_pooling(x, hparameters))$A
    expect_equal(got, matrix(out, dim(out)[2]))
    expect_equal(dim(undrawn(plot_pooling_gradient(x, hparameters))$dA_prev), c(4, 4))
  }
})

test_that("settings are left as they were", {
  expect_settings_kept(function() plot_pooling(x, at = c(1, 2)))
  expect_settings_kept(function() plot_pooling_gradient(x))
})

test_that("arguments that do not fit are errors", {
  expect_snapshot(error = TRUE, {
    plot_pooling(1:3)
    plot_pooling(x, at = c(3, 1))
    plot_pooling(x, mode = "sum")
    plot_pooling(x, list(f = 5, stride = 1))
    plot_pooling_gradient(x, dA = matrix(1, 3, 3))
  })
})
