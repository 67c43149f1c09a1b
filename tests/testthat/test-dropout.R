test_that("empty input gives empty output", {
  out <- dropout_forward(array(0, c(0, 3)), 0.5)
  expect_identical(out$A, array(0, c(0, 3)))
  expect_identical(dropout_backward(out$A, out$cache), out$A)
})

test_that("kept cells are scaled, dropped ones are 0, forward and backward", {
  set.seed(1)
  A <- random_array(5, 4, 3, 2)
  dA <- random_array(5, 4, 3, 2)
  for_each_kernel(engines = "auto", function(engine, set, n) {
    poison_memory(length(A))
    out <- dropout_forward(A, 0.2)
    mask <- out$cache$mask
    expect_true(any(mask) && !all(mask))
    expect_equal(out$A, A * mask / 0.8, tolerance = 1e-15)
    expect_equal(dropout_backward(dA, out$cache), dA * mask / 0.8, tolerance = 1e-15)
    expect_identical(names(out$cache), c("mask", "rate"))
  })
})

test_that("the share of dropped cells is the rate, without a pattern", {
  set.seed(2)
  for (rate in c(0.01, 0.25, 0.5, 0.9)) {
    mask <- dropout_forward(matrix(1, 1000, 200), rate)$cache$mask
    # Four standard errors.
    expect_lt(abs(mean(!mask) - rate), 4 * sqrt(rate * (1 - rate) / 2e5))
    expect_gt(chisq.test(colSums(!mask), p = rep(1 / 200, 200))$p.value, 1e-4)
    expect_lt(abs(cor(mask[-1], mask[-length(mask)])), 4 / sqrt(2e5))
  }
  first <- dropout_forward(rep(1, 1e4), 0.5)$cache$mask
  second <- dropout_forward(rep(1, 1e4), 0.5)$cache$mask
  expect_lt(abs(cor(first, second)), 0.04)
})

test_that("SplitMix64 decides, by place", {
  # Its published first outputs for the seed 1234567: 6457827717110365317 and
  # 3203168211198807973; as fractions of 2^64 these are 0.3501 and 0.1736.
  draws <- c(0, 1234567.5 / 2^32)
  at <- function(rate) convstep:::dropout_forward_cpp(c(1, 1), rate, draws)$mask
  fractions <- c(6457827717110365317, 3203168211198807973) / 2^64
  expect_identical(at(fractions[1] - 1e-9), c(TRUE, FALSE))
  expect_identical(at(fractions[1] + 1e-9), c(FALSE, FALSE))
  expect_identical(at(fractions[2] - 1e-9), c(TRUE, TRUE))
})

test_that("set.seed() makes it repeatable, for any set and number of threads", {
  A <- rep(1, 1e5)
  masks <- list()
  for_each_kernel(engines = "auto", threads = allowed_threads(1:3), function(engine, set, n) {
    set.seed(3)
    masks[[length(masks) + 1]] <<- dropout_forward(A, 0.3)
  })
  for (mask in masks) expect_identical(mask, masks[[1]])
  expect_false(identical(dropout_forward(A, 0.3), masks[[1]]))
})

test_that("without training nothing happens, to R's generator neither", {
  set.seed(4)
  A <- random_array(2, 3)
  seed <- .Random.seed
  out <- dropout_forward(A, 0.5, training = FALSE)
  expect_identical(out, list(A = A, cache = list(mask = NULL, rate = 0.5)))
  expect_identical(dropout_backward(A, out$cache), A)
  expect_identical(.Random.seed, seed)
  expect_identical(dropout_forward(A, 0)$A, A)
})

test_that("NA and NaN pass, attributes are kept, nothing is changed in place", {
  A <- matrix(c(NA, NaN, 1:98), 10, dimnames = list(NULL, letters[1:10]))
  before <- A + 0
  for (i in 1:5) {
    out <- dropout_forward(A, 0.5)
    expect_identical(which(is.na(out$A)), 1:2)
  }
  expect_identical(attributes(out$A), attributes(A))
  expect_identical(attributes(out$cache$mask), attributes(A))
  expect_identical(A, before)
})

test_that("bad arguments are errors that say which, what was expected and what came", {
  cache <- dropout_forward(1:4, 0.5)$cache
  expect_error_snapshot({
    dropout_forward("a", 0.5)
    dropout_forward(1, 1)
    dropout_forward(1, -0.1)
    dropout_forward(1, NA)
    dropout_forward(1, c(0.1, 0.2))
    dropout_forward(1, 0.5, training = 1)
    dropout_backward(1:3, cache)
    dropout_backward(1, list(1))
    dropout_backward(1, list(mask = 1, rate = 0.5))
    dropout_backward(1, list(mask = NA, rate = 0.5))
    dropout_backward(1, list(mask = TRUE, rate = 2))
  })
})
