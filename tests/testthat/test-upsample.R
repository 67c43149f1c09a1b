test_that("hand-worked values come out", {
  A <- array(c(0, 4, 8, 12), c(1, 2, 2, 1))
  expect_identical(upsample_forward(A, c(2, 1))$A[1, , , 1],
                   rbind(c(0, 8), c(0, 8), c(4, 12), c(4, 12)))
  line <- array(c(0, 8), c(1, 1, 2, 1))
  # Centres of the new cells at 1/4, 3/4, 5/4, 7/4 of the old, whose own are at 1/2 and 3/2.
  expect_identical(as.vector(upsample_forward(line, c(1, 2), "bilinear")$A), c(0, 2, 6, 8))
  expect_identical(as.vector(upsample_forward(array(3, c(1, 1, 1, 1)), 3, "bilinear")$A), rep(3, 9))
})

test_that("the definition agrees, forwards and backwards, for every set and number of threads", {
  set.seed(8)
  for (case in list(list(c(3, 2, 4, 2), 2), list(c(1, 5, 3, 1), c(3, 2)), list(c(9, 1, 1, 3), 4),
                    list(c(2, 3, 3, 2), 1), list(c(16, 6, 5, 2), c(2, 1)), list(c(0, 2, 2, 1), 2))) {
    A <- random_array(case[[1]])
    for (mode in c("nearest", "bilinear")) {
      expected <- naive_upsample(A, case[[2]], mode)
      dA <- random_array(dim(expected))
      back <- naive_upsample_backward(dA, dim(A), case[[2]], mode)
      for_each_kernel(engines = "auto", threads = 1:2, function(engine, set, n) {
        poison_memory(length(dA))
        out <- upsample_forward(A, case[[2]], mode)
        expect_close(out$A, expected, 1e-14)
        expect_close(upsample_backward(dA, out$cache), back, 1e-14)
      })
    }
  }
})

test_that("PyTorch gives the same outputs and gradients", {
  for (case in readRDS(test_path("oracle", "modern-pytorch.rds"))$upsample) {
    out <- upsample_forward(case$A, case$factor, case$mode)
    expect_close(out$A, case$Z, 1e-14)
    expect_close(upsample_backward(case$dZ, out$cache), case$dA, 1e-14)
  }
})

test_that("a cell that is not finite spoils only what it is part of", {
  A <- array(1, c(1, 3, 3, 1))
  A[1, 2, 2, 1] <- Inf
  expect_identical(sum(is.finite(upsample_forward(A, 2)$A)), 32L)
  out <- upsample_forward(A, 2, "bilinear")$A
  expect_true(all(is.finite(out[1, 1, , 1])))
  expect_false(anyNA(out))
})

test_that("what makes no sense is refused", {
  A <- array(0, c(2, 3, 3, 4))
  out <- upsample_forward(A, 2)
  expect_snapshot(error = TRUE, {
    upsample_forward(1:3, 2)
    upsample_forward(A, 0)
    upsample_forward(A, 1.5)
    upsample_forward(A, 2^30)
    upsample_forward(A, 2, "cubic")
    upsample_backward(A, out$cache)
    upsample_backward(out$A, list(dim = 1:3, factor = 2, mode = "nearest"))
    upsample_backward(out$A, out$cache["dim"])
  })
})
