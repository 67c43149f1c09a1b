# Depthwise convolution is conv_forward() with a group a channel; "auto" has kernels for it, whose
# shapes these are.
test_that("a group for each channel gives what the definition gives, for every set", {
  for (seed in 1:16) {
    set.seed(seed)
    channels <- sample(2:5, 1)
    multiplier <- sample(c(1, 1, 2, 4), 1)
    repeat {
      f <- sample(1:5, 2, TRUE)
      hparameters <- list(stride = sample(1:3, 2, TRUE), dilation = sample(c(1, 1, 2), 2, TRUE),
                          pad = sample(list(0, 1, c(2, 0), 4, "same"), 1)[[1]], groups = channels)
      extents <- sample(c(2, 5, 8), 2, TRUE)
      if (all(naive_window(extents, f, hparameters)$out >= 1)) break
    }
    A <- random_array(sample(c(1, 3, 8, 19), 1), extents, channels)
    W <- random_array(f, 1, channels * multiplier)
    b <- rnorm(channels * multiplier)
    expected <- naive_conv_forward(A, W, b, hparameters)
    dZ <- random_array(dim(expected))
    back <- naive_conv_backward(dZ, A, W, hparameters)
    for_each_kernel(engines = "auto", threads = 1:2, function(engine, set, n) {
      poison_memory(length(expected))
      out <- conv_forward(A, W, b, hparameters)
      expect_close(out$Z, expected, 1e-13)
      gradients <- conv_backward(dZ, out$cache)
      expect_close(gradients$dA_prev, back$dA_prev, 1e-13)
      expect_close(gradients$dW, back$dW, 1e-13)
      expect_close(as.vector(gradients$db), as.vector(back$db), 1e-13)
    })
  }
})

test_that("the zeros of the padding meet what is not finite as in the definition", {
  A <- array(1, c(2, 3, 3, 2))
  W <- array(1, c(3, 3, 1, 2))
  W[1, 1, 1, 2] <- Inf
  hparameters <- list(stride = 1, pad = 1, groups = 2)
  dZ <- array(1, c(2, 3, 3, 2))
  dZ[2, 1, 1, 1] <- Inf
  out <- conv_forward(A, W, c(0, 0), hparameters)
  expect_identical(out$Z, naive_conv_forward(A, W, c(0, 0), hparameters))
  gradients <- conv_backward(dZ, out$cache)
  back <- naive_conv_backward(dZ, A, W, hparameters)
  expect_identical(is.nan(gradients$dW), is.nan(back$dW))
  expect_identical(gradients$dA_prev, back$dA_prev)
})

test_that("layer_depthwise() is layer_conv() with a group a channel", {
  data <- bars(24)
  fit_of <- function(depthwise) {
    set.seed(1)
    cnn(data$x, data$y, list(layer_conv(4, f = 3), depthwise, layer_conv(6, f = 1)), epochs = 2)
  }
  one <- fit_of(list(layer_depthwise(f = 3, stride = 2, pad = 1, multiplier = 2))[[1]])
  other <- fit_of(layer_conv(8, f = 3, stride = 2, pad = 1, groups = 4))
  expect_identical(dim(coef(one, "depthwise1")$W), c(3L, 3L, 1L, 8L))
  expect_identical(unname(one$params), unname(other$params))
})
