#' Check a gradient by central differences
#'
#' Compares a gradient that was worked out by formula with the slope of the function itself: each
#' entry of `x` is moved a little up and a little down, and the difference of the two values of `f`
#' is divided by the way between.
#'
#' The slope along entry `i` is
#' \deqn{g_i = \frac{f(x + h_i e_i) - f(x - h_i e_i)}{2 h_i}}
#' and its error relative to the analytic gradient `a` is
#' \deqn{r_i = \frac{|a_i - g_i|}{\max(|a_i|, |g_i|, s / 100)}}
#' where `s` is the largest absolute
#' value in `a` and `g`: an entry that nearly vanishes is judged by the scale of its neighbours,
#' because rounding in `f` hides its own. A correct gradient of a smooth function in double
#' precision comes out between 1e-11 and 1e-7. Where `f` has a kink (ReLU at 0, max pooling at a
#' tie) the slopes of both sides are averaged, and a correct one-sided gradient differs.
#'
#' @param f A function whose first argument has the shape of `x` and whose value is one number. To
#'   check a layer, multiply its output by a fixed array and sum, as in the example: that array is
#'   then the gradient that the layer's backward function is given.
#' @param x A numeric vector or array: where to look.
#' @param analytic The gradient to be checked, of the shape of `x`.
#' @param ... More arguments for `f`.
#' @param entries The positions in `x` to check; all by default. `f` is called twice for each.
#' @param step How far to move: one number, or `NULL` for `.Machine$double.eps^(1/3)` times
#'   `max(1, abs(x))`, entry by entry, which balances rounding against curvature.
#' @param tolerance The largest relative error that passes.
#'
#' @return An object of class `gradient_check`, a list of
#'   * `ok`: did every entry pass?
#'   * `error`: the largest relative error; `NaN` if `f` or `analytic` is not finite somewhere;
#'   * `worst`: the position of that entry, one index for each axis of `x`;
#'   * `analytic`, `numeric`: both gradients there, two numbers;
#'   * `entries`: a data frame of all that were checked: `entry` (position in `x`), `analytic`,
#'     `numeric`, `error`;
#'   * `tolerance`: as given.
#'
#' @section Errors:
#' An `f` that is no function or does not return one number, an `x` that is not
#' finite, an `analytic` of another shape, `entries` outside `x`.
#'
#' @references Nocedal, J. and Wright, S. J. (2006). *Numerical Optimization*, 2nd edition, section
#'   8.1: central differences and the choice of the step.
#' @seealso [conv_backward()], [pool_backward()], [affine_backward()], [cross_entropy_backward()]
#' @examples
#' A <- array(rnorm(2 * 5 * 5 * 3), c(2, 5, 5, 3))
#' W <- array(rnorm(3 * 3 * 3 * 2), c(3, 3, 3, 2))
#' hparameters <- list(stride = 1, pad = 1)
#' out <- conv_forward(A, W, b = c(0, 0), hparameters)
#' dZ <- array(rnorm(length(out$Z)), dim(out$Z))
#' gradients <- conv_backward(dZ, out$cache)
#'
#' f <- function(W) sum(conv_forward(A, W, b = c(0, 0), hparameters)$Z * dZ)
#' check_gradient(f, W, gradients$dW)
#' check_gradient(f, W, 2 * gradients$dW)
#' @export
check_gradient <- function(f, x, analytic, ..., entries = NULL, step = NULL, tolerance = 1e-6) {
  if (!is.function(f)) {
    stop_assertion("f", "Must be a function, but is ", describe(f))
  }
  x <- check_numeric(x, "x")
  if (length(x) == 0 || !all(is.finite(x))) {
    stop_assertion("x", "Must have at least one value, all finite, but is ",
                   if (length(x) == 0) "empty" else "not finite everywhere")
  }
  analytic <- check_shape_of(analytic, x)
  entries <- check_entries(entries, length(x))
  if (!is.null(step)) step <- check_positive(step, "step")
  tolerance <- check_positive(tolerance, "tolerance")

  numeric <- vapply(entries, central_difference, 0, f = f, x = x, step = step, ...)
  analytic <- as.vector(analytic)[entries]
  error <- relative_error(analytic, numeric)
  # which.max() passes over NaN, and a gradient that is not finite is the worst there is.
  worst <- if (anyNA(error)) which(is.na(error))[1] else which.max(error)
  structure(
    list(
      ok = !anyNA(error) && all(error <= tolerance),
      error = error[worst],
      worst = index_of(entries[worst], x),
      analytic = analytic[worst],
      numeric = numeric[worst],
      entries = data.frame(entry = entries, analytic = analytic, numeric = numeric, error = error),
      tolerance = tolerance
    ),
    class = "gradient_check"
  )
}

#' @rdname check_gradient
#' @export
print.gradient_check <- function(x, ...) {
  cat(
    "Gradient check ", if (x$ok) "passed" else "FAILED", ": ",
    nrow(x$entries), if (nrow(x$entries) == 1) " entry" else " entries",
    ", largest relative error ", format(x$error, digits = 2),
    " (tolerance ", format(x$tolerance, digits = 2), ")\n",
    "  at [", paste(x$worst, collapse = ", "), "]: analytic ", format(x$analytic, digits = 7),
    ", numeric ", format(x$numeric, digits = 7), "\n",
    sep = ""
  )
  invisible(x)
}

central_difference <- function(entry, f, x, step, ...) {
  if (is.null(step)) step <- .Machine$double.eps^(1 / 3) * max(1, abs(x[entry]))
  up <- down <- x
  up[entry] <- x[entry] + step
  down[entry] <- x[entry] - step
  # The way as it was rounded, not as it was asked for.
  (check_value(f(up, ...)) - check_value(f(down, ...))) / (up[entry] - down[entry])
}

relative_error <- function(analytic, numeric) {
  size <- pmax(abs(analytic), abs(numeric))
  error <- abs(analytic - numeric) / pmax(size, max(0, size[is.finite(size)]) / 100)
  error[which(size == 0)] <- 0
  error
}

index_of <- function(entry, x) {
  if (is.null(dim(x))) entry else as.vector(arrayInd(entry, dim(x)))
}

check_value <- function(value) {
  if (!is_numeric_like(value) || length(value) != 1) {
    stop_assertion("f", "Must return one number, but returned ", describe(value))
  }
  as.vector(value)
}

check_shape_of <- function(analytic, x) {
  analytic <- check_numeric(analytic, "analytic")
  both <- !is.null(dim(analytic)) && !is.null(dim(x))
  if (length(analytic) != length(x) || (both && !identical(dim(analytic), dim(x)))) {
    stop_assertion("analytic", "Must have the shape of 'x', ", describe(x), ", but is ",
                   describe(analytic))
  }
  analytic
}

check_entries <- function(entries, size) {
  if (is.null(entries)) {
    return(seq_len(size))
  }
  if (is.complex(entries) ||
        !checkmate::test_integerish(entries, lower = 1, upper = size, any.missing = FALSE,
                                    min.len = 1)) {
    stop_assertion("entries", "Must be positions in 'x', whole numbers from 1 to ", size,
                   ", but is ", describe(entries))
  }
  as.integer(entries)
}
