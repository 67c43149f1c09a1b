test_that("plot_evidence() mixes paper, ink and the colour of the evidence", {
  map <- matrix(c(2, 0, -1, NA, 0, 1), 2)
  image <- matrix(c(0, 4, 0, 0, 2, 0), 2)
  drawn <- undrawn(plot_evidence(map, image))
  mix <- function(colour, share, light) {
    grDevices::rgb(t(share * grDevices::col2rgb(colour) / 255 + (1 - share) * light))
  }
  expect_identical(dim(drawn), c(1L, 2L, 3L))
  expect_identical(drawn[1, , ], matrix(c(
    mix("#D55E00", 0.9, 1), mix("#D55E00", 0, 0.5), mix("#0072B2", 0.45, 1), "#F0E442",
    mix("#D55E00", 0, 0.75), mix("#D55E00", 0.45, 1)
  ), 2))
  # Row 1 at the top, column 1 at the left.
  pixels <- pixels_of(plot_evidence(map, image), 300, 200)
  at <- centre_of(pixels, drawn[1, 1, 1])
  expect_true(at[1] < 100 && at[2] < 100)
  at <- centre_of(pixels, "#F0E442")
  expect_true(at[1] > 100 && abs(at[2] - 150) < 30)
})

test_that("each map has its own limit unless there is one for all", {
  maps <- array(c(1, 10, 0.5, 5), c(2, 1, 2))
  own <- undrawn(plot_evidence(maps))
  expect_identical(own[1, , ], own[2, , ])
  shared <- undrawn(plot_evidence(maps, limit = 10, labels = c("a", "b"), ncol = 1))
  expect_identical(shared[2, , ], own[2, , ])
  expect_false(identical(shared[1, , ], own[1, , ]))
  # What lies beyond the limit has its colour, and nothing is no evidence.
  expect_identical(undrawn(plot_evidence(matrix(3), limit = 1)), own[1, 1, 1, drop = FALSE])
  expect_identical(as.vector(undrawn(plot_evidence(matrix(0, 1, 2)))), c("#FFFFFF", "#FFFFFF"))
})

test_that("plot_evidence() draws colours by their brightness, one image or several", {
  image <- array(0, c(1, 1, 3, 3))
  for (k in 1:3) image[1, 1, k, k] <- 255
  light <- 0.5 + 0.5 * c(0.299, 0.587, 0.114)
  expected <- grDevices::grey(light)
  map <- matrix(0, 1, 3)
  expect_identical(as.vector(undrawn(plot_evidence(map, image))), expected)
  expect_identical(as.vector(undrawn(plot_evidence(map, array(image, c(1, 3, 3))))), expected)
  bytes <- array(as.raw(image), dim(image))
  expect_identical(as.vector(undrawn(plot_evidence(map, bytes))), expected)
  expect_settings_kept(function() plot_evidence(map, image, labels = "three"))
  expect_identical(dim(undrawn(plot_evidence(array(0, c(0, 2, 2))))), c(0L, 2L, 2L))
})

test_that("plot_evidence() says what is wrong", {
  map <- array(0, c(2, 3, 4))
  expect_snapshot(error = TRUE, {
    plot_evidence("a")
    plot_evidence(1:3)
    plot_evidence(map, array(0, c(2, 4, 3)))
    plot_evidence(map, array(0, c(2, 3, 4, 2)))
    plot_evidence(map, map, labels = 1)
    plot_evidence(map, limit = 0)
    plot_evidence(map, ncol = 0)
  })
})
