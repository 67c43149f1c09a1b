test_that("an empty batch gives empty results, zero sums and leaves the running statistics", {
  A <- array(0, c(0, 3, 3, 2))
  out <- batchnorm_forward(A, 1:2, 1:2)
  expect_identical(out$Z, A)
  expect_identical(out$running, list(mean = c(0, 0), variance = c(1, 1)))
  expect_identical(out$cache$mean, c(NaN, NaN))
  expect_identical(batchnorm_backward(A, out$cache),
                   list(dA_prev = A, dgamma = c(0, 0), dbeta = c(0, 0)))
})

test_that("hand-worked values come out", {
  # Mean 3, variance ((-2)^2 + 0 + 2^2) / 3 = 8 / 3; unbiased 4.
  out <- batchnorm_forward(matrix(c(1, 3, 5), 3), 2, 10, epsilon = 4 / 3)
  expect_equal(out$Z, matrix(10 + c(-2, 0, 2), 3), tolerance = 1e-15)
  expect_equal(out$cache[c("mean", "variance")], list(mean = 3, variance = 8 / 3))
  expect_equal(out$running, list(mean = 0.3, variance = 0.9 + 0.4))
  out <- batchnorm_forward(matrix(c(1, 3, 5), 3), 2, 10, list(mean = 1, variance = 3), FALSE,
                           epsilon = 1)
  expect_identical(out$Z, matrix(c(10, 12, 14), 3))
  expect_identical(out$running, list(mean = 1, variance = 3))
})

test_that("the definition agrees, for images and matrices", {
  set.seed(1)
  for (extents in list(c(4, 5, 6, 3), c(9, 4), c(1, 7, 1, 1), c(8, 1, 1, 2), c(2, 1),
                       c(64, 28, 28, 2))) {
    A <- array(rnorm(prod(extents), 5, 3), extents)
    channels <- extents[length(extents)]
    gamma <- rnorm(channels)
    beta <- rnorm(channels)
    for_each_kernel(engines = "auto", threads = 1:2, function(engine, set, n) {
      poison_memory(length(A))
      out <- batchnorm_forward(A, gamma, beta, epsilon = 1e-3)
      expect_close(out$Z, naive_batchnorm(A, gamma, beta, 1e-3), 1e-13)
    })
  }
})

test_that("the variance keeps its digits far from 0", {
  A <- matrix(1e8 + rep(c(0, 1), 50000), ncol = 1)
  expect_equal(batchnorm_forward(A, 1, 0)$cache$variance, 0.25, tolerance = 1e-12)
})

test_that("PyTorch gives the same outputs, gradients and running statistics", {
  for (case in readRDS(test_path("oracle", "layers-pytorch.rds"))$batchnorm) {
    # PyTorch's momentum is the weight of the new batch.
    out <- batchnorm_forward(case$A_prev, case$gamma, case$beta, case$former, momentum = 0.8,
                             epsilon = 1e-3)
    expect_close(out$Z, case$Z, 1e-13)
    expect_close(out$running$mean, case$running$mean, 1e-13)
    expect_close(out$running$variance, case$running$variance, 1e-13)
    gradients <- batchnorm_backward(case$dZ, out$cache)
    for (name in names(gradients)) expect_close(gradients[[name]], case[[name]], 1e-12)
    predicted <- batchnorm_forward(case$A_prev, case$gamma, case$beta, out$running, FALSE,
                                   epsilon = 1e-3)
    expect_close(predicted$Z, case$predicted, 1e-13)
  }
})

test_that("gradients pass central differences, in training and after it", {
  set.seed(2)
  gamma <- rnorm(2)
  beta <- rnorm(2)
  running <- list(mean = rnorm(2), variance = c(0.5, 2))
  for (A in list(random_array(3, 2, 2, 2), random_array(5, 2))) {
    for (training in c(TRUE, FALSE)) {
      f <- function(A, gamma, beta) batchnorm_forward(A, gamma, beta, running, training)
      weights <- random_array(dim(A))
      gradients <- batchnorm_backward(weights, f(A, gamma, beta)$cache)
      expect_close(gradients$dA_prev, numeric_gradient(function(x) f(x, gamma, beta)$Z, A, weights),
                   1e-6)
      expect_close(gradients$dgamma,
                   numeric_gradient(function(x) f(A, x, beta)$Z, gamma, weights), 1e-7)
      expect_close(gradients$dbeta,
                   numeric_gradient(function(x) f(A, gamma, x)$Z, beta, weights), 1e-7)
    }
  }
})

test_that("a NaN stays in its channel, a channel of equal values gives beta", {
  A <- random_array(4, 3, 3, 3)
  A[2, 1, 1, 2] <- NaN
  A[, , , 3] <- 7
  out <- batchnorm_forward(A, rep(1, 3), 1:3)
  expect_identical(which(apply(is.na(out$Z), 4, all)), 2L)
  expect_false(anyNA(out$Z[, , , c(1, 3)]))
  expect_identical(unique(as.vector(out$Z[, , , 3])), 3)
})

test_that("a variance that overflows is infinite, and a channel of it is beta", {
  A <- matrix(c(1e300, 1, 2, 3), 4)
  for_each_kernel(engines = "auto", function(engine, set, n) {
    out <- batchnorm_forward(A, 2, 7)
    expect_identical(out$cache$variance, Inf)
    expect_identical(out$Z, matrix(7, 4))
  })
})

test_that("one cell a channel leaves the running statistics", {
  out <- batchnorm_forward(matrix(5, 1, 2), 1:2, 3:4)
  expect_identical(out$Z, matrix(c(3, 4), 1))
  expect_identical(out$running, list(mean = c(0, 0), variance = c(1, 1)))
})

test_that("shapes are kept, nothing is changed in place, bits do not depend on threads", {
  A <- random_array(64, 20, 20, 3)
  before <- A + 0
  gamma <- array(rnorm(3), c(1, 1, 1, 3))
  results <- lapply(allowed_threads(1:3), function(n) {
    former <- convstep_threads(n)
    on.exit(convstep_threads(former))
    out <- batchnorm_forward(A, gamma, gamma)
    list(out, batchnorm_backward(out$Z, out$cache))
  })
  expect_identical(results[[2]], results[[1]])
  expect_identical(results[[3]], results[[1]])
  expect_identical(A, before)
  expect_identical(dim(results[[1]][[2]]$dgamma), dim(gamma))
  expect_identical(batchnorm_forward(matrix(1:6, 3), 1:2, 0:1),
                   batchnorm_forward(matrix(1:6 + 0, 3), c(1, 2), c(0, 1)))
})

test_that("bad arguments are errors that say which, what was expected and what came", {
  A <- matrix(1:6, 3)
  cache <- batchnorm_forward(A, 1:2, 1:2)$cache
  expect_error_snapshot({
    batchnorm_forward(1:3, 1, 1)
    batchnorm_forward(A[, 0], 1, 1)
    batchnorm_forward(A, 1:3, 1:2)
    batchnorm_forward(A, 1:2, "a")
    batchnorm_forward(A, 1:2, 1:2, list(1))
    batchnorm_forward(A, 1:2, 1:2, list(mean = 1:2, variance = c(-1, 1)))
    batchnorm_forward(A, 1:2, 1:2, training = NA)
    batchnorm_forward(A, 1:2, 1:2, momentum = 1)
    batchnorm_forward(A, 1:2, 1:2, epsilon = 0)
    batchnorm_backward(A, list(A))
    batchnorm_backward(t(A), cache)
    batchnorm_backward(A, replace(cache, "mean", 1))
  })
})
