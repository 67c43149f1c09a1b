x <- matrix(c(3, 0, 1, 2, 7,  1, 5, 8, 9, 3,  2, 7, 2, 5, 1,  0, 1, 3, 1, 7,  4, 2, 1, 6, 2), 5)
edges <- matrix(c(1, 1, 1, 0, 0, 0, -1, -1, -1), 3)

test_that("the picture of a convolution holds the window, the products and the output", {
  got <- undrawn(plot_convolution(x, edges, b = 0.5, at = c(2, 1)))
  # Worked by hand: (0 + 1 + 2) - (7 + 2 + 5) = -11.
  expect_equal(got$window, x[2:4, 1:3])
  expect_equal(got$products, matrix(c(0, 1, 2, 0, 0, 0, -7, -2, -5), 3))
  expect_equal(got$Z[2, 1], -11 + 0.5)
  expect_equal(dim(got$Z), c(3, 3))
})

test_that("the window lies where stride, padding and dilation put it", {
  got <- undrawn(plot_convolution(x, edges, hparameters = list(stride = 2, pad = 1), at = c(1, 3)))
  expect_equal(got$window, rbind(0, cbind(x[1:2, 4:5], 0)))
  expect_equal(sum(got$products), got$Z[1, 3])
  got <- undrawn(plot_convolution(x, edges, hparameters = list(stride = 1, pad = 0, dilation = 2)))
  expect_equal(got$window, x[c(1, 3, 5), c(1, 3, 5)])
  even <- matrix(1:8, 2)
  got <- undrawn(plot_convolution(x, even, hparameters = list(stride = c(2, 1), pad = "same"),
                                  at = c(3, 5)))
  expect_equal(sum(got$products), got$Z[3, 5])
  # The odd row and column of "same" lie at the end.
  expect_equal(got$window, rbind(c(x[5, 4:5], 0, 0), 0))
})

test_that("the output cell is framed where it lies", {
  frame <- function(at) {
    pixels <- pixels_of(plot_convolution(x * 0, edges * 0, at = at), 800, 400)
    centre_of(pixels[1:340, 520:800], theme$ink)
  }
  expect_lt(frame(c(1, 2))[1], frame(c(3, 2))[1])
  expect_lt(frame(c(2, 1))[2], frame(c(2, 3))[2])
})

test_that("the gradient's picture holds the parts and the totals", {
  dZ <- matrix(c(1, 0, 2, -1, 3, 0, 0, 1, 1), 3)
  got <- undrawn(plot_convolution_gradient(x, edges, dZ, at = c(2, 3)))
  expect_equal(got$dA_part, edges * dZ[2, 3])
  expect_equal(got$dW_part, x[2:4, 3:5] * dZ[2, 3])
  dA <- matrix(0, 5, 5)
  dW <- matrix(0, 3, 3)
  for (h in 1:3) {
    for (w in 1:3) {
      part <- undrawn(plot_convolution_gradient(x, edges, dZ, at = c(h, w)))
      rows <- h + 0:2
      columns <- w + 0:2
      dA[rows, columns] <- dA[rows, columns] + part$dA_part
      dW <- dW + part$dW_part
    }
  }
  expect_equal(got$dA_prev, dA)
  expect_equal(got$dW, dW)
})

test_that("padding stands around the image", {
  got <- undrawn(plot_padding(x, c(1, 2)))
  expect_equal(dim(got$output), c(7, 9))
  expect_equal(got$output[2:6, 3:7], x)
  expect_equal(sum(got$output), sum(x))
})

test_that("missing and infinite values can be drawn", {
  x[2, 2] <- NA
  x[4, 4] <- Inf
  expect_true(is.na(undrawn(plot_convolution(x, edges))$Z[1, 1]))
  expect_equal(undrawn(plot_padding(x))$output[2:6, 2:6], x)
})

test_that("one example of one channel may come as an array", {
  a <- array(x, c(1, 5, 5, 1))
  W <- array(edges, c(3, 3, 1, 1))
  expect_equal(undrawn(plot_convolution(a, edges)), undrawn(plot_convolution(x, edges)))
  expect_equal(undrawn(plot_padding(a)), undrawn(plot_padding(x)))
})

test_that("small figures and single cells work, settings are left as they were", {
  for (size in c(150, 1500)) {
    expect_gt(length(unique(c(pixels_of(plot_convolution(x, edges), size, size)))), 5)
  }
  expect_equal(undrawn(plot_convolution(matrix(2), matrix(3)))$Z, matrix(6))
  expect_equal(undrawn(plot_padding(matrix(2), 0))$output, matrix(2))
  expect_settings_kept(function() plot_convolution(x, edges))
  expect_settings_kept(function() plot_padding(x))
  expect_settings_kept(function() plot_convolution_gradient(x, edges, matrix(1, 3, 3)))
})

test_that("arguments that do not fit are errors", {
  expect_snapshot(error = TRUE, {
    plot_convolution("a", edges)
    plot_convolution(x, array(0, c(3, 3, 2, 1)))
    plot_convolution(x, edges, at = c(4, 1))
    plot_convolution(x, edges, at = 0)
    plot_convolution(x, edges, b = c(1, 2))
    plot_convolution(x[1:2, ], edges)
    plot_convolution_gradient(x, edges, matrix(0, 2, 2))
    plot_padding(x, -1)
    plot_padding(x, c(1, .Machine$integer.max))
    plot_padding(array(0, c(2, 3, 3, 1)))
  })
})

test_that("a matrix of zeros is neither negative nor positive", {
  zero <- matrix(0, 3, 3)
  middle <- diverging_colours()[128]
  expect_identical(unique(c(ramp_fill(zero))), middle)
  expect_identical(unique(c(undrawn(plot_channels(array(0, c(3, 3, 2)))))), middle)
  pixels <- pixels_of(plot_convolution(zero, matrix(1, 2, 2)))
  negative <- diverging_colours()[72]
  expect_identical(sum(pixels == negative), 0L)
})

test_that("rounded numbers in the caption add up", {
  expect_identical(format_sum(c(2.024, 0.124)), c("2.024", "0.124", "2.148"))
  expect_identical(format_sum(c(2, 0)), c("2", "0", "2"))
  expect_identical(format_sum(c(1.5, -0.25)), c("1.5", "-0.25", "1.25"))
  set.seed(1)
  for (i in 1:200) {
    shown <- as.numeric(format_sum(rnorm(2)))
    expect_equal(shown[1] + shown[2], shown[3], tolerance = 1e-12)
  }
  expect_identical(format_sum(c(NA, 1))[3], "NA")
  expect_identical(format_sum(c(1e300, 1e300))[3], format_cells(2e300))
})

test_that("a negative zero is written as zero", {
  expect_identical(format_cells(c(-0, 0, -0.5, TRUE)), c("0", "0", "-0.5", "1"))
})
