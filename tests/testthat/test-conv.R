test_that("an empty batch gives empty results of the right shape and zero sums", {
  A <- array(0, c(0, 5, 6, 2))
  W <- random_array(3, 3, 2, 4)
  out <- conv_forward(A, W, 1:4, list(stride = 2, pad = 1))
  expect_identical(dim(out$Z), c(0L, 3L, 3L, 4L))
  gradients <- conv_backward(out$Z, out$cache)
  expect_identical(dim(gradients$dA_prev), dim(A))
  expect_identical(gradients$dW, array(0, dim(W)))
  expect_identical(gradients$db, array(0, c(1, 1, 1, 4)))
})

test_that("one step is the sum of products plus the bias, once", {
  expect_identical(conv_single_step(array(1:12, c(2, 2, 3)), array(1, c(2, 2, 3)), 5), 83)
  expect_identical(conv_single_step(matrix(c(TRUE, FALSE), 1), c(3L, 4L), array(2L, c(1, 1, 1))), 5)
  expect_identical(conv_single_step(NA, 1, 0), NA_real_)
  expect_error_snapshot({
    conv_single_step("a", 1, 0)
    conv_single_step(1:4, 1:3, 0)
    conv_single_step(1:4, 1:4, 1:2)
    conv_single_step(1:4, NULL, 0)
  })
})

test_that("a hand-worked convolution comes out", {
  # 1 4 7      2 0
  # 2 5 8  by  0 -1 , the window's top left cell twice, less its bottom right cell
  # 3 6 9
  A <- array(1:9, c(1, 3, 3, 1))
  W <- array(c(2, 0, 0, -1), c(2, 2, 1, 1))
  Z <- conv_forward(A, W, 10, list(stride = 1, pad = 0))$Z
  expect_identical(Z[1, , , 1], matrix(c(2 - 5, 4 - 6, 8 - 8, 10 - 9), 2) + 10)
  # "same" with an even filter pads at the end: the last row and column see zeros.
  Z <- conv_forward(A, W, 0, list(stride = 1, pad = "same"))$Z
  expect_identical(Z[1, , , 1], matrix(c(-3, -2, 6, 0, 1, 12, 14, 16, 18), 3))
})

test_that("the bias counts once, and the notebook's figures are a factor away", {
  A <- random_array(2, 4, 4, 3)
  W <- random_array(2, 2, 3, 2)
  hp <- list(stride = 1, pad = 0)
  Z <- conv_forward(A, W, c(0, 0), hp)$Z
  expect_close(conv_forward(A, W, c(1, 2), hp)$Z, Z + rep(1:2, each = 2 * 3 * 3))
  expect_close(conv_forward(A, W, c(1, 2) * prod(dim(W)[1:3]), hp)$Z,
               Z + 12 * rep(1:2, each = 2 * 3 * 3))
})

test_that("forward and backward agree with the loops over random geometries", {
  set.seed(1)
  for (i in 1:60) {
    x <- random_conv()
    poison_memory(1e4)
    out <- conv_forward(x$A, x$W, x$b, x$hparameters)
    expect_close(out$Z, naive_conv_forward(x$A, x$W, x$b, x$hparameters))
    dZ <- random_array(dim(out$Z))
    poison_memory(1e4)
    gradients <- conv_backward(dZ, out$cache)
    expected <- naive_conv_backward(dZ, x$A, x$W, x$hparameters)
    for (name in names(expected)) expect_close(gradients[[name]], expected[[name]])
  }
})

test_that("every kind of geometry is met, with the loops as oracle", {
  set.seed(2)
  cases <- list(
    one_example = list(c(1, 5, 5, 2), c(3, 3, 2, 2), list(stride = 1, pad = 1)),
    one_channel = list(c(3, 5, 5, 1), c(3, 3, 1, 2), list(stride = 1, pad = 1)),
    one_filter = list(c(3, 5, 5, 2), c(3, 3, 2, 1), list(stride = 1, pad = 1)),
    one_cell_window = list(c(3, 5, 4, 2), c(1, 1, 2, 3), list(stride = 1, pad = 0)),
    one_cell_strided = list(c(3, 5, 4, 2), c(1, 1, 2, 3), list(stride = 2, pad = 0)),
    one_row = list(c(3, 1, 7, 2), c(1, 3, 2, 2), list(stride = 1, pad = c(0, 1))),
    one_column = list(c(3, 7, 1, 2), c(3, 1, 2, 2), list(stride = 1, pad = c(1, 0))),
    one_pixel = list(c(2, 1, 1, 3), c(1, 1, 3, 2), list(stride = 1, pad = 0)),
    stride_beyond_window = list(c(2, 9, 8, 2), c(2, 2, 2, 2), list(stride = c(4, 3), pad = 0)),
    rectangular = list(c(2, 6, 7, 2), c(2, 4, 2, 3), list(stride = c(1, 2), pad = c(2, 1))),
    dilated = list(c(2, 9, 8, 2), c(3, 2, 2, 2), list(stride = 1, pad = 2, dilation = c(2, 3))),
    dilated_strided = list(c(2, 9, 9, 1), c(3, 3, 1, 2),
                           list(stride = 2, pad = 2, dilation = 2)),
    groups = list(c(2, 5, 5, 6), c(3, 3, 2, 9), list(stride = 1, pad = 1, groups = 3)),
    depthwise = list(c(2, 5, 5, 4), c(3, 3, 1, 4), list(stride = 1, pad = 1, groups = 4)),
    pad_beyond_input = list(c(2, 2, 3, 2), c(3, 3, 2, 2), list(stride = 1, pad = 5)),
    pad_beyond_window = list(c(2, 2, 3, 1), c(2, 2, 1, 2), list(stride = 3, pad = 7)),
    same_even = list(c(2, 5, 6, 2), c(4, 2, 2, 2), list(stride = 1, pad = "same")),
    same_strided = list(c(2, 7, 8, 2), c(3, 2, 2, 2), list(stride = c(2, 3), pad = "same")),
    same_dilated = list(c(2, 6, 5, 2), c(2, 3, 2, 2),
                        list(stride = 1, pad = "same", dilation = 2))
  )
  for (case in cases) {
    A <- random_array(case[[1]])
    W <- random_array(case[[2]])
    b <- rnorm(dim(W)[4])
    out <- conv_forward(A, W, b, case[[3]])
    expect_close(out$Z, naive_conv_forward(A, W, b, case[[3]]))
    dZ <- random_array(dim(out$Z))
    expect_close(conv_backward(dZ, out$cache)$dA_prev,
                 naive_conv_backward(dZ, A, W, case[[3]])$dA_prev)
    expect_close(conv_backward(dZ, out$cache)$dW, naive_conv_backward(dZ, A, W, case[[3]])$dW)
  }
})

test_that("\"same\" and \"valid\" give the sizes that Keras documents", {
  sizes <- function(n, f, stride, pad) {
    A <- array(0, c(1, n, n + 1, 1))
    W <- array(0, c(f, f, 1, 1))
    dim(conv_forward(A, W, 0, list(stride = stride, pad = pad))$Z)[2:3]
  }
  expect_identical(sizes(7, 3, 1, "same"), c(7L, 8L))
  expect_identical(sizes(7, 3, 2, "same"), c(4L, 4L))
  expect_identical(sizes(7, 4, 3, "same"), c(3L, 3L))
  expect_identical(sizes(7, 3, 2, "valid"), c(3L, 3L))
})

test_that("gradients pass central differences", {
  set.seed(3)
  for (hp in list(list(stride = 1, pad = 1), list(stride = c(2, 1), pad = "same", dilation = 2),
                  list(stride = 2, pad = 0, groups = 2))) {
    A <- random_array(2, 5, 4, 2)
    W <- random_array(3, 2, 2 / max(1, hp$groups), 2)
    if (identical(hp$pad, 0)) A <- random_array(2, 5, 5, 2)
    b <- array(rnorm(2), c(1, 1, 1, 2))
    out <- conv_forward(A, W, b, hp)
    weights <- random_array(dim(out$Z))
    gradients <- conv_backward(weights, out$cache)
    by_A <- numeric_gradient(function(x) conv_forward(x, W, b, hp)$Z, A, weights)
    by_W <- numeric_gradient(function(x) conv_forward(A, x, b, hp)$Z, W, weights)
    by_b <- numeric_gradient(function(x) conv_forward(A, W, x, hp)$Z, b, weights)
    expect_close(gradients$dA_prev, by_A, 1e-7)
    expect_close(gradients$dW, by_W, 1e-7)
    expect_close(gradients$db, by_b, 1e-7)
  }
})

test_that("PyTorch gives the same outputs and gradients", {
  cases <- readRDS(test_path("oracle", "conv-pytorch.rds"))
  expect_gt(length(cases), 5)
  for (case in cases) {
    out <- conv_forward(case$A, case$W, case$b, case$hparameters)
    expect_close(out$Z, case$Z, 1e-12)
    gradients <- conv_backward(case$dZ, out$cache)
    expect_close(gradients$dA_prev, case$dA, 1e-12)
    expect_close(gradients$dW, case$dW, 1e-12)
    expect_close(as.vector(gradients$db), as.vector(case$db), 1e-12)
  }
})

test_that("the result is a list with the notebook's cache", {
  A <- random_array(2, 3, 3, 1)
  W <- random_array(2, 2, 1, 2)
  b <- array(1:2 + 0.5, c(1, 1, 1, 2))
  hp <- list(stride = 1, pad = 0)
  out <- conv_forward(A, W, b, hp)
  expect_identical(names(out), c("Z", "cache"))
  expect_identical(out$cache, list(A_prev = A, W = W, b = b, hparameters = hp))
  expect_identical(names(conv_backward(out$Z, out$cache)), c("dA_prev", "dW", "db"))
  expect_identical(dim(conv_backward(out$Z, out$cache)$db), c(1L, 1L, 1L, 2L))
  expect_identical(conv_forward(A, W, as.vector(b), hp)$Z, out$Z)
})

test_that("integers and logicals give what the same doubles give", {
  A <- array(sample(-5:5, 2 * 4 * 4 * 2, TRUE), c(2, 4, 4, 2))
  W <- array(sample(c(TRUE, FALSE), 2 * 2 * 2 * 3, TRUE), c(2, 2, 2, 3))
  hp <- list(stride = 1L, pad = 1L)
  out <- conv_forward(A, W, 1:3, hp)
  expect_identical(out$Z, conv_forward(A + 0, W + 0, c(1, 2, 3), list(stride = 1, pad = 1))$Z)
  dZ <- array(1L, dim(out$Z))
  expect_identical(conv_backward(dZ, out$cache), conv_backward(dZ + 0, out$cache))
  A[3] <- NA
  expect_identical(is.na(conv_forward(A, W, 1:3, hp)$Z), is.na(conv_forward(A + 0, W, 1:3, hp)$Z))
})

test_that("no argument is changed in place", {
  A <- random_array(2, 4, 4, 2)
  W <- random_array(3, 3, 2, 2)
  b <- rnorm(2)
  hp <- list(stride = 1, pad = 1)
  before <- lapply(list(A, W, b), function(x) x + 0)
  out <- conv_forward(A, W, b, hp)
  dZ <- random_array(dim(out$Z))
  dZ_before <- dZ + 0
  conv_backward(dZ, out$cache)
  expect_identical(list(A, W, b), before)
  expect_identical(dZ, dZ_before)
})

test_that("NA, NaN and infinite values go where the loops take them, and no further", {
  set.seed(4)
  for (i in 1:40) {
    x <- random_conv()
    odd <- function(a) {
      a[sample(length(a), 1)] <- sample(c(NA, NaN, Inf, -Inf), 1)
      a
    }
    if (i %% 3 == 0) x$W <- odd(x$W) else x$A <- odd(x$A)
    out <- conv_forward(x$A, x$W, x$b, x$hparameters)
    expect_close(out$Z, naive_conv_forward(x$A, x$W, x$b, x$hparameters))
    dZ <- random_array(dim(out$Z))
    if (i %% 4 == 0) dZ <- odd(dZ)
    gradients <- conv_backward(dZ, out$cache)
    expected <- naive_conv_backward(dZ, x$A, x$W, x$hparameters)
    for (name in names(expected)) expect_close(gradients[[name]], expected[[name]])
  }
})

test_that("bad arguments are errors that say which, what was expected and what came", {
  A <- array(0, c(2, 5, 5, 3))
  W <- array(0, c(3, 3, 3, 4))
  b <- rep(0, 4)
  hp <- list(stride = 1, pad = 0)
  with_hp <- function(...) conv_forward(A, W, b, utils::modifyList(hp, list(...)))
  expect_error_snapshot({
    conv_forward("a", W, b, hp)
    conv_forward(NULL, W, b, hp)
    conv_forward(A[, , , 1], W, b, hp)
    conv_forward(A[, 0, , , drop = FALSE], W, b, hp)
    conv_forward(A, W[, , 1:2, ], b, hp)
    conv_forward(A, W[, , , 0], b, hp)
    conv_forward(A, as.vector(W), b, hp)
    conv_forward(A, W, 1:3, hp)
    conv_forward(A, W, letters[1:4], hp)
    conv_forward(A, W, b, 1)
    conv_forward(A, W, b, list(1, 0))
    conv_forward(A, W, b, list(stride = 1))
    conv_forward(A, W, b, list(pad = 1))
    with_hp(stride = 0)
    with_hp(stride = 1.5)
    with_hp(stride = NA)
    with_hp(stride = "1")
    with_hp(stride = 1:3)
    with_hp(pad = -1)
    with_hp(pad = 0.5)
    with_hp(pad = Inf)
    with_hp(pad = "full")
    with_hp(dilation = 0)
    with_hp(dilation = 3)
    with_hp(dilation = 2^30)
    with_hp(groups = 2)
    with_hp(groups = 3)
    with_hp(groups = 1:2)
    with_hp(dilatation = 2)
    conv_forward(A[, 1:2, , ], W, b, hp)
  })
})

test_that("a cache that does not fit is an error", {
  out <- conv_forward(array(0, c(2, 5, 5, 3)), array(0, c(3, 3, 3, 4)), 1:4,
                      list(stride = 1, pad = 0))
  tampered <- function(...) utils::modifyList(out$cache, list(...))
  expect_error_snapshot({
    conv_backward(out$Z, NULL)
    conv_backward(out$Z, list(A = 1))
    conv_backward(out$Z, out$cache["W"])
    conv_backward(out$Z, tampered(W = array(0, c(3, 3, 2, 4))))
    conv_backward(out$Z, tampered(A_prev = 1:3))
    conv_backward(out$Z[, , , 1:3], out$cache)
    conv_backward("a", out$cache)
    conv_backward(NULL, out$cache)
  })
})
