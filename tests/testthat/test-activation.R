activations <- list(
  sigmoid = list(sigmoid, sigmoid_backward),
  relu = list(relu, relu_backward),
  leaky_relu = list(function(Z) leaky_relu(Z, 0.1), leaky_relu_backward),
  tanh = list(tanh_activation, tanh_backward)
)
definitions <- activation_definitions(slope = 0.1)

test_that("empty input gives empty output", {
  for (f in activations) {
    out <- f[[1]](array(0, c(0, 3)))
    expect_identical(out$A, array(0, c(0, 3)))
    expect_identical(f[[2]](out$A, out$cache), array(0, c(0, 3)))
    expect_identical(f[[1]](numeric())$A, numeric())
  }
})

test_that("hand-worked values come out", {
  expect_identical(relu(c(-2, -0.5, 0, 3))$A, c(0, 0, 0, 3))
  expect_identical(relu_backward(c(5, 6, 7, 8), c(-2, -0.5, 0, 3)), c(0, 0, 7, 8))
  expect_identical(leaky_relu(c(-2, 0, 3), slope = 0.5)$A, c(-1, 0, 3))
  expect_identical(leaky_relu(-1)$A, -0.01)
  expect_identical(leaky_relu_backward(c(5, 6, 7), list(Z = c(-2, 0, 3), slope = 0.5)),
                   c(2.5, 6, 7))
  expect_identical(sigmoid(c(-Inf, 0, Inf))$A, c(0, 0.5, 1))
  expect_equal(sigmoid(log(3))$A, 0.75, tolerance = 1e-15)
  expect_identical(sigmoid_backward(8, 0), 2)
  expect_identical(tanh_activation(c(-Inf, 0, Inf))$A, c(-1, 0, 1))
  expect_equal(tanh_activation(log(2))$A, 0.6, tolerance = 1e-15)
  expect_identical(tanh_backward(2, 0), 2)
})

test_that("the definitions agree within a few units in the last place, for every set", {
  set.seed(1)
  Z <- c(rnorm(999, sd = 10), rnorm(200, sd = 1e-3), seq(-745, 745, length.out = 501), -1e9, 1e9,
         1e-300, -1e-300, 0)
  dA <- rnorm(length(Z))
  for_each_kernel(engines = "auto", function(engine, set, n) {
    for (name in names(activations)) {
      out <- activations[[name]][[1]](Z)
      value <- definitions[[name]][[1]](Z)
      # Denormal numbers have few digits.
      normal <- abs(value) > 1e-300
      expect_lt(max(abs(out$A[normal] / value[normal] - 1)), 2e-15)
      expect_lt(max(abs(out$A - value)), 2e-15 * max(abs(value)))
      slope <- definitions[[name]][[2]](Z)
      dZ <- activations[[name]][[2]](dA, out$cache)
      normal <- abs(slope) > 1e-300
      expect_lt(max(abs(dZ[normal] / (dA * slope)[normal] - 1)), 4e-15)
      expect_lt(max(abs(dZ - dA * slope)), 4e-15 * max(abs(dA)))
    }
  })
})

test_that("every length is computed to its end, at any alignment", {
  set.seed(2)
  all <- rnorm(70)
  for_each_kernel(engines = "auto", function(engine, set, n) {
    for (name in names(activations)) {
      whole <- activations[[name]][[1]](all)$A
      gradient <- activations[[name]][[2]](all, activations[[name]][[1]](rev(all))$cache)
      for (size in c(1:9, 15:17, 31:33, 63:65)) {
        poison_memory(size)
        out <- activations[[name]][[1]](all[seq_len(size)])
        expect_identical(out$A, whole[seq_len(size)])
        cache <- activations[[name]][[1]](rev(all)[seq_len(size)])$cache
        expect_identical(activations[[name]][[2]](all[seq_len(size)], cache),
                         gradient[seq_len(size)])
      }
    }
  })
})

test_that("PyTorch gives the same values and gradients", {
  cases <- readRDS(test_path("oracle", "layers-pytorch.rds"))$activation
  for (name in names(activations)) {
    case <- cases[[name]]
    out <- activations[[name]][[1]](case$Z)
    expect_close(out$A, case$A, 1e-15)
    # At 0 PyTorch's ReLU passes no gradient, the notebook's does.
    kink <- case$Z == 0 & grepl("relu", name)
    expect_close(activations[[name]][[2]](case$dA, out$cache)[!kink], case$dZ[!kink], 1e-15)
  }
})

test_that("gradients pass central differences", {
  set.seed(3)
  Z <- c(-3, -1, -0.2, 0.3, 2, 5)
  weights <- rnorm(6)
  for (f in activations) {
    expect_close(f[[2]](weights, f[[1]](Z)$cache),
                 numeric_gradient(function(x) f[[1]](x)$A, Z, weights), 1e-7)
  }
})

test_that("NA stays NA, NaN stays NaN, in their cells only", {
  Z <- rep(c(1, -1), 20)
  Z[c(3, 20)] <- NA
  Z[c(8, 33)] <- NaN
  dA <- rep(2, 40)
  for_each_kernel(engines = "auto", function(engine, set, n) {
    for (name in names(activations)) {
      f <- activations[[name]]
      out <- f[[1]](Z)
      expect_identical(which(is.na(out$A) & !is.nan(out$A)), c(3L, 20L))
      expect_identical(which(is.nan(out$A)), c(8L, 33L))
      dZ <- f[[2]](Z, f[[1]](dA)$cache)
      expect_identical(which(is.na(dZ) & !is.nan(dZ)), c(3L, 20L))
      expect_identical(which(is.nan(dZ)), c(8L, 33L))
      # As in R, `dZ[Z < 0] <- 0` leaves the gradient where Z is NA.
      expected <- if (grepl("relu", name)) integer() else c(3L, 8L, 20L, 33L)
      expect_identical(which(is.na(f[[2]](dA, out$cache))), expected)
    }
  })
})

test_that("any shape goes, and attributes are kept", {
  Z <- matrix(c(-1, 2, 0.5, -3), 2, dimnames = list(c("a", "b"), NULL))
  attr(Z, "unit") <- "mV"
  for (f in activations) {
    out <- f[[1]](Z)
    expect_identical(attributes(out$A), attributes(Z))
    expect_identical(attributes(f[[2]](Z, out$cache)), attributes(Z))
    expect_identical(names(f[[1]](c(a = 1, b = 2))$A), c("a", "b"))
    expect_identical(dim(f[[1]](array(1, c(2, 1, 3, 1, 2)))$A), c(2L, 1L, 3L, 1L, 2L))
  }
})

test_that("the cache is the input, integers are taken as doubles, nothing is changed in place", {
  Z <- array(c(-2L, 0L, 3L, NA), c(2, 2))
  expect_identical(relu(Z), list(A = relu(Z + 0)$A, cache = Z + 0))
  expect_identical(sigmoid(c(TRUE, FALSE)), sigmoid(c(1, 0)))
  expect_identical(leaky_relu(Z, 1L)$cache, list(Z = Z + 0, slope = 1))
  Z <- rnorm(100)
  before <- Z + 0
  for (f in activations) f[[2]](Z, f[[1]](Z)$cache)
  expect_identical(Z, before)
})

test_that("large arrays have the same bits for any number of threads", {
  Z <- rnorm(2e5)
  for (f in activations) {
    results <- lapply(allowed_threads(1:3), function(n) {
      former <- convstep_threads(n)
      on.exit(convstep_threads(former))
      poison_memory(length(Z))
      out <- f[[1]](Z)
      list(out$A, f[[2]](Z, out$cache))
    })
    expect_identical(results[[2]], results[[1]])
    expect_identical(results[[3]], results[[1]])
  }
})

test_that("bad arguments are errors that say which, what was expected and what came", {
  expect_error_snapshot({
    relu("a")
    sigmoid(NULL)
    tanh_activation(factor("a"))
    leaky_relu(1, "a")
    leaky_relu(1, c(0.1, 0.2))
    leaky_relu(1, NA)
    leaky_relu(1, Inf)
    relu_backward(1:2, 1:3)
    relu_backward(matrix(1, 2, 3), matrix(1, 3, 2))
    sigmoid_backward("a", 1)
    sigmoid_backward(1, list(1))
    tanh_backward(1, NULL)
    leaky_relu_backward(1, 1)
    leaky_relu_backward(1:2, list(Z = 1, slope = 0.1))
  })
})
