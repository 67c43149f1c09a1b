test_that("an empty batch gives an empty array of the right shape", {
  expect_identical(pad3d(array(0, c(0, 3, 4, 2)), 1), array(0, c(0, 5, 6, 2)))
})

test_that("zeros surround each example", {
  expect_identical(
    pad3d(array(c(1, 2, 3, 4), c(1, 2, 2, 1)), 1)[1, , , 1],
    rbind(0, c(0, 1, 3, 0), c(0, 2, 4, 0), 0)
  )
  expect_identical(dim(pad3d(array(1, c(2, 3, 4, 5)))), c(2L, 5L, 6L, 5L))
  expect_identical(pad3d(array(1, c(1, 1, 1, 1)), c(0, 2))[1, 1, , 1], c(0, 0, 1, 0, 0))
  expect_identical(pad3d(array(1, c(1, 1, 1, 1)), c(2, 0))[1, , 1, 1], c(0, 0, 1, 0, 0))
})

test_that("the loops agree, over random extents", {
  set.seed(1)
  for (i in 1:30) {
    input <- random_array(sample(c(1, 2, 5, 9), 1), sample(1:6, 2, TRUE), sample(1:3, 1))
    width <- sample(0:3, 2, TRUE)
    window <- naive_window(dim(input)[2:3], c(1, 1), list(stride = 1, pad = width))
    poison_memory(length(input) * 8)
    expect_identical(pad3d(input, width), naive_pad(input, window))
  }
})

test_that("0 returns the input, NA, NaN and infinite values stay where they are", {
  input <- array(c(1, NA, NaN, Inf, -Inf, 0), c(1, 2, 3, 1))
  expect_identical(pad3d(input, 0), input)
  expect_identical(pad3d(input, 1)[, 2:3, 2:4, , drop = FALSE], input)
})

test_that("any number of threads gives the same, and the input stays as it was", {
  input <- random_array(64, 30, 30, 4)
  before <- input + 0
  padded <- lapply(allowed_threads(1:3), function(n) {
    former <- convstep_threads(n)
    on.exit(convstep_threads(former))
    poison_memory(64 * 36 * 36 * 4)
    pad3d(input, 3)
  })
  expect_identical(padded[[2]], padded[[1]])
  expect_identical(padded[[3]], padded[[1]])
  expect_identical(padded[[1]][, 4:33, 4:33, ], input)
  expect_equal(sum(padded[[1]] != 0), sum(input != 0))
  expect_identical(input, before)
})

test_that("integers and logicals are taken as doubles", {
  expect_identical(pad3d(array(1:4, c(1, 2, 2, 1)), 1L), pad3d(array(1:4 + 0, c(1, 2, 2, 1)), 1))
  expect_identical(pad3d(array(NA, c(1, 1, 1, 1)), 0), array(NA_real_, c(1, 1, 1, 1)))
})

test_that("bad arguments are errors that say which, what was expected and what came", {
  input <- array(1, c(1, 2, 2, 1))
  expect_error_snapshot({
    pad3d(matrix(1, 2, 2), 1)
    pad3d("a", 1)
    pad3d(array(1, c(1, 0, 2, 1)), 1)
    pad3d(input, -1)
    pad3d(input, 0.5)
    pad3d(input, NA)
    pad3d(input, 1:3)
    pad3d(input, "same")
    pad3d(input, 2^30)
  })
})
