test_that("hand-worked values come out", {
  A <- array(c(1, 2), c(1, 1, 2, 1))
  W <- array(c(1, 10, 100), c(1, 3, 1, 1))
  out <- conv_transpose_forward(A, W, 0.5, list(stride = 1, pad = 0))
  expect_identical(as.vector(out$Z), c(1, 12, 120, 200) + 0.5)
  out <- conv_transpose_forward(A, W, 0, list(stride = c(1, 2), pad = 0))
  expect_identical(as.vector(out$Z), c(1, 10, 102, 20, 200))
  out <- conv_transpose_forward(A, W, 0, list(stride = c(1, 2), pad = c(0, 1),
                                              output_pad = c(0, 1)))
  expect_identical(as.vector(out$Z), c(10, 102, 20, 200))
})

random_conv_transpose <- function() {
  repeat {
    groups <- sample(c(1, 1, 2, 3), 1)
    stride <- sample(1:3, 2, TRUE)
    hparameters <- list(stride = stride, pad = sample(list(0, 1, c(2, 0), "same", "valid"), 1)[[1]],
                        dilation = sample(1:2, 2, TRUE), groups = groups,
                        output_pad = pmin(stride - 1, sample(0:1, 2, TRUE)))
    f <- sample(4, 2, TRUE)
    extents <- sample(c(1, 2, 4, 5), 2, TRUE)
    if (all(naive_conv_transpose_extents(extents, f, hparameters) >= 1)) break
  }
  list(A = random_array(sample(c(1, 3, 9), 1), extents, groups * sample(2, 1)), f = f,
       filters = sample(3, 1), hparameters = hparameters)
}

test_that("the definition agrees, forwards and backwards, for every engine, set and threads", {
  for (seed in 1:12) {
    set.seed(seed)
    case <- random_conv_transpose()
    W <- random_array(case$f, case$filters, dim(case$A)[4])
    b <- rnorm(case$filters * case$hparameters$groups)
    expected <- naive_conv_transpose(case$A, W, b, case$hparameters)
    dZ <- random_array(dim(expected))
    back <- naive_conv_transpose_backward(dZ, case$A, W, case$hparameters)
    for_each_kernel(threads = 1:2, function(engine, set, n) {
      poison_memory(length(expected))
      out <- conv_transpose_forward(case$A, W, b, case$hparameters)
      expect_close(out$Z, expected, 1e-13)
      gradients <- conv_transpose_backward(dZ, out$cache)
      for (name in names(back)) expect_close(gradients[[name]], back[[name]], 1e-13)
    })
  }
})

test_that("PyTorch gives the same outputs and gradients", {
  for (case in readRDS(test_path("oracle", "modern-pytorch.rds"))$conv_transpose) {
    out <- conv_transpose_forward(case$A, case$W, case$b, case$hparameters)
    expect_close(out$Z, case$Z, 1e-13)
    gradients <- conv_transpose_backward(case$dZ, out$cache)
    expect_close(gradients$dA_prev, case$dA, 1e-13)
    expect_close(gradients$dW, case$dW, 1e-13)
    expect_close(as.vector(gradients$db), case$db, 1e-13)
  }
})

test_that("an empty batch gives empty results and zero gradients", {
  W <- array(1, c(2, 2, 3, 2))
  out <- conv_transpose_forward(array(0, c(0, 2, 2, 2)), W, 1:3, list(stride = 2, pad = 0))
  expect_identical(dim(out$Z), c(0L, 4L, 4L, 3L))
  gradients <- conv_transpose_backward(out$Z, out$cache)
  expect_identical(gradients$dW, W * 0)
  expect_identical(gradients$db, array(0, c(1, 1, 1, 3)))
})

test_that("what makes no sense is refused", {
  A <- array(0, c(2, 3, 3, 4))
  W <- array(0, c(3, 3, 2, 4))
  out <- conv_transpose_forward(A, W, 1:2, list(stride = 1, pad = 0))
  with <- function(...) conv_transpose_forward(A, W, 1:2, list(...))
  expect_snapshot(error = TRUE, {
    conv_transpose_forward(1:3, W, 1:2, list(stride = 1, pad = 0))
    conv_transpose_forward(A, W[, , , 1:3], 1:2, list(stride = 1, pad = 0))
    conv_transpose_forward(A, W, 1:3, list(stride = 1, pad = 0))
    with(stride = 2, pad = 9)
    with(stride = 2, pad = 0, output_pad = 2)
    with(stride = 2, pad = 0, output_pad = -1)
    with(stride = 2)
    with(stride = 2^31 - 1, pad = 0)
    conv_transpose_forward(A, W, 1:6, list(stride = 1, pad = 0, groups = 3))
    conv_transpose_backward(A, out$cache)
    conv_transpose_backward(out$Z, out$cache["W"])
  })
})
