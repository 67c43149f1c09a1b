# Beyond 2^31 cells, and sums that take many seconds. Needs 20 GB of memory and a few minutes:
# CONVSTEP_TEST_LARGE=true ./tools/test large

test_that("arrays of more than 2^31 cells are read to their end", {
  skip_if(Sys.getenv("CONVSTEP_TEST_LARGE") == "", "CONVSTEP_TEST_LARGE is not set")
  extents <- c(2L, 33000L, 33000L, 1L)
  A <- numeric(prod(extents))
  expect_gt(length(A), 2^31)
  # Counting from 1: the last cell, and one beyond 2^31 in the first example.
  A[length(A)] <- 7
  A[length(A) - 1 - 2 * 5] <- 5
  dim(A) <- extents
  windows <- list(f = 1000, stride = 1000)
  maxima <- array(0, c(2, 33, 33, 1))
  maxima[, 33, 33, 1] <- c(5, 7)
  expect_identical(pool_forward(A, windows)$A, maxima)
  expect_equal(pool_forward(A, windows, "average")$A, maxima / 1e6)
  expect_identical(arr2col(A)$output[2, 33000 * 33000], 7)
  W <- array(0, c(1000, 1, 1, 2))
  W[1000, 1, 1, ] <- c(2, 3)
  W[995, 1, 1, 1] <- 10
  expected <- array(0, c(2, 33, 1, 2))
  expected[2, 33, 1, ] <- c(14, 21)
  expected[1, 33, 1, 1] <- 50
  from_last_column <- list(stride = c(1000, 32999), pad = 0)
  for_each_kernel(function(engine, set, threads) {
    Z <- conv_forward(A, W, c(0, 0), from_last_column)$Z
    expect_equal(Z[, , 2, , drop = FALSE], expected)
  }, threads = 2)
})

test_that("a vector of more than 2^31 values is summed to its end", {
  skip_if(Sys.getenv("CONVSTEP_TEST_LARGE") == "", "CONVSTEP_TEST_LARGE is not set")
  gc()
  x <- numeric(2^31 + 10)
  x[length(x)] <- 30
  expect_equal(logsumexp(x), log(2^31 + 9 + exp(30)))
})

test_that("batches are gathered from more than 2^31 bytes", {
  skip_if(Sys.getenv("CONVSTEP_TEST_LARGE") == "", "CONVSTEP_TEST_LARGE is not set")
  x <- raw(2800000 * 784)
  expect_gt(length(x), 2^31)
  x[length(x)] <- as.raw(255)
  dim(x) <- c(2800000L, 28L, 28L, 1L)
  expect_identical(take_images_cpp(x, c(1L, 2800000L))[, 28, 28, 1], as.raw(c(0, 255)))
})

test_that("filter gradients whose sums are taken up in rounds agree with those of BLAS", {
  skip_if(Sys.getenv("CONVSTEP_TEST_LARGE") == "", "CONVSTEP_TEST_LARGE is not set")
  gc()
  # Few blocks of outputs in many parts, and more blocks than are held at a time.
  for (n in list(c(m = 256, size = 80, C = 8, K = 40, f = 7),
                 c(m = 16, size = 50, C = 320, K = 256, f = 5))) {
    A <- random_array(n["m"], n["size"], n["size"], n["C"])
    W <- random_array(n["f"], n["f"], n["C"], n["K"])
    hparameters <- list(stride = 1, pad = "same")
    dZ <- random_array(n["m"], n["size"], n["size"], n["K"])
    cache <- list(A_prev = A, W = W, b = numeric(n["K"]), hparameters = hparameters)
    results <- list()
    for_each_kernel(function(engine, set, threads) {
      results[[engine]] <<- conv_backward(dZ, cache)[c("dW", "db")]
    }, engines = c("blas", "direct"), sets = "baseline", threads = 2)
    expect_close(results$direct$dW, results$blas$dW, 1e-12)
    expect_close(results$direct$db, results$blas$db, 1e-12)
  }
})
