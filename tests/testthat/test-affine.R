test_that("an empty batch gives empty results, and means that are NaN", {
  A <- matrix(0, 0, 3)
  out <- affine_forward(A, matrix(1, 3, 2), 1:2)
  expect_identical(out$Z, matrix(0, 0, 2))
  expect_identical(affine_backward(out$Z, out$cache),
                   list(dA_prev = A, dW = matrix(NaN, 3, 2), db = matrix(NaN, 1, 2)))
  X <- array(0, c(0, 2, 3, 2))
  expect_identical(arr2col(X)$output, matrix(0, 0, 12))
  expect_identical(col2arr(matrix(0, 0, 12), X), X)
})

test_that("hand-worked values come out", {
  A <- rbind(c(1, 2), c(3, 4))
  W <- cbind(c(1, -1), c(0, 2), c(0.5, 0.5))
  out <- affine_forward(A, W, c(10, 20, 30))
  expect_identical(out$Z, rbind(c(9, 24, 31.5), c(9, 28, 33.5)))
  dZ <- rbind(c(1, 0, 2), c(0, 1, 4))
  expect_identical(
    affine_backward(dZ, out$cache),
    list(dA_prev = rbind(c(2, 0), c(2, 4)), dW = rbind(c(0.5, 1.5, 7), c(1, 2, 10)),
         db = rbind(c(0.5, 0.5, 3)))
  )
})

test_that("R's own matrix product agrees, over random extents and every engine", {
  set.seed(1)
  for (i in 1:15) {
    m <- sample(c(1, 2, 7, 8, 9, 24, 25), 1)
    D <- sample(c(1, 3, 8, 33), 1)
    U <- sample(c(1, 2, 7, 8, 9, 17), 1)
    A <- random_array(m, D)
    W <- random_array(D, U)
    b <- random_array(1, U)
    dZ <- random_array(m, U)
    for_each_kernel(function(engine, set, n) {
      for (size in c(m * U, D * U, m * D)) poison_memory(size)
      out <- affine_forward(A, W, b)
      expect_close(out$Z, A %*% W + rep(b, each = m))
      gradients <- affine_backward(dZ, out$cache)
      expect_close(gradients$dA_prev, dZ %*% t(W))
      expect_close(gradients$dW, t(A) %*% dZ / m)
      expect_close(gradients$db, matrix(colSums(dZ) / m, 1))
    })
  }
})

test_that("gradients pass central differences of the mean cost", {
  set.seed(2)
  A <- random_array(4, 3)
  W <- random_array(3, 2)
  b <- random_array(1, 2)
  dZ <- random_array(4, 2)
  gradients <- affine_backward(dZ, affine_forward(A, W, b)$cache)
  expect_close(gradients$dA_prev,
               numeric_gradient(function(x) affine_forward(x, W, b)$Z, A, dZ), 1e-7)
  expect_close(gradients$dW,
               numeric_gradient(function(x) affine_forward(A, x, b)$Z, W, dZ / 4), 1e-7)
  expect_close(gradients$db,
               numeric_gradient(function(x) affine_forward(A, W, x)$Z, b, dZ / 4), 1e-7)
})

test_that("NA, NaN and infinite values go where R's arithmetic takes them, and no further", {
  set.seed(3)
  for (value in c(NaN, NA, Inf)) {
    A <- random_array(9, 5)
    W <- random_array(5, 4)
    A[2, 3] <- value
    W[1, 4] <- value
    dZ <- random_array(9, 4)
    dZ[5, 2] <- value
    for_each_kernel(function(engine, set, n) {
      out <- affine_forward(A, W, rep(0, 4))
      expect_close(out$Z, naive_product(A, W))
      gradients <- affine_backward(dZ, out$cache)
      expect_close(gradients$dA_prev, naive_product(dZ, t(W)))
      expect_close(gradients$dW, naive_product(t(A), dZ) / 9)
      expect_close(gradients$db, matrix(colSums(dZ), 1) / 9)
    })
  }
})

test_that("an array becomes a matrix and an array again, in the order of memory", {
  X <- array(1:24, c(2, 3, 2, 2))
  out <- arr2col(X)
  expect_identical(out$output, matrix(as.double(1:24), 2))
  expect_identical(out$cache, X + 0)
  expect_identical(out$output[2, ], as.vector(X[2, , , ]) + 0)
  expect_identical(col2arr(out$output, out$cache), X + 0)
  expect_identical(col2arr(1:24, X), X + 0)
  expect_identical(arr2col(array(5, c(1, 1, 1, 1)))$output, matrix(5))
  # Cells that the matrix and its array share are not written to.
  X <- random_array(8, 10, 10, 2)
  before <- X + 0
  flat <- arr2col(X)
  affine_forward(flat$output, matrix(1, 200, 2), 1:2)
  flat$output[1] <- 99
  expect_identical(X, before)
  expect_identical(flat$cache, before)
})

test_that("activations are applied, and taken back", {
  set.seed(4)
  A <- random_array(5, 4)
  W <- random_array(4, 3)
  b <- rnorm(3)
  dA <- random_array(5, 3)
  Z <- A %*% W + rep(b, each = 5)
  value <- list(relu = pmax(Z, 0), sigmoid = 1 / (1 + exp(-Z)), "NULL" = Z)
  slope <- list(relu = (Z >= 0) + 0, sigmoid = dlogis(Z), "NULL" = 1)
  for (activation in names(value)) {
    out <- affine_activation_forward(A, W, b, activation)
    expect_close(out$A, value[[activation]])
    affine_cache <- list(A_prev = A, W = W, b = b)
    expect_identical(names(out$cache), c("affine_cache", "activation_cache"))
    expect_identical(out$cache$affine_cache, affine_cache)
    if (activation == "NULL") {
      expect_identical(out$cache$activation_cache, affine_cache)
    } else {
      expect_close(out$cache$activation_cache, Z)
    }
    gradients <- affine_activation_backward(dA, out$cache, activation)
    expect_close(gradients$dA_prev, (dA * slope[[activation]]) %*% t(W))
    expect_close(gradients$dW, t(A) %*% (dA * slope[[activation]]) / 5)
    expect_close(gradients$db, matrix(colMeans(dA * slope[[activation]]), 1))
  }
  expect_identical(affine_activation_forward(A, W, b), affine_activation_forward(A, W, b, "relu"))
})

test_that("the cache gives back what came, integers are doubles, nothing is changed in place", {
  A <- matrix(1:6, 2)
  W <- matrix(-1:1, 3, 2)
  out <- affine_forward(A, W, 1:2)
  expect_identical(out, affine_forward(A + 0, W + 0, c(1, 2)))
  expect_identical(out$cache, list(A_prev = A + 0, W = W + 0, b = c(1, 2)))
  expect_identical(affine_forward(A, W, matrix(1:2, 1))$Z, out$Z)
  A <- random_array(30, 20)
  W <- random_array(20, 10)
  dZ <- random_array(30, 10)
  before <- lapply(list(A, W, dZ), function(x) x + 0)
  affine_backward(dZ, affine_forward(A, W, rep(0, 10))$cache)
  expect_identical(list(A, W, dZ), before)
})

test_that("bad arguments are errors that say which, what was expected and what came", {
  A <- matrix(1, 2, 3)
  W <- matrix(1, 3, 4)
  cache <- affine_forward(A, W, 1:4)$cache
  full <- affine_activation_forward(A, W, 1:4)$cache
  expect_error_snapshot({
    affine_forward(1:3, W, 1:4)
    affine_forward(A, t(W), 1:4)
    affine_forward(A, "a", 1:4)
    affine_forward(A, W[, 0], numeric())
    affine_forward(A, W, 1:3)
    affine_forward(A, W, NULL)
    affine_backward(matrix(1, 2, 3), cache)
    affine_backward(1, list(1))
    affine_activation_forward(A, W, 1:4, "tanh")
    affine_activation_forward(A, W, 1:4, NULL)
    affine_activation_backward(A, full, "none")
    affine_activation_backward(A, cache, "relu")
    affine_activation_backward(A, full, "relu")
    arr2col(A)
    col2arr(1:5, array(1, c(1, 2, 2, 1)))
    col2arr("a", array(1, c(1, 2, 2, 1)))
    col2arr(1:5, 1:5)
  })
})
