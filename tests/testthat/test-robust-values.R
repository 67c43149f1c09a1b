# Functions that give every example its own output, on a batch A (m, 6, 5, 2).
by_example <- function(A) {
  W <- array(sin(1:54), c(3, 3, 2, 3))
  flat <- arr2col(A)$output
  same <- list(stride = 1, pad = "same")
  conv <- conv_forward(A, W, 1:3, same)
  strided <- conv_forward(A, W, 1:3, list(stride = 2, pad = 0))
  windows <- list(f = 3, stride = 2, pad = 1)
  maxima <- pool_forward(A, windows)
  means <- pool_forward(A, windows, "average")
  norm <- batchnorm_forward(A, 1:2, 0:1, list(mean = 0:1, variance = 1:2), training = FALSE)
  affine <- affine_forward(flat, matrix(cos(1:240), 60), 1:4)
  list(
    conv$Z, conv_backward(conv$Z, conv$cache)$dA_prev, strided$Z,
    conv_backward(strided$Z, strided$cache)$dA_prev, maxima$A,
    pool_backward(maxima$A, maxima$cache), pool_backward(maxima$A, maxima$cache, ties = "first"),
    means$A, pool_backward(means$A, means$cache, "average"), pad3d(A, 2), relu(A)$A,
    relu_backward(A, A), leaky_relu(A)$A, sigmoid(A)$A, sigmoid_backward(A, A),
    tanh_activation(A)$A, norm$Z, affine$Z, affine_backward(affine$Z, affine$cache)$dA_prev,
    softmax(flat)$probs, as.matrix(logsumexp(flat))
  )
}

example <- function(x, n) asplit(x, 1)[n]

test_that("what is not finite in one example leaves every bit of the others", {
  set.seed(21)
  A <- random_array(19, 6, 5, 2)
  spoiled <- c(1, 8, 13)
  bad <- A
  bad[1, 2, 3, 1] <- NaN
  bad[8, , , ] <- c(NA, Inf, -Inf)
  bad[13, 6, 5, 2] <- 1e308
  others <- setdiff(1:19, spoiled)
  for_each_kernel(function(engine, set, threads) {
    expect_identical(lapply(by_example(bad), example, others),
                     lapply(by_example(A), example, others))
  }, threads = c(1, 3))
})

test_that("NA stays NA and NaN stays NaN", {
  A <- array(1, c(3, 6, 5, 2))
  A[1, 3, 3, 1] <- NA
  A[2, 3, 3, 1] <- NaN
  for_each_kernel(function(engine, set, threads) {
    for (result in by_example(A)) {
      # Each kind in its own example, and each in at least one cell.
      expect_true(anyNA(result[slice.index(result, 1) == 1]))
      expect_true(anyNA(result[slice.index(result, 1) == 2]))
      expect_false(any(is.nan(result[slice.index(result, 1) == 1])))
      expect_identical(is.nan(result[slice.index(result, 1) == 2]),
                       is.na(result[slice.index(result, 1) == 2]))
      expect_false(anyNA(result[slice.index(result, 1) == 3]))
    }
  })
})

test_that("denormals, the largest numbers and the sign of zero come through", {
  values <- c(5e-324, -5e-324, 2.2e-308, -1e-310, .Machine$double.xmax, -.Machine$double.xmax, 0,
              -0, 1e-300, 1)
  A <- array(values, c(10, 3, 3, 1))
  bits <- function(x) writeBin(as.vector(x), raw())
  one <- array(1, c(1, 1, 1, 1))
  cell <- list(f = 1, stride = 1)
  for_each_kernel(function(engine, set, threads) {
    same <- function(x) expect_identical(bits(x), bits(A))
    same(pool_forward(A, cell)$A)
    same(pad3d(A, 1)[, 2:4, 2:4, ])
    same(relu_backward(A, abs(A)))
    expect_identical(bits(relu(abs(A))$A), bits(abs(A)))
    # A sum that starts at 0 has no -0, here as in R.
    expect_identical(pool_forward(A, cell, "average")$A, A)
    conv <- conv_forward(A, one, 0, list(stride = 1, pad = 0))
    expect_identical(conv$Z, A)
    expect_identical(conv_backward(A, conv$cache)$dA_prev, A)
    tiny <- conv_forward(A * 0 + 5e-324, array(1, c(3, 3, 1, 1)), 0, list(stride = 1, pad = 0))
    expect_identical(as.vector(tiny$Z), rep(9 * 5e-324, 10))
  })
})

test_that("sums that overflow are infinite where R's are", {
  A <- array(.Machine$double.xmax, c(2, 4, 4, 1))
  A[2, , , ] <- -1
  W <- array(1, c(3, 3, 1, 1))
  expected <- naive_conv_forward(A, W, 0, list(stride = 1, pad = 1))
  for_each_kernel(function(engine, set, threads) {
    expect_close(conv_forward(A, W, 0, list(stride = 1, pad = 1))$Z, expected)
  })
  expect_identical(softmax(c(1e308, -1e308))$probs, c(1, 0))
  expect_identical(logsumexp(c(-Inf, -Inf)), -Inf)
})
