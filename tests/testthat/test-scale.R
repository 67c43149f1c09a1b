# Standardised images.

test_that("standardising takes mean and sd by channel of the images trained on", {
  set.seed(3)
  data <- bars(600)
  x <- array(c(data$x, 100 + 7 * data$x, rep(2, length(data$x))), c(600, 8, 8, 3))
  x[1:300, , , 1] <- x[1:300, , , 1] - 5
  fit <- cnn(x, data$y, small_net(), epochs = 1, scale = "standardise", validation = 0.3)
  held <- sort(with_stream(fit$seed, 0, 0, 0, sample.int(600, 180)))
  channel <- function(c) as.vector(x[-held, , , c])
  sd_all <- function(v) sqrt(mean((v - mean(v))^2))
  expect_equal(fit$scale, list(mean = vapply(1:3, function(c) mean(channel(c)), 0),
                               sd = c(sd_all(channel(1)), sd_all(channel(2)), 1)),
               tolerance = 1e-13)
  # It is what training by hand on standardised images gives.
  by_hand <- x
  for (c in 1:3) by_hand[, , , c] <- (x[, , , c] - fit$scale$mean[c]) * (1 / fit$scale$sd[c])
  set.seed(4)
  expected <- comparable(cnn(by_hand[-held, , , ], data$y[-held], small_net(), epochs = 2))
  set.seed(4)
  result <- comparable(cnn(x[-held, , , ], data$y[-held], small_net(), epochs = 2,
                           scale = "standardise"))
  expect_equal(result$params, expected$params, tolerance = 1e-12)
  expect_equal(predict(result, x, type = "prob"), predict(expected, by_hand, type = "prob"),
               tolerance = 1e-10)
  # It goes on with the scale it had, and survives the check of a fit.
  on <- cnn(x[1:50, , , ], data$y[1:50], init = fit, epochs = 1)
  expect_identical(on$scale, fit$scale)
  expect_error(predict(replace(result, "scale", list(list(mean = 1:3 / 2, sd = c(1, 0, 1)))), x),
               "its 'scale' is not as it was")
})

test_that("bytes, and a source of them, are standardised to the same bits", {
  set.seed(1)
  x <- array(as.raw(sample(0:255, 300 * 8 * 8, TRUE)), c(300, 8, 8, 1))
  y <- factor(rep(1:2, 150))
  source <- image_source(function(rows) x[rows, , , , drop = FALSE], 300, c(8, 8, 1), y)
  fit <- train_on(x, y, scale = "standardise")
  expect_identical(train_on(source, scale = "standardise"), fit)
  expect_error(train_on(x, y, scale = "standardize"), "one positive number, or \"standardise\"")
})
