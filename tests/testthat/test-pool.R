test_that("an empty batch gives empty results of the right shape", {
  A <- array(0, c(0, 5, 6, 2))
  for (mode in c("max", "average")) {
    out <- pool_forward(A, list(f = 2, stride = 2), mode)
    expect_identical(out$A, array(0, c(0, 2, 3, 2)))
    expect_identical(pool_backward(out$A, out$cache, mode), A)
  }
})

test_that("hand-worked pooling comes out", {
  # 1 3 2
  # 4 4 0
  A <- array(c(1, 4, 3, 4, 2, 0), c(1, 2, 3, 1))
  hp <- list(f = 2, stride = 1)
  expect_identical(as.vector(pool_forward(A, hp)$A), c(4, 4))
  expect_identical(as.vector(pool_forward(A, hp, "average")$A), c(3, 2.25))
  dA <- array(c(10, 20), c(1, 1, 2, 1))
  cache <- pool_forward(A, hp)$cache
  # Both 4s of the left window get its 10; the 4 in the middle also the 20 of the right window.
  expect_identical(pool_backward(dA, cache)[1, , , 1], rbind(0, c(10, 30, 0)))
  expect_identical(pool_backward(dA, cache, ties = "first")[1, , , 1], rbind(0, c(10, 20, 0)))
  expect_identical(pool_backward(dA, cache, "average")[1, , , 1],
                   rbind(c(2.5, 7.5, 5), c(2.5, 7.5, 5)))
})

test_that("the first of equal maxima is found row by row", {
  # The 5 of row 1 comes before that of row 2, though R keeps row 2 first in memory.
  window <- array(c(1, 5, 5, 2), c(1, 2, 2, 1))
  out <- pool_forward(window, list(f = 2, stride = 2))
  one <- array(1, c(1, 1, 1, 1))
  expect_identical(pool_backward(one, out$cache, ties = "first")[1, , , 1], rbind(c(0, 1), 0))
  expect_identical(pool_backward(one, out$cache)[1, , , 1], rbind(c(0, 1), c(1, 0)))
  equal <- pool_forward(array(7, c(1, 3, 3, 1)), list(f = 3, stride = 1))
  expect_identical(sum(pool_backward(one, equal$cache)), 9)
  expect_identical(which(pool_backward(one, equal$cache, ties = "first") == 1), 1L)
})

test_that("padding never wins a maximum and does not count in an average", {
  A <- array(-(1:4), c(1, 2, 2, 1))
  hp <- list(f = 2, stride = 2, pad = 1)
  expect_identical(as.vector(pool_forward(A, hp)$A), -c(1, 2, 3, 4))
  expect_identical(as.vector(pool_forward(A, hp, "average")$A), -c(1, 2, 3, 4))
  out <- pool_forward(A, hp, "average")
  expect_identical(pool_backward(array(1, c(1, 2, 2, 1)), out$cache, "average"),
                   array(1, c(1, 2, 2, 1)))
  # A window that lies wholly in the padding.
  hp <- list(f = 1, stride = 2, pad = 1)
  expect_identical(as.vector(pool_forward(A, hp)$A), c(-Inf, -Inf, -Inf, -4))
  expect_identical(as.vector(pool_forward(A, hp, "average")$A), c(NaN, NaN, NaN, -4))
  for (mode in c("max", "average")) {
    out <- pool_forward(A, hp, mode)
    expect_identical(as.vector(pool_backward(out$A * 0 + NaN, out$cache, mode)),
                     c(0, 0, 0, NaN))
  }
})

test_that("forward and backward agree with the loops, for every set and thread count", {
  set.seed(2)
  cases <- lapply(1:16, function(i) random_pool(ties = i %% 2 == 0))
  for (case in cases) {
    A <- case$A
    hp <- case$hparameters
    expected <- lapply(c(max = "max", average = "average"), naive_pool_forward, A = A,
                       hparameters = hp)
    dZ <- random_array(dim(expected$max))
    gradients <- list(
      all = naive_pool_backward(dZ, A, hp, "max", "all"),
      first = naive_pool_backward(dZ, A, hp, "max", "first"),
      average = naive_pool_backward(dZ, A, hp, "average", "all")
    )
    for_each_kernel(engines = "auto", threads = 2, function(engine, set, n) {
      poison_memory(length(A))
      for (mode in c("max", "average")) {
        expect_close(pool_forward(A, hp, mode)$A, expected[[mode]], 1e-14)
      }
      cache <- list(A_prev = A, hparameters = hp)
      expect_close(pool_backward(dZ, cache), gradients$all, 1e-14)
      expect_close(pool_backward(dZ, cache, ties = "first"), gradients$first, 1e-14)
      expect_close(pool_backward(dZ, cache, "average"), gradients$average, 1e-14)
    })
  }
})

test_that("every kind of geometry is met, with the loops as oracle", {
  set.seed(3)
  cases <- list(
    one_example = list(c(1, 9, 20, 2), list(f = 2, stride = 2)),
    one_channel = list(c(3, 6, 6, 1), list(f = 2, stride = 2)),
    one_cell_window = list(c(3, 5, 4, 2), list(f = 1, stride = 1)),
    one_row = list(c(3, 1, 7, 2), list(f = c(1, 3), stride = 1)),
    one_column = list(c(3, 7, 1, 2), list(f = c(3, 1), stride = 2)),
    global = list(c(5, 4, 6, 3), list(f = c(4, 6), stride = 1)),
    stride_beyond_window = list(c(2, 11, 9, 2), list(f = 2, stride = c(4, 3))),
    overlapping = list(c(2, 9, 9, 2), list(f = 3, stride = 2, pad = 1)),
    cells_left_over = list(c(2, 6, 8, 2), list(f = c(2, 3), stride = c(4, 3))),
    same = list(c(2, 7, 8, 2), list(f = 3, stride = 2, pad = "same")),
    pad_beyond_window = list(c(2, 3, 2, 1), list(f = 2, stride = 1, pad = 4)),
    long_rows = list(c(1, 40, 3, 1), list(f = c(3, 2), stride = 1))
  )
  for (case in cases) {
    A <- random_array(case[[1]])
    for (mode in c("max", "average")) {
      out <- pool_forward(A, case[[2]], mode)
      expect_close(out$A, naive_pool_forward(A, case[[2]], mode), 1e-14)
      dZ <- random_array(dim(out$A))
      expect_close(pool_backward(dZ, out$cache, mode),
                   naive_pool_backward(dZ, A, case[[2]], mode, "all"), 1e-14)
    }
    expect_close(pool_backward(dZ, out$cache, ties = "first"),
                 naive_pool_backward(dZ, A, case[[2]], "max", "first"), 1e-14)
  }
})

test_that("PyTorch gives the same outputs, and gradients where values are equal", {
  cases <- readRDS(test_path("oracle", "layers-pytorch.rds"))$pool
  expect_gt(length(cases), 5)
  for (case in cases) {
    out <- pool_forward(case$A_prev, case$hparameters, case$mode)
    expect_close(out$A, case$A, 1e-14)
    expect_close(pool_backward(case$dA, out$cache, case$mode, ties = "first"), case$dA_prev, 1e-14)
  }
})

test_that("gradients pass central differences", {
  set.seed(4)
  A <- array(sample(100) / 10, c(2, 5, 5, 2))
  hp <- list(f = c(3, 2), stride = c(1, 2), pad = 1)
  for (mode in c("max", "average")) {
    out <- pool_forward(A, hp, mode)
    weights <- random_array(dim(out$A))
    numeric <- numeric_gradient(function(x) pool_forward(x, hp, mode)$A, A, weights)
    expect_close(pool_backward(weights, out$cache, mode), numeric, 1e-7)
    expect_close(pool_backward(weights, out$cache, mode, ties = "first"), numeric, 1e-7)
  }
})

test_that("NA, NaN and infinite values go where the loops take them, and no further", {
  set.seed(5)
  odd <- function(x, count) replace(x, sample(length(x), count), sample(c(NA, NaN, Inf, -Inf), 1))
  for (i in 1:16) {
    case <- random_pool(ties = TRUE)
    hp <- case$hparameters
    A <- odd(case$A, sample(min(3, length(case$A)), 1))
    dZ <- random_array(dim(naive_pool_forward(A, hp, "max")))
    if (i %% 2 == 0) dZ <- odd(dZ, 1)
    for_each_kernel(engines = "auto", function(engine, set, n) {
      for (mode in c("max", "average")) {
        out <- pool_forward(A, hp, mode)
        expect_close(out$A, naive_pool_forward(A, hp, mode), 1e-14)
        expect_close(pool_backward(dZ, out$cache, mode),
                     naive_pool_backward(dZ, A, hp, mode, "all"), 1e-14)
      }
      expect_close(pool_backward(dZ, out$cache, ties = "first"),
                   naive_pool_backward(dZ, A, hp, "max", "first"), 1e-14)
    })
  }
})

test_that("the first NaN of a window takes the gradient, row by row", {
  window <- array(c(1, NaN, NaN, 2), c(1, 2, 2, 1))
  out <- pool_forward(window, list(f = 2, stride = 2))
  one <- array(1, c(1, 1, 1, 1))
  expect_identical(out$A, array(NaN, c(1, 1, 1, 1)))
  expect_identical(pool_backward(one, out$cache, ties = "first")[1, , , 1], rbind(c(0, 1), 0))
  expect_true(all(is.nan(pool_backward(one, out$cache))))
})

test_that("large batches have the same bits for any number of threads", {
  set.seed(6)
  for (hp in list(list(f = 2, stride = 2), list(f = 3, stride = 2, pad = 1))) {
    A <- random_array(33, 40, 41, 3)
    results <- lapply(allowed_threads(1:3), function(n) {
      former <- convstep_threads(n)
      on.exit(convstep_threads(former))
      poison_memory(length(A))
      lapply(c(max = "max", average = "average"), function(mode) {
        out <- pool_forward(A, hp, mode)
        list(out$A, pool_backward(out$A, out$cache, mode),
             pool_backward(out$A, out$cache, mode, ties = "first"))
      })
    })
    expect_identical(results[[2]], results[[1]])
    expect_identical(results[[3]], results[[1]])
    one <- A[33, , , , drop = FALSE]
    expect_identical(results[[1]]$max[[1]][33, , , ], pool_forward(one, hp)$A[1, , , ])
  }
})

test_that("the result is a list with the notebook's cache, and no argument is changed in place", {
  A <- random_array(2, 4, 4, 1)
  before <- A + 0
  hp <- list(f = 2, stride = 2)
  out <- pool_forward(A, hp)
  expect_identical(names(out), c("A", "cache"))
  expect_identical(out$cache, list(A_prev = A, hparameters = hp))
  dA <- out$A + 0
  pool_backward(dA, out$cache)
  expect_identical(dA, out$A)
  expect_identical(A, before)
})

test_that("integers and logicals give what the same doubles give", {
  A <- array(sample(-9:9, 2 * 4 * 4 * 2, TRUE), c(2, 4, 4, 2))
  for (mode in c("max", "average")) {
    out <- pool_forward(A, list(f = 2L, stride = 2L), mode)
    expect_identical(out$A, pool_forward(A + 0, list(f = 2, stride = 2), mode)$A)
    dA <- array(c(TRUE, FALSE), dim(out$A))
    expect_identical(pool_backward(dA, out$cache, mode), pool_backward(dA + 0, out$cache, mode))
  }
})

test_that("the mask marks every maximum", {
  x <- matrix(c(1, 4, 4, 2), 2, dimnames = list(c("a", "b"), NULL))
  expect_identical(create_mask_from_window(x), replace(x * 0, 2:3, 1))
  expect_identical(create_mask_from_window(c(a = 3L, b = 3L, c = 2L)), c(a = 1, b = 1, c = 0))
  expect_identical(create_mask_from_window(matrix(c(1, NA, 3, 3), 2)), matrix(NA_real_, 2, 2))
  expect_identical(create_mask_from_window(c(1, NaN)), c(NA_real_, NA_real_))
  expect_identical(create_mask_from_window(c(Inf, 1, Inf)), c(1, 0, 1))
})

test_that("a value is shared out evenly", {
  expect_identical(distribute_value(2, c(2, 4)), matrix(0.25, 2, 4))
  expect_identical(distribute_value(1L, c(1, 1)), matrix(1))
  expect_identical(distribute_value(NA, c(1, 2)), matrix(NA_real_, 1, 2))
})

test_that("overlapping windows add up where the work is done in several rounds", {
  # Few windows of many cells: the columns of one image are then taken some at a time.
  set.seed(5)
  A <- round(random_array(1, 330, 240, 1), 1)
  hparameters <- list(f = c(300, 200), stride = c(2, 1))
  forward <- pool_forward(A, hparameters)
  dA <- random_array(dim(forward$A))
  cases <- list(c("max", "all"), c("max", "first"), c("average", "all"))
  for (case in cases) {
    expect_close(pool_backward(dA, forward$cache, case[1], case[2]),
                 naive_pool_backward(dA, A, hparameters, case[1], case[2]), 1e-13)
  }
})

test_that("bad arguments are errors that say which, what was expected and what came", {
  A <- random_array(2, 4, 4, 1)
  hp <- list(f = 2, stride = 2)
  cache <- list(A_prev = A, hparameters = hp)
  dA <- array(1, c(2, 2, 2, 1))
  expect_error_snapshot({
    pool_forward(A[, , , 1], hp)
    pool_forward(A, hp, "maximum")
    pool_forward(A, hp, NA)
    pool_forward(A, list(f = 2))
    pool_forward(A, list(f = 5, stride = 1))
    pool_forward(A, list(f = 2, stride = 0))
    pool_forward(A, list(f = 1.5, stride = 1))
    pool_forward(A, list(f = 2, stride = 2, pad = -1))
    pool_forward(A, list(f = 2, stride = 2, dilation = 2))
    pool_backward(dA, list(A))
    pool_backward(dA[, , 1, , drop = FALSE], cache)
    pool_backward(as.vector(dA), cache)
    pool_backward(dA, cache, "mean")
    pool_backward(dA, cache, ties = "last")
    create_mask_from_window("a")
    create_mask_from_window(numeric())
    distribute_value(1:2, c(2, 2))
    distribute_value(1, 4)
    distribute_value(1, c(0, 2))
    distribute_value(1, c(2, 2, 2))
  })
})
