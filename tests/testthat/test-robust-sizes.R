most <- .Machine$integer.max

test_that("an empty batch gives empty results of the right shape, sums of 0 and means of NaN", {
  A <- array(0, c(0, 5, 6, 2))
  W <- random_array(3, 3, 2, 4)
  pads <- list(stride = 2, pad = 1)
  windows <- list(f = 2, stride = 2)
  for_each_kernel(function(engine, set, threads) {
    conv <- conv_forward(A, W, 1:4, pads)
    expect_identical(conv$Z, array(0, c(0, 3, 3, 4)))
    expect_identical(conv_backward(conv$Z, conv$cache),
                     list(dA_prev = A, dW = 0 * W, db = array(0, c(1, 1, 1, 4))))
    affine <- affine_forward(matrix(0, 0, 3), random_array(3, 2), 1:2)
    expect_identical(affine$Z, matrix(0, 0, 2))
    expect_identical(affine_backward(affine$Z, affine$cache),
                     list(dA_prev = matrix(0, 0, 3), dW = matrix(NaN, 3, 2),
                          db = matrix(NaN, 1, 2)))
  })
  for (mode in c("max", "average")) {
    pool <- pool_forward(A, windows, mode)
    expect_identical(pool$A, array(0, c(0, 2, 3, 2)))
    expect_identical(pool_backward(pool$A, pool$cache, mode), A)
  }
  expect_identical(pad3d(A, 1), array(0, c(0, 7, 8, 2)))
  flat <- arr2col(A)
  expect_identical(flat$output, matrix(0, 0, 60))
  expect_identical(col2arr(flat$output, flat$cache), A)
  for (activation in list(sigmoid, relu, leaky_relu, tanh_activation)) {
    expect_identical(activation(A)$A, A)
  }
  expect_identical(relu_backward(A, A), A)
  expect_identical(sigmoid_backward(A, A), A)
  scores <- matrix(0, 0, 3)
  expect_identical(softmax(scores)$probs, scores)
  expect_identical(logsumexp(scores), numeric())
  cost <- cross_entropy_cost(scores, character(), 0, classes = 1:3)
  expect_identical(cost$loss, NaN)
  expect_identical(cross_entropy_backward(cost$cache), scores)
  fit <- good_fit()
  none <- array(0, c(0, 6, 6, 1))
  expect_identical(predict(fit, none), factor(character(), c("a", "b", "d")))
  expect_identical(dim(predict(fit, none, "prob")), c(0L, 3L))
  expect_identical(evaluate(fit, none, character())$n, 0L)
  expect_identical(sum(confusion(fit, none, character())), 0L)
  expect_error(cnn(none, character()), "Assertion on 'x' failed: Must have at least one image")
})

test_that("an empty batch of the largest extents takes no time", {
  A <- array(0, c(0, most, most, 3))
  filter <- array(1, c(1, 1, 3, 2))
  conv <- conv_forward(A, filter, 1:2, list(stride = 1, pad = 0))
  expect_identical(dim(conv$Z), c(0L, most, most, 2L))
  expect_identical(conv_backward(conv$Z, conv$cache)$dW, 0 * filter)
  pool <- pool_forward(A, list(f = 2, stride = 1))
  expect_identical(dim(pool$A), c(0L, most - 1L, most - 1L, 3L))
  expect_identical(dim(pool_backward(pool$A, pool$cache)), dim(A))
  expect_identical(dim(pad3d(A, 0)), dim(A))
  expect_error(arr2col(A), "Assertion on 'X' failed: Must have fewer than 2^31 cells", fixed = TRUE)
})

test_that("sizes that overflow or cannot be had are errors before anything is done", {
  one <- array(1, c(1, 1, 1, 1))
  plain <- function(...) utils::modifyList(list(stride = 1, pad = 0), list(...))
  expect_error_snapshot({
    pad3d(one, most)
    pad3d(one, 1e9)
    conv_forward(one, one, 0, plain(pad = most))
    conv_forward(one, one, 0, plain(pad = 1e9))
    conv_forward(one, array(1, c(3, 3, 1, 1)), 0, plain(dilation = most))
    pool_forward(one, list(f = most, stride = 1, pad = most))
    conv_forward(one, one, 0, plain(stride = 2^31))
    arr2col(array(0, c(0, 65536, 32768, 1)))
  })
  # More than any machine has.
  too_much <- "alloc|memory|exhausted|too (large|many)"
  expect_error(pad3d(one, 1e7), too_much)
  expect_error(conv_forward(one, one, 0, plain(pad = 1e7)), too_much)
  expect_error(pool_forward(one, list(f = c(1, 1), stride = 1, pad = 1e7)), too_much)
  expect_error(distribute_value(1, c(most, most)), too_much)
  # And R goes on.
  expect_identical(pad3d(one, 0), one)
})

test_that("windows and strides as large as can be give what the definition says", {
  A <- random_array(2, 3, 4, 2)
  expect_close(pool_forward(A, list(f = most, stride = most, pad = "same"))$A,
               array(apply(A, c(1, 4), max), c(2, 1, 1, 2)))
  expect_close(conv_forward(A, array(1, c(1, 1, 2, 1)), 0, list(stride = most, pad = 0))$Z,
               array(apply(A[, 1, 1, ], 1, sum), c(2, 1, 1, 1)))
  # And their gradients, in time and memory that do not grow with the stride.
  dA <- function(W, ...) {
    hparameters <- list(stride = most, pad = 0, ...)
    out <- conv_forward(A, W, 1:3, hparameters)
    dZ <- random_array(dim(out$Z))
    gradients <- conv_backward(dZ, out$cache)
    expected <- naive_conv_backward(dZ, A, W, hparameters)
    expect_close(gradients$dA_prev, expected$dA_prev)
    expect_close(gradients$dW, expected$dW)
  }
  for (engine in convstep_engines()) {
    former <- convstep_engine(engine)
    dA(random_array(1, 1, 2, 3))
    dA(random_array(3, 2, 2, 3))
    dA(random_array(2, 2, 2, 3), dilation = c(2, 3))
    convstep_engine(former)
  }
  far <- list(stride = 1, pad = c(5e8, 0), dilation = c(1e9, 1))
  expect_error(conv_forward(A, array(1, c(3, 1, 2, 1)), 0, far), "The window spans 2000000001 rows")
  # Rows 1e9 apart, of which only the middle one is in the image.
  far$pad <- c(1e9, 0)
  W <- random_array(3, 1, 2, 1)
  expect_close(conv_forward(A, W, 0, far)$Z,
               conv_forward(A, W[2, , , , drop = FALSE], 0, list(stride = 1, pad = 0))$Z)
})
