test_that("hand-worked values come out", {
  A <- array(c(1, 3, 5, 7, 0, 0, 4, 4), c(1, 2, 2, 2))
  out <- groupnorm_forward(A, c(1, 2), c(0, 10), groups = 2, epsilon = 4)
  expect_equal(as.vector(out$Z), c(c(-3, -1, 1, 3) / 3, 10 + c(-4, -4, 4, 4) / sqrt(8)))
  expect_identical(out$cache$mean, matrix(c(4, 2), 1))
  expect_identical(out$cache$variance, matrix(c(5, 4), 1))
  one <- layernorm_forward(A, c(1, 2), c(0, 10), epsilon = 4)
  expect_identical(one$Z, groupnorm_forward(A, c(1, 2), c(0, 10), 1, 4)$Z)
  pixels <- layernorm_forward(A, c(1, 1), c(0, 0), over = "channels", epsilon = 1)
  expect_equal(pixels$Z[1, 2, 1, ], c(1.5, -1.5) / sqrt(3.25))
})

test_that("the definitions agree, forwards and backwards, for every shape of batch and set", {
  set.seed(6)
  cases <- list(list(c(3, 5, 4, 6), 2), list(c(1, 9, 7, 4), 1), list(c(2, 1, 3, 2), 2),
                list(c(9, 8), 4), list(c(70, 3, 5, 3), 3), list(c(2, 40, 10, 2), 1),
                list(c(1030, 4), 2), list(c(300, 1, 3, 2), 1))
  for (case in cases) {
    A <- array(rnorm(prod(case[[1]]), 5, 3), case[[1]])
    dZ <- array(rnorm(length(A)), dim(A))
    channels <- dim(A)[length(dim(A))]
    gamma <- rnorm(channels)
    beta <- rnorm(channels)
    small <- length(A) < 1500
    for (over in c("example", "channels")) {
      groups <- if (over == "channels") 1 else case[[2]]
      expected <- naive_groupnorm(A, gamma, beta, groups, over, 1e-3)
      back <- if (small) {
        naive_groupnorm_backward(dZ, A, gamma, expected$mean, expected$variance, groups, over, 1e-3)
      }
      for_each_kernel(engines = "auto", threads = 1:2, function(engine, set, n) {
        poison_memory(length(A))
        out <- if (over == "channels") {
          layernorm_forward(A, gamma, beta, over, 1e-3)
        } else {
          groupnorm_forward(A, gamma, beta, groups, 1e-3)
        }
        expect_close(out$Z, expected$Z, 1e-13)
        expect_close(out$cache$mean, expected$mean, 1e-14)
        expect_close(out$cache$variance, expected$variance, 1e-13)
        gradients <- groupnorm_backward(dZ, out$cache)
        for (name in names(back)) expect_close(gradients[[name]], back[[name]], 1e-11)
      })
    }
  }
})

test_that("any number of threads gives the same bits", {
  set.seed(7)
  A <- random_array(20, 30, 20, 8)
  run <- function(threads) {
    former <- convstep_threads(threads)
    on.exit(convstep_threads(former))
    out <- groupnorm_forward(A, 1:8, 8:1, 4)
    list(out, groupnorm_backward(A, out$cache), layernorm_forward(A, 1:8, 8:1, "channels"))
  }
  one <- run(1)
  expect_identical(run(2), one)
  expect_identical(run(3), one)
})

test_that("PyTorch gives the same outputs and gradients", {
  for (case in readRDS(test_path("oracle", "modern-pytorch.rds"))$norm) {
    out <- if (case$over == "channels") {
      layernorm_forward(case$A, case$gamma, case$beta, "channels", 1e-3)
    } else {
      groupnorm_forward(case$A, case$gamma, case$beta, case$groups, 1e-3)
    }
    expect_close(out$Z, case$Z, 1e-13)
    gradients <- groupnorm_backward(case$dZ, out$cache)
    expect_close(gradients$dA_prev, case$dA, 1e-12)
    expect_close(gradients$dgamma, case$dgamma, 1e-12)
    expect_close(gradients$dbeta, case$dbeta, 1e-12)
  }
})

test_that("examples do not see each other, and an empty batch is empty", {
  A <- random_array(5, 3, 3, 4)
  bad <- A
  bad[2, , , ] <- NaN
  out <- groupnorm_forward(A, 1:4, 1:4, 2)
  expect_identical(groupnorm_forward(bad, 1:4, 1:4, 2)$Z[-2, , , ], out$Z[-2, , , ])
  expect_identical(groupnorm_forward(A[4, , , , drop = FALSE], 1:4, 1:4, 2)$Z[1, , , ],
                   out$Z[4, , , ])
  none <- array(0, c(0, 3, 3, 2))
  out <- groupnorm_forward(none, 1:2, 1:2, 2)
  expect_identical(out$Z, none)
  expect_identical(groupnorm_backward(none, out$cache),
                   list(dA_prev = none, dgamma = c(0, 0), dbeta = c(0, 0)))
})

test_that("what makes no sense is refused", {
  A <- array(0, c(2, 3, 3, 4))
  out <- groupnorm_forward(A, 1:4, 1:4, 2)
  expect_snapshot(error = TRUE, {
    groupnorm_forward(1:3, 1, 1, 1)
    groupnorm_forward(A, 1:4, 1:4, 3)
    groupnorm_forward(A, 1:4, 1:4, 0)
    groupnorm_forward(A, 1:3, 1:4, 2)
    groupnorm_forward(A, 1:4, 1:4, 2, epsilon = 0)
    layernorm_forward(A, 1:4, 1:4, over = "batch")
    groupnorm_backward(A[, , , 1], out$cache)
    groupnorm_backward(A, replace(out$cache, "groups", 4))
    groupnorm_backward(A, replace(out$cache, "over", "channels"))
    groupnorm_backward(A, out$cache["A_prev"])
  })
})
