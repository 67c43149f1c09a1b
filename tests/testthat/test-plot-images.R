six <- c("#FF0000", "#00FF00", "#0000FF", "#FFFF00", "#FF00FF", "#00FFFF")

test_that("row 1 of an image is at the top, column 1 at the left", {
  x <- matrix(1:6, 2)
  pixels <- pixels_of(plot_images(x, limits = c(1, 6), colours = six))
  at <- t(vapply(six, centre_of, c(0, 0), pixels = pixels))
  # Cells 1, 3, 5 are the upper row; 1, 2 the first column.
  expect_lt(max(at[c(1, 3, 5), 1]), min(at[c(2, 4, 6), 1]))
  expect_lt(max(at[1:2, 2]), min(at[3:4, 2]))
  expect_lt(max(at[3:4, 2]), min(at[5:6, 2]))
})

test_that("images follow each other row by row", {
  x <- array(1:6, c(6, 1, 1))
  pixels <- pixels_of(plot_images(x, limits = c(1, 6), colours = six, ncol = 3))
  at <- t(vapply(six, centre_of, c(0, 0), pixels = pixels))
  expect_lt(max(at[1:3, 1]), min(at[4:6, 1]))
  expect_equal(order(at[1:3, 2]), 1:3)
  expect_equal(order(at[4:6, 2]), 1:3)
})

test_that("the sheet fits the figure it is drawn on, not the one before", {
  x <- array(0, c(12, 4, 4))
  pixels <- pixels_of({
    graphics::layout(matrix(1:2, 1), widths = c(1, 5))
    plot_images(x)
    plot_images(x)
  }, 900, 150)
  # Laid out for the narrow figure, the second sheet would be a narrow one too.
  wide <- which(pixels[, 151:900] == theme$rule, arr.ind = TRUE)[, 2]
  expect_gt(diff(range(wide)), 300)
})

test_that("three channels are red, green and blue", {
  x <- array(0, c(1, 1, 3, 3))
  for (channel in 1:3) x[1, 1, channel, channel] <- 1
  drawn <- undrawn(plot_images(x))
  expect_equal(drawn[1, 1, ], c("#FF0000", "#00FF00", "#0000FF"))
  x[1, 1, 2, 1] <- NA
  expect_equal(undrawn(plot_images(x))[1, 1, 2], theme$missing)
})

test_that("the colours drawn are those of the values", {
  x <- array(c(0, 1, 0.5, 0, 0, 1, 1, 1), c(2, 2, 2))
  drawn <- undrawn(plot_images(x, colours = c("#FFFFFF", "#808080", "#000000")))
  expect_equal(drawn[1, 1, ], c("#FFFFFF", "#FFFFFF"))
  expect_equal(drawn[1, 2, ], c("#808080", "#000000"))
  expect_equal(drawn[2, , 1], c("#000000", "#FFFFFF"))
})

test_that("only the first images are drawn, none at all is a blank picture", {
  x <- array(runif(5 * 4), c(5, 2, 2))
  expect_equal(dim(undrawn(plot_images(x, max = 3))), c(3, 2, 2))
  expect_equal(dim(undrawn(plot_images(x[0, , , drop = FALSE]))), c(0, 2, 2))
})

test_that("raw, integer, logical and double images look alike", {
  x <- array(c(0L, 255L, 128L, 7L), c(1, 2, 2))
  expect_identical(undrawn(plot_images(array(as.raw(x), dim(x)))), undrawn(plot_images(x)))
  expect_identical(undrawn(plot_images(x + 0)), undrawn(plot_images(x)))
  expect_identical(undrawn(plot_images(x > 100)), undrawn(plot_images((x > 100) + 0)))
})

test_that("labels stand below their images and keep their colours", {
  x <- array(0, c(2, 3, 3))
  pixels <- pixels_of(plot_images(x, c("M", "M"), c("#FF0000", "#0000FF"), ncol = 2))
  frame <- range(which(pixels == theme$rule, arr.ind = TRUE)[, 1])
  # Smoothed letters need have no pixel of the full colour.
  rgb <- grDevices::col2rgb(pixels)
  redness <- matrix(rgb["red", ] - rgb["blue", ], nrow(pixels))
  red <- colMeans(which(redness > 50, arr.ind = TRUE))
  blue <- colMeans(which(redness < -50, arr.ind = TRUE))
  expect_gt(red[["row"]], frame[2])
  expect_gt(blue[["row"]], frame[2])
  expect_lt(red[["col"]], blue[["col"]])
})

test_that("feature maps: negative is blue, zero white, positive vermilion, one scale for all", {
  x <- array(c(-1, 0, 1, 2, 0, -2), c(1, 3, 2))
  drawn <- undrawn(plot_channels(x))
  expect_equal(dim(drawn), c(2, 1, 3))
  ramp <- diverging_colours()
  expect_equal(drawn[1, 1, ], ramp[c(1 + round(0.25 * 254), 128, 1 + round(0.75 * 254))])
  expect_equal(drawn[2, 1, ], ramp[c(255, 128, 1)])
  rgb <- grDevices::col2rgb(drawn[2, 1, c(1, 3)])
  expect_gt(rgb["red", 1], rgb["blue", 1])
  expect_gt(rgb["blue", 2], rgb["red", 2])
  expect_identical(undrawn(plot_channels(array(x, c(1, dim(x))))), drawn)
})

test_that("settings are left as they were", {
  expect_settings_kept(function() plot_images(matrix(1:6, 2), "a"))
  expect_settings_kept(function() plot_channels(array(1:6, c(1, 2, 3))))
})

test_that("limits that are equal leave what lies below, at and above them its colour", {
  expect_identical(as.vector(undrawn(plot_images(array(0, c(1, 2, 2, 3))))), rep("#000000", 4))
  x <- matrix(c(1, 2, 3, Inf, -Inf, NA), 2)
  expect_identical(
    as.vector(undrawn(plot_images(x, limits = c(2, 2), colours = c("red", "blue")))),
    c("red", "red", "blue", "blue", "red", theme$missing)
  )
  rgb <- array(c(1, 3, 2, 4, Inf, NA), c(1, 1, 2, 3))
  expect_identical(as.vector(undrawn(plot_images(rgb, limits = c(2, 2)))),
                   c("#0000FF", theme$missing))
})

test_that("colours may be numbers of R's palette", {
  palette <- grDevices::rgb(t(grDevices::col2rgb(c(2, 1))), maxColorValue = 255)
  expect_identical(as.vector(undrawn(plot_images(matrix(0:1, 1), colours = c(2, 1)))), palette)
})

test_that("arguments that do not fit are errors", {
  expect_snapshot(error = TRUE, {
    plot_images("a")
    plot_images(1:3)
    plot_images(raw(2))
    plot_images(data.frame(a = 1:3, b = 3:1))
    plot_images(array(0, c(1, 2, 2, 2)))
    plot_images(array(0, c(2, 2, 2)), labels = 1:3)
    plot_images(array(0, c(2, 2, 2)), limits = c(1, 0))
    plot_images(array(0, c(2, 2, 2)), limits = 1)
    plot_images(array(0, c(2, 2, 2)), max = 0)
    plot_images(array(0, c(2, 2, 2)), ncol = 0)
    plot_images(array(0, c(2, 2, 2)), colours = "ink")
    plot_images(array(0, c(2, 2, 2)), colours = list())
    plot_images(array(0, c(2, 2, 2)), label_colours = c("red", NA))
    plot_images(array(0, c(2, 2, 2)), label_colours = -1)
    plot_channels(array(0, c(2, 2, 2)), ncol = "a")
    plot_channels(array(0, c(2, 2, 2)), colours = quote(red))
    plot_channels(array(0, c(2, 2, 2)), label_colours = character())
    plot_channels(array(0, c(2, 2, 2, 2)))
    plot_channels(matrix(0, 2, 2))
  })
})
