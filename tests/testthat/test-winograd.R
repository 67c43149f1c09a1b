# Sizes around the tiles of F(4, 3), F(6, 3), F(2, 5) and F(4, 5), and around a vector of examples.
winograd_case <- function(f, m, height, width, channels, filters, pad, groups = 1) {
  hparameters <- list(stride = 1, pad = pad, groups = groups)
  A <- random_array(m, height, width, channels)
  W <- random_array(f, f, channels / groups, filters)
  dZ <- random_array(m, naive_window(c(height, width), c(f, f), hparameters)$out, filters)
  list(A = A, W = W, b = rnorm(filters), hparameters = hparameters, dZ = dZ)
}

expect_oracle <- function(x, expected, tolerance = 1e-12) {
  poison_memory(length(x$dZ))
  out <- conv_forward(x$A, x$W, x$b, x$hparameters)
  expect_close(out$Z, expected$Z, tolerance)
  poison_memory(length(x$A))
  gradients <- conv_backward(x$dZ, out$cache)
  for (name in c("dA_prev", "dW", "db")) {
    expect_close(gradients[[name]], expected[[name]], tolerance)
  }
}

naive_both <- function(x) {
  c(list(Z = naive_conv_forward(x$A, x$W, x$b, x$hparameters)),
    naive_conv_backward(x$dZ, x$A, x$W, x$hparameters))
}

by_engine <- function(x, engine) {
  former <- convstep_engine(engine)
  on.exit(convstep_engine(former))
  out <- conv_forward(x$A, x$W, x$b, x$hparameters)
  c(out["Z"], conv_backward(x$dZ, out$cache))
}

test_that("winograd agrees with the loops at sizes around its tiles", {
  set.seed(1)
  cases <- list(
    winograd_case(3, 1, 3, 3, 1, 1, 0), winograd_case(3, 2, 1, 1, 2, 3, 1),
    winograd_case(3, 3, 4, 5, 5, 2, 1), winograd_case(3, 8, 5, 4, 3, 9, 1),
    winograd_case(3, 9, 6, 7, 2, 8, 1), winograd_case(3, 7, 8, 6, 4, 7, c(0, 2)),
    winograd_case(3, 17, 9, 3, 1, 5, 2), winograd_case(3, 2, 7, 13, 9, 3, "same"),
    winograd_case(3, 5, 3, 11, 2, 17, "valid"), winograd_case(3, 1, 23, 2, 3, 4, 1),
    winograd_case(3, 3, 2, 3, 2, 2, 7), winograd_case(3, 4, 6, 6, 6, 9, 1, groups = 3),
    winograd_case(5, 1, 5, 5, 1, 1, 0), winograd_case(5, 8, 4, 4, 3, 5, 2),
    winograd_case(5, 3, 8, 9, 2, 9, 2), winograd_case(5, 9, 6, 3, 5, 2, 2),
    winograd_case(5, 2, 7, 10, 4, 3, c(4, 0)), winograd_case(5, 1, 2, 17, 2, 3, 2),
    winograd_case(5, 2, 2, 2, 2, 2, 9), winograd_case(5, 3, 6, 5, 4, 4, "same", groups = 2)
  )
  for (x in cases) {
    expected <- naive_both(x)
    for_each_kernel(function(...) expect_oracle(x, expected), engines = "winograd")
  }
})

test_that("winograd agrees with the engine \"blas\" where there are many blocks of all kinds", {
  set.seed(2)
  cases <- list(
    winograd_case(3, 40, 19, 21, 20, 26, 1),      # many blocks of tiles, chunks of their sums
    winograd_case(3, 3, 30, 31, 7, 40, 1),        # F(6, 3)
    winograd_case(5, 13, 15, 18, 33, 19, 2),      # F(4, 5)
    winograd_case(5, 31, 2, 2, 12, 12, 2),        # F(2, 5)
    winograd_case(3, 2, 5, 4, 400, 405, 1)        # transformed filters in several parts
  )
  for (x in cases) {
    expected <- by_engine(x, "blas")
    for_each_kernel(function(...) expect_oracle(x, expected), engines = "winograd")
  }
})

test_that("winograd gives the same bits for any number of threads", {
  set.seed(3)
  for (x in list(winograd_case(3, 24, 22, 23, 17, 29, 1), winograd_case(5, 21, 14, 13, 9, 40, 2))) {
    for (set in convstep_simd_sets()) {
      results <- list()
      for_each_kernel(function(engine, set, n) results[[n]] <<- by_engine(x, engine),
                      engines = "winograd", sets = set, threads = c(1, 2, 3, 8))
      for (n in c(2, 3, 8)) expect_identical(results[[n]], results[[1]])
    }
  }
})

test_that("inputs may lie at any address", {
  set.seed(4)
  x <- winograd_case(3, 8, 9, 8, 3, 5, 1)
  expected <- naive_both(x)
  # R's vectors begin 16 bytes apart; small ones lie where the one before has ended.
  for (i in 1:8) {
    gap <- rep(0, 2 * i)
    x$A <- x$A + 0
    x$dZ <- x$dZ + 0
    for_each_kernel(function(...) expect_oracle(x, expected), engines = "winograd")
    expect_length(gap, 2 * i)
  }
})

test_that("NaN and infinite values go in winograd where the loops take them", {
  set.seed(5)
  values <- c(NA, NaN, Inf, -Inf)
  for (f in c(3, 5)) {
    for (what in c("A", "dZ", "W")) {
      for (pad in c(0, 2)) {
        x <- winograd_case(f, 9, 7, 8, 3, 4, pad)
        at <- sample(length(x[[what]]), 2)
        x[[what]][at] <- sample(values, 2)
        expected <- naive_both(x)
        for_each_kernel(function(...) expect_oracle(x, expected), engines = "winograd")
      }
    }
  }
})

test_that("overflow within a tile is not seen where the sums are finite", {
  set.seed(6)
  x <- winograd_case(3, 3, 6, 6, 2, 3, 1)
  x$A[2, 3, 3, 1] <- 1.5e308
  x$W[] <- x$W / 100
  x$dZ[] <- x$dZ / 100
  expected <- naive_both(x)
  expect_true(all(is.finite(expected$Z)))
  for_each_kernel(function(...) expect_oracle(x, expected), engines = "winograd")
})

test_that("a NaN in one example leaves every bit of the others' outputs", {
  set.seed(7)
  x <- winograd_case(3, 11, 9, 10, 4, 5, 1)
  for_each_kernel(function(...) {
    clean <- by_engine(x, "winograd")
    y <- x
    y$A[5, 4, 4, 2] <- NaN
    y$dZ[7, 1, 1, 3] <- Inf
    odd <- by_engine(y, "winograd")
    expect_identical(odd$Z[-5, , , ], clean$Z[-5, , , ])
    expect_identical(odd$dA_prev[-7, , , ], clean$dA_prev[-7, , , ])
  }, engines = "winograd")
})

test_that("winograd's error stays below 1e-13 of the largest output", {
  set.seed(8)
  for (x in list(winograd_case(3, 8, 16, 16, 64, 16, 1), winograd_case(3, 8, 18, 18, 64, 16, 1),
                 winograd_case(5, 8, 14, 14, 64, 16, 2), winograd_case(5, 8, 6, 6, 64, 16, 2))) {
    expected <- by_engine(x, "blas")
    for_each_kernel(function(...) expect_oracle(x, expected, 1e-13), engines = "winograd")
  }
})

test_that("what winograd cannot do is done by another engine", {
  set.seed(9)
  for (hp in list(list(stride = 2, pad = 1), list(stride = 1, pad = 1, dilation = 2))) {
    x <- list(A = random_array(2, 7, 7, 2), W = random_array(3, 3, 2, 3), b = rnorm(3),
              hparameters = hp)
    x$dZ <- random_array(dim(naive_conv_forward(x$A, x$W, x$b, hp)))
    expected <- naive_both(x)
    for_each_kernel(function(...) expect_oracle(x, expected), engines = "winograd")
  }
})
