# Sizes around the tiles of the direct engine: 24 or 12 rows of q = n + m * oh, 8, 6, 4, ...
# filters.
tile_case <- function(m, height, width, channels, filters, f, stride = 1, pad = 0, dilation = 1,
                      groups = 1) {
  hparameters <- list(stride = stride, pad = pad, dilation = dilation, groups = groups)
  f <- rep_len(f, 2)
  list(
    A = random_array(m, height, width, channels),
    W = random_array(f, channels / groups, filters),
    b = rnorm(filters),
    hparameters = hparameters,
    dZ = random_array(m, naive_window(c(height, width), f, hparameters)$out, filters)
  )
}

# Both passes by the engine in use, on memory that holds NaN.
both_passes <- function(x) {
  poison_memory(length(x$dZ))
  out <- conv_forward(x$A, x$W, x$b, x$hparameters)
  poison_memory(length(x$A))
  c(out["Z"], conv_backward(x$dZ, out$cache))
}

naive_passes <- function(x) {
  c(list(Z = naive_conv_forward(x$A, x$W, x$b, x$hparameters)),
    naive_conv_backward(x$dZ, x$A, x$W, x$hparameters))
}

expect_passes <- function(actual, expected, tolerance = 1e-12) {
  for (name in names(expected)) expect_close(actual[[name]], expected[[name]], tolerance)
}

test_that("every engine, instruction set and thread count agrees with the loops", {
  set.seed(21)
  cases <- list(
    tile_case(1, 24, 2, 1, 8, 1), tile_case(1, 25, 3, 2, 9, c(2, 1)),
    tile_case(23, 1, 1, 3, 7, 1), tile_case(24, 1, 1, 5, 33, 1),
    tile_case(25, 1, 2, 2, 13, c(1, 2)),
    tile_case(1, 1, 1, 1, 1, 1), tile_case(3, 7, 5, 3, 11, 3, pad = 1),
    tile_case(8, 5, 4, 3, 6, c(3, 2), stride = c(2, 1), pad = "same"),
    tile_case(5, 6, 7, 2, 4, 2, stride = 3, pad = 1), tile_case(2, 7, 7, 2, 3, 1, stride = 4),
    tile_case(2, 9, 8, 2, 3, c(3, 2), dilation = c(3, 2), pad = 2),
    tile_case(2, 11, 9, 2, 5, 3, stride = c(2, 3), dilation = c(3, 2), pad = 3),
    tile_case(3, 17, 16, 2, 5, c(3, 2), stride = c(6, 4), dilation = c(4, 6), pad = c(1, 2)),
    tile_case(9, 14, 13, 3, 5, c(2, 4), stride = c(5, 3), pad = c(4, 1)),
    tile_case(2, 9, 9, 4, 2, 3, stride = 2, dilation = 2, pad = 4),
    tile_case(3, 5, 6, 6, 12, 3, pad = "same", groups = 3),
    tile_case(4, 6, 5, 5, 5, 3, stride = 2, pad = 1, groups = 5),
    tile_case(2, 3, 2, 2, 3, c(3, 2), pad = c(7, 5)), tile_case(50, 3, 4, 2, 3, 2, pad = "same"),
    tile_case(131, 2, 3, 1, 2, c(2, 3), pad = "same", stride = c(1, 2))
  )
  for (x in cases) {
    expected <- naive_passes(x)
    for_each_kernel(function(...) expect_passes(both_passes(x), expected), threads = 1:2)
  }
})

test_that("random geometries agree with the loops in every engine", {
  set.seed(22)
  for (i in 1:15) {
    x <- random_conv()
    x$dZ <- random_array(dim(conv_forward(x$A, x$W, x$b, x$hparameters)$Z))
    expected <- naive_passes(x)
    for_each_kernel(function(...) expect_passes(both_passes(x), expected))
  }
})

# What the loops would take too long for; "blas" has been compared with them above.
large_cases <- function() {
  list(
    tile_case(67, 9, 8, 5, 40, 3, pad = 1),                          # chunks of the batch
    tile_case(4, 7, 6, 150, 35, 3, pad = 1),                         # blocks of channels
    tile_case(64, 1, 1, 784, 130, 1),                                # an affine layer
    tile_case(2, 150, 5, 1, 4, c(140, 3), pad = c(0, 1)),            # more taps than a pass takes
    tile_case(7, 30, 31, 3, 24, 7, stride = 2, pad = 3),
    tile_case(5, 33, 30, 24, 3, 3, stride = c(2, 1), pad = "same", dilation = c(1, 3)),
    tile_case(33, 14, 13, 16, 16, 5, pad = 2, groups = 16)           # one channel a group
  )
}

test_that("engines agree where work is cut into blocks", {
  set.seed(23)
  for (x in large_cases()) {
    former <- convstep_engine("blas")
    expected <- both_passes(x)
    convstep_engine(former)
    for_each_kernel(function(...) expect_passes(both_passes(x), expected), threads = 2,
                    engines = c("auto", "direct"))
  }
})

test_that("the direct engine gives the same bits for any number of threads", {
  set.seed(24)
  for (x in large_cases()) {
    for (set in convstep_simd_sets()) {
      results <- list()
      for_each_kernel(function(engine, set, n) results[[length(results) + 1]] <<- both_passes(x),
                      engines = "direct", sets = set, threads = allowed_threads(c(1, 2, 3, 8)))
      for (result in results[-1]) expect_identical(result, results[[1]])
    }
  }
})

test_that("cells that are not finite go where the loops take them, in every engine", {
  set.seed(25)
  for (i in 1:12) {
    x <- random_conv()
    x$dZ <- random_array(dim(conv_forward(x$A, x$W, x$b, x$hparameters)$Z))
    value <- sample(c(NaN, Inf, -Inf), 1)
    what <- c("A", "W", "dZ")[i %% 3 + 1]
    x[[what]][sample(length(x[[what]]), 1)] <- value
    expected <- naive_passes(x)
    for_each_kernel(function(...) expect_passes(both_passes(x), expected, 1e-10))
  }
})

test_that("an example that is NaN leaves the others alone, and a filter the other filters", {
  set.seed(26)
  x <- tile_case(9, 6, 5, 3, 10, 3, pad = 1)
  for_each_kernel(function(engine, set, n) {
    clean <- both_passes(x)
    spoilt <- x
    spoilt$A[4, , , ] <- NaN
    spoilt$dZ[4, , , ] <- NaN
    result <- both_passes(spoilt)
    expect_true(all(is.nan(result$Z[4, , , ])))
    expect_true(all(is.nan(result$dA_prev[4, , , ])))
    expect_identical(result$Z[-4, , , ], clean$Z[-4, , , ])
    expect_identical(result$dA_prev[-4, , , ], clean$dA_prev[-4, , , ])
    spoilt <- x
    spoilt$W[, , , 7] <- NaN
    expect_close(both_passes(spoilt)$Z[, , , -7], clean$Z[, , , -7], 1e-12)
  })
})

test_that("each gradient alone is that of all together", {
  set.seed(23)
  x <- tile_case(9, 8, 7, 8, 9, 3, pad = 1)
  all <- conv_backward(x$dZ, conv_forward(x$A, x$W, x$b, x$hparameters)$cache)
  window <- rep(1L, 6) # stride, pad and dilation
  for_each_kernel(function(engine, set, threads) {
    for (wanted in list(c(TRUE, FALSE, FALSE), c(FALSE, TRUE, FALSE), c(FALSE, FALSE, TRUE))) {
      alone <- conv_backward_cpp(x$dZ, x$A, x$W, window, 1L, wanted)
      expect_identical(lengths(alone) > 0, setNames(wanted, names(alone)))
      expect_close(alone[[which(wanted)]], all[[which(wanted)]], 1e-12)
    }
  })
})
