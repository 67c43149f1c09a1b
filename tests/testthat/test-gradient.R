test_that("a correct gradient passes", {
  x <- c(0.3, -1.2, 2.5)
  check <- check_gradient(function(x) sum(sin(x) * x), x, sin(x) + x * cos(x))
  expect_true(check$ok)
  expect_lt(check$error, 1e-9)
  expect_equal(check$entries$entry, 1:3)
  expect_equal(check$entries$numeric, sin(x) + x * cos(x), tolerance = 1e-9)
})

test_that("of a quadratic the central difference is exact but for rounding", {
  x <- matrix(c(1, -2, 3, 0.5, 0, 10), 2)
  check <- check_gradient(function(x) sum(x^2), x, 2 * x, step = 0.25)
  expect_equal(check$error, 0)
})

test_that("one wrong entry is found, and where it is", {
  x <- array(rnorm(24), c(2, 3, 4))
  analytic <- 2 * x
  analytic[2, 1, 3] <- analytic[2, 1, 3] + 0.01
  check <- check_gradient(function(x) sum(x^2), x, analytic)
  expect_false(check$ok)
  expect_equal(check$worst, c(2, 1, 3))
  expect_equal(check$analytic, analytic[2, 1, 3])
  expect_equal(check$numeric, 2 * x[2, 1, 3], tolerance = 1e-8)
})

test_that("a factor, a sign, an axis and a small entry do not slip through", {
  W <- matrix(1:4 / 3, 2)
  f <- function(x) sum((x %*% W)^3)
  x <- matrix(c(0.2, 1, -0.7, 0.4), 2)
  analytic <- (3 * (x %*% W)^2) %*% t(W)
  passes <- function(gradient) check_gradient(f, x, gradient)$ok
  expect_true(passes(analytic))
  expect_false(passes(9 * analytic))
  expect_false(passes(-analytic))
  expect_false(passes(t(analytic)))
  # The second entry is a ten-thousandth of the first, and wrong by half.
  g <- function(x) 1e4 * x[1] + x[2]
  expect_true(check_gradient(g, c(0, 0), c(1e4, 1))$ok)
  small <- check_gradient(g, c(0, 0), c(1e4, 1.5))
  expect_false(small$ok)
  expect_equal(small$worst, 2)
})

test_that("the relative error is the difference over the larger of the two", {
  check <- check_gradient(function(x) 2 * x, 1, 2.5)
  expect_equal(check$error, 0.5 / 2.5, tolerance = 1e-8)
  expect_equal(check_gradient(function(x) 0, 1:3, c(0, 0, 0))$error, 0)
})

test_that("what is not finite fails", {
  for (value in c(NaN, NA, Inf)) {
    check <- check_gradient(function(x) sum(x), 1:3, c(1, value, 1))
    expect_false(check$ok)
    expect_equal(check$worst, 2)
    expect_equal(check$entries$error[-2], c(0, 0), tolerance = 1e-9)
  }
  check <- check_gradient(function(x) log(x[1]) + x[2], c(-1, 1), c(-1, 1)) |> suppressWarnings()
  expect_false(check$ok)
  expect_identical(check$error, NaN)
  expect_equal(check$worst, 1)
})

test_that("a correct gradient that is small beside f passes", {
  x <- c(1, -0.5, 2)
  f <- function(x) 2.3 + 1e-5 * sum(x^2)
  check <- check_gradient(f, x, 2e-5 * x)
  expect_true(check$ok)
  expect_false(any(check$entries$undecided))
  expect_false(check_gradient(f, x, 2.01e-5 * x)$ok)
  # Below the rounding of f nothing can be told.
  f <- function(x) 2.3e6 + 1e-5 * sum(x^2)
  check <- check_gradient(f, x, 2e-5 * x)
  expect_true(check$ok)
  expect_identical(check$entries$undecided, rep(TRUE, 3))
  expect_identical(check$error, 0)
  expect_output(print(check), "too small to tell: 3 entries")
  # But what would show is seen.
  expect_false(check_gradient(f, x, 2e-5 * x + c(0, 0, 0.1))$ok)
  # One of several.
  f <- function(x) 2.3e9 + 1e3 * x[1] - 1e-3 * x[2]
  check <- check_gradient(f, c(1, 1), c(1e3, 1e-3), tolerance = 1e-5)
  expect_true(check$ok)
  expect_identical(check$entries$undecided, c(FALSE, TRUE))
  expect_identical(check$worst, 1L)
})

test_that("a gradient of zeros passes where the slope is rounding alone, and only there", {
  x <- c(0.3, -1.2, 2.5, 0.7)
  constant <- function(x) sum(softmax(x)$probs) + 3
  expect_true(check_gradient(constant, x, 0 * x)$ok)
  expect_true(check_gradient(constant, x, 0 * x, step = 1e-7)$ok)
  expect_false(check_gradient(constant, x, c(0, 0, 1e-6, 0))$ok)
  expect_false(check_gradient(function(x) 3 + 1e-4 * x[2], x, 0 * x)$ok)
})

test_that("an x near 0, where f bends sharply, is moved by less", {
  for (x in c(1e-3, 1e-5, 1e-8)) {
    # A step beyond 0 is the first that is tried, and log() says so.
    expect_true(suppressWarnings(check_gradient(log, x, 1 / x))$ok)
    expect_false(suppressWarnings(check_gradient(log, x, 1.001 / x))$ok)
    expect_true(check_gradient(function(x) -1 / x, x, 1 / x^2)$ok)
  }
  # A function that refuses what lies outside.
  root <- function(x) if (any(x <= 0)) stop("negative") else sum(sqrt(x))
  expect_true(check_gradient(root, c(1e-4, 2), 0.5 / sqrt(c(1e-4, 2)))$ok)
  # A corner close by.
  expect_true(check_gradient(function(x) sum(relu(x)$A), c(1e-7, -1e-7, 1), c(1, 0, 1))$ok)
})

test_that("a wrong gradient is found without many more values of f", {
  calls <- 0
  f <- function(x) {
    calls <<- calls + 1
    sum(x^2)
  }
  expect_false(check_gradient(f, as.double(1:50), 3 * (1:50))$ok)
  expect_lt(calls, 2 * 50 + 40)
})

test_that("arguments of f may have any names but those of check_gradient()", {
  f <- function(x, e, X, FUN, i, h, value) e * sum(x^2) + X + FUN + i + h + value
  expect_true(check_gradient(f, 1:3, 4 * (1:3), e = 2, X = 0, FUN = 0, i = 0, h = 0, value = 0)$ok)
})

test_that("only the entries asked for are checked, and f gets its further arguments", {
  calls <- 0
  f <- function(x, power) {
    calls <<- calls + 1
    sum(x^power)
  }
  x <- as.double(1:10)
  check <- check_gradient(f, x, c(3 * x[1:9]^2, 0), power = 3, entries = c(2, 9))
  expect_true(check$ok)
  expect_equal(calls, 4)
  expect_equal(check$entries$entry, c(2, 9))
  expect_false(check_gradient(f, x, c(3 * x[1:9]^2, 0), power = 3, entries = 10)$ok)
})

test_that("a large x is moved by a step of its own scale", {
  x <- c(1e8, 1e-8)
  expect_true(check_gradient(function(x) sum(x^2) / 1e8, x, 2 * x / 1e8)$ok)
})

test_that("the result can be printed and saved", {
  x <- matrix(c(1, 2, 3, 4), 2)
  good <- check_gradient(function(x) sum(x^2), x, 2 * x, step = 0.5)
  bad <- check_gradient(function(x) sum(x^2), x, 3 * x, step = 0.5)
  expect_snapshot({
    print(good)
    print(bad)
    print(check_gradient(function(x) 2 * x, 1, 2, step = 0.5))
  })
  file <- tempfile(fileext = ".rds")
  on.exit(unlink(file))
  saveRDS(bad, file)
  expect_identical(readRDS(file), bad)
})

test_that("arguments that do not fit are errors", {
  expect_snapshot(error = TRUE, {
    check_gradient("sum", 1, 1)
    check_gradient(sum, "a", 1)
    check_gradient(sum, numeric(), numeric())
    check_gradient(sum, c(1, NA), c(1, 1))
    check_gradient(sum, 1:3, 1:2)
    check_gradient(sum, matrix(1:6, 2), matrix(1, 3, 2))
    check_gradient(sum, 1:3, letters[1:3])
    check_gradient(range, 1:3, c(1, 1, 1))
    check_gradient(sum, 1:3, c(1, 1, 1), entries = 4)
    check_gradient(sum, 1:3, c(1, 1, 1), entries = integer())
    check_gradient(sum, 1:3, c(1, 1, 1), entries = complex(real = -1))
    check_gradient(sum, 1:3, c(1, 1, 1), step = 0)
    check_gradient(sum, 1:3, c(1, 1, 1), tolerance = NA)
  })
})
