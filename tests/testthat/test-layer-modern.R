test_that("series of steps and channels go in as they are", {
  set.seed(1)
  steps <- 24
  y <- rep(c("slow", "fast"), 30)
  x <- array(0, c(60, steps, 2))
  for (i in 1:60) {
    phase <- runif(1, 0, 2 * pi)
    speed <- if (y[i] == "slow") 0.4 else 1.2
    x[i, , 1] <- sin(phase + speed * seq_len(steps)) + rnorm(steps, sd = 0.1)
    x[i, , 2] <- rnorm(steps, sd = 0.1)
  }
  layers <- list(layer_conv1d(4, f = 5, pad = "same"), layer_pool1d(2),
                 layer_residual(layer_conv1d(4, f = 3, pad = 1)), layer_global_pool())
  fit <- cnn(x, y, layers, epochs = 15, batch_size = 10, optimizer = adam(0.02), validation = 0.2)
  expect_identical(fit$input, c(24L, 1L, 2L))
  expect_gt(evaluate(fit, x, y)$accuracy, 0.9)
  expect_identical(predict(fit, x), predict(fit, array(x, c(60, 24, 1, 2))))
  expect_identical(predict(fit, x[3, , ]), predict(fit, x)[3])
  expect_identical(dim(coef(fit, "conv1d1")$W), c(5L, 1L, 2L, 4L))
  # As an image of one column.
  image <- cnn(array(x, c(60, 24, 1, 2)), y, epochs = 0, layers = list(
    layer_conv(4, f = c(5, 1), stride = c(2, 1), pad = c(1, 0), dilation = c(2, 1)),
    layer_pool(c(3, 1), mode = "average")
  ))
  series <- cnn(x, y, epochs = 0, layers = list(
    layer_conv1d(4, f = 5, stride = 2, pad = 1, dilation = 2), layer_pool1d(3, mode = "average")
  ))
  series$params[] <- image$params
  expect_identical(predict(series, x, type = "logit"), predict(image, array(x, c(60, 24, 1, 2)),
                                                               type = "logit"))
  expect_snapshot(error = TRUE, {
    cnn(array(0, c(4, 6, 6, 1)), 1:4, list(layer_conv1d(2, 3)), epochs = 0)
    cnn(x, y, list(layer_affine(3), layer_pool1d(2)), epochs = 0)
    cnn(x, y, list(layer_conv1d(3, f = 25)), epochs = 0)
    predict(fit, x[, , 1])
    layer_conv1d(3, f = c(3, 3))
    layer_pool1d(2, pad = "full")
  })
})

test_that("what the new layers cannot take is told with the layer", {
  x <- array(0, c(4, 6, 6, 4))
  fit_of <- function(...) cnn(x, 1:4, list(...), epochs = 0)
  expect_snapshot(error = TRUE, {
    fit_of(layer_groupnorm(3))
    fit_of(layer_affine(6), layer_upsample(2))
    fit_of(layer_conv_transpose(3, f = 2, groups = 4))
    fit_of(layer_conv_transpose(3, f = 2, pad = 9))
    fit_of(layer_conv_transpose(3, f = 2, output_pad = 1))
    fit_of(layer_depthwise(f = 9))
    fit_of(layer_upsample(2^30))
    layer_groupnorm(0)
    layer_layernorm("pixel")
    layer_upsample(1.5)
    layer_depthwise(3, multiplier = 0)
    layer_activation("swish")
  })
})

test_that("shapes and weights of the new layers are those they promise", {
  x <- array(0, c(4, 6, 6, 4))
  fit <- cnn(x, 1:4, list(
    layer_depthwise(3, stride = 2, pad = 1, activation = "relu6"), layer_groupnorm(2),
    layer_conv_transpose(6, f = 4, stride = 2, pad = 1), layer_layernorm(),
    layer_upsample(c(1, 2), "bilinear"), layer_conv_transpose(2, f = 3, stride = 3, pad = "same")
  ), epochs = 0)
  about <- summary(fit)
  expect_identical(about$output, c("3 x 3 x 4", "3 x 3 x 4", "6 x 6 x 6", "6 x 6 x 6", "6 x 12 x 6",
                                   "18 x 36 x 2", "4"))
  expect_identical(about$parameters[1:6], c(40L, 8L, 4L * 4L * 6L * 4L + 6L, 12L, 0L, 110L))
  expect_equal(about$multiply_adds[c(1, 3)], c(3 * 3 * 4 * 9, 3 * 3 * 4 * 16 * 6))
  expect_equal(stats::sd(coef(fit, "conv_transpose1")$W), sqrt(2 / (16 / 4 * 4)), tolerance = 0.1)
})
