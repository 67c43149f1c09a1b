# The losses of a batch in training.

test_that("shares of the classes have the loss of their definition, and its gradient", {
  set.seed(1)
  Z <- matrix(rnorm(5 * 4, sd = 3), 5)
  q <- matrix(rexp(5 * 4), 5)
  q <- q / rowSums(q)
  q[2, ] <- c(0, 1, 0, 0)
  for (weights in list(NULL, c(0.5, 2, 1, 3))) {
    w <- if (is.null(weights)) rep(1, 4) else weights
    definition <- function(Z) {
      P <- exp(Z) / rowSums(exp(Z))
      sum(-log(P) * q * rep(w, each = 5))
    }
    loss <- softmax_loss(Z, q, weights, gradient = TRUE)
    expect_equal(loss$sum, definition(Z), tolerance = 1e-13)
    expect_identical(softmax_loss(Z, q, weights, gradient = FALSE),
                     list(sum = loss$sum, correct = loss$correct, dZ = NULL))
    expect_equal(loss$correct, sum(max.col(Z, "first") == max.col(q, "first")))
    slopes <- vapply(seq_along(Z), function(i) {
      step <- replace(0 * Z, i, 1e-5)
      (definition(Z + step) - definition(Z - step)) / 2e-5
    }, 0)
    expect_equal(as.vector(loss$dZ), slopes, tolerance = 1e-8)
    # Whole shares are classes.
    y <- c(3L, 1L, 4L, 4L, 2L)
    expect_equal(softmax_loss(Z, diag(4)[y, ], weights, TRUE), softmax_loss(Z, y, weights, TRUE),
                 tolerance = 1e-14)
  }
  far <- softmax_loss(cbind(0, 1000, -Inf), cbind(0.5, 0.5, 0), NULL, gradient = TRUE)
  expect_identical(far, list(sum = 500, correct = 0, dZ = cbind(-0.5, 0.5, 0)))
})
