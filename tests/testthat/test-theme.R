test_that("values fall on the ramp between the limits, and outside on its ends", {
  ramp <- c("#000000", "#808080", "#FFFFFF")
  expect_equal(colours_of(c(0, 0.5, 1), ramp, c(0, 1)), ramp)
  expect_equal(colours_of(c(-5, 0.2, 7), ramp, c(0, 1)), ramp[c(1, 1, 3)])
  expect_equal(colours_of(matrix(c(-1, 1), 1), ramp, c(-1, 1)), matrix(ramp[c(1, 3)], 1))
})

test_that("missing values and a range of nothing have a colour", {
  ramp <- c("#000000", "#FFFFFF")
  expect_equal(colours_of(c(NA, NaN, 1), ramp, c(0, 1)), c(theme$missing, theme$missing, ramp[2]))
  expect_equal(colours_of(c(3, 3), ramp, c(3, 3)), ramp[c(1, 1)])
  expect_equal(colours_of(c(-Inf, Inf), ramp, c(0, 1)), ramp)
})

test_that("the diverging ramp is white in the middle and equally dark at both ends", {
  lightness <- function(colour) {
    grDevices::convertColor(t(grDevices::col2rgb(colour)) / 255, "sRGB", "Lab")[, 1]
  }
  ramp <- diverging_colours()
  expect_gt(lightness(ramp[128]), 97)
  expect_lt(abs(lightness(ramp[1]) - lightness(ramp[255])), 6)
  # Rising to the middle and falling from it: size can be read without hue.
  expect_true(all(diff(lightness(ramp[1:128])) > -0.5))
  expect_true(all(diff(lightness(ramp[128:255])) < 0.5))
  expect_true(all(diff(lightness(ink_colours())) < 0.5))
  expect_true(all(diff(lightness(count_colours())) < 0.5))
})

test_that("text stands out from what it is written on", {
  expect_equal(text_colour_on(c("#FFFFFF", "#000000", theme$blue)),
               c(theme$ink, theme$paper, theme$paper))
  luminance <- function(colour) {
    level <- grDevices::col2rgb(colour)[, 1] / 255
    sum(c(0.2126, 0.7152, 0.0722) * ifelse(level <= 0.04045, level / 12.92,
                                           ((level + 0.055) / 1.055)^2.4))
  }
  contrast <- function(a, b) {
    pair <- sort(c(luminance(a), luminance(b)))
    (pair[2] + 0.05) / (pair[1] + 0.05)
  }
  # 3 is what WCAG 2 asks of large text, 4.5 of any.
  for (fill in c(window_colours, diverging_colours(21), count_colours(21))) {
    expect_gt(contrast(fill, text_colour_on(fill)), 3)
  }
  expect_gt(contrast(theme$muted, theme$paper), 4.5)
})

test_that("numbers are short, and what is not zero does not look it", {
  expect_equal(format_cells(c(0, 3, -12)), c("0", "3", "-12"))
  expect_equal(format_cells(c(0.5, 2.251, -1 / 3)), c("0.5", "2.25", "-0.33"))
  expect_equal(format_cells(c(1e-4, 0)), c("1e-04", "0"))
  expect_equal(format_cells(c(NA, Inf)), c("NA", "Inf"))
})
