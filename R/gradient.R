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
#' A value of `f` is rounded to some \eqn{\epsilon |f|}, with \eqn{\epsilon} 2.2e-16, so that a
#' slope is known to \eqn{8 \epsilon |f| / h_i}, to be on the safe side. An entry that differs by
#' more than `tolerance`, but by less than that, is neither right nor wrong: it is too small to
#' tell. And where `f` bends sharply, as a logarithm does near 0, the step is too long. So an entry
#' that does not pass is tried again with steps from 100 times to a hundred-millionth of the first,
#' of which the one counts whose slope agrees best with its neighbour's; the worst entry first,
#' until one is confirmed wrong.
#'
#' @param f A function whose first argument has the shape of `x` and whose value is one number. To
#'   check a layer, multiply its output by a fixed array and sum, as in the example: that array is
#'   then the gradient that the layer's backward function is given.
#' @param x A numeric vector or array: where to look.
#' @param analytic The gradient to be checked, of the shape of `x`.
#' @param ... More arguments for `f`, by names other than those of the arguments here.
#' @param entries The positions in `x` to check; all by default. `f` is called twice for each, and
#'   22 times more for one that is tried again.
#' @param step How far to move: one number, or `NULL` for `.Machine$double.eps^(1/3)` times
#'   `max(1, abs(x))`, entry by entry, which balances rounding against curvature, and other steps
#'   for entries that do not pass.
#' @param tolerance The largest relative error that passes.
#'
#' @return An object of class `gradient_check`, a list of
#'   * `ok`: did every entry pass that is large enough to tell?
#'   * `error`: the largest relative error of such an entry (0 if there is none); `NaN` if `f` or
#'     `analytic` is not finite somewhere;
#'   * `worst`: the position of that entry, one index for each axis of `x`;
#'   * `analytic`, `numeric`: both gradients there, two numbers;
#'   * `entries`: a data frame of all that were checked: `entry` (position in `x`), `analytic`,
#'     `numeric`, `error`, and `undecided`: is it too small to tell?
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

  value <- function(x) check_value(f(x, ...))
  slopes <- measure_slopes(value, x, as.vector(analytic)[entries], entries, step, tolerance)
  error <- ifelse(slopes$undecided, 0, slopes$error)
  # which.max() passes over NaN, and a gradient that is not finite is the worst there is.
  worst <- if (anyNA(error)) which(is.na(error))[1] else which.max(error)
  structure(
    list(
      ok = !anyNA(error) && all(error <= tolerance),
      error = error[worst],
      worst = index_of(entries[worst], x),
      analytic = slopes$analytic[worst],
      numeric = slopes$numeric[worst],
      entries = slopes,
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
  undecided <- sum(x$entries$undecided)
  if (undecided > 0) {
    cat("  too small to tell: ", undecided, if (undecided == 1) " entry" else " entries",
        ", hidden by the rounding of f\n", sep = "")
  }
  invisible(x)
}

# The table of entries, a row each.
measure_slopes <- function(value, x, analytic, entries, step, tolerance) {
  steps <- if (is.null(step)) .Machine$double.eps^(1 / 3) * pmax(1, abs(x[entries])) else
    rep(step, length(entries))
  slopes <- mapply(central_difference, entries, steps, MoreArgs = list(value = value, x = x))
  refined <- rep(!is.null(step), length(entries))
  tries <- 0
  repeat {
    error <- relative_error(analytic, slopes["slope", ])
    off <- is.na(error) | error > tolerance
    undecided <- off & is.finite(error) & abs(analytic - slopes["slope", ]) <= slopes["doubt", ]
    wrong <- off & !undecided
    if (any(wrong & refined)) break # confirmed
    open <- which(if (any(wrong)) wrong else undecided & !refined)
    if (length(open) == 0 || tries == most_undecided && !any(wrong)) break
    worst <- open[which.max(ifelse(is.na(error[open]), Inf, error[open]))]
    slopes[, worst] <- best_slope(value, x, entries[worst], steps[worst])
    refined[worst] <- TRUE
    tries <- tries + !any(wrong)
  }
  data.frame(entry = entries, analytic = analytic, numeric = slopes["slope", ], error = error,
             undecided = undecided)
}

# So many entries, of those too small to tell, are tried again with other steps: a gradient of a
# million zeros is not worth more.
most_undecided <- 100

# The slope along an entry, and how far rounding may have moved it.
central_difference <- function(entry, step, value, x) {
  up <- down <- x
  up[entry] <- x[entry] + step
  down[entry] <- x[entry] - step
  above <- value(up)
  below <- value(down)
  # The way as it was rounded, not as it was asked for.
  way <- up[entry] - down[entry]
  c(slope = (above - below) / way,
    doubt = 8 * .Machine$double.eps * (abs(above) + abs(below)) / way)
}

# The slope by the step, of a ladder around the first, at which rounding and what changes from the
# next longer step are least together. Steps that lead to where `f` is not defined do not count.
best_slope <- function(value, x, entry, step) {
  quiet <- function(x) tryCatch(value(x), error = function(e) NaN)
  ladder <- suppressWarnings(vapply(step * 10^(2:-8), function(step) {
    central_difference(entry, step, quiet, x)
  }, c(slope = 0, doubt = 0)))
  doubt <- ladder["doubt", -1] + abs(diff(ladder["slope", ]))
  if (!any(is.finite(doubt))) {
    return(c(slope = NaN, doubt = NaN))
  }
  best <- which.min(ifelse(is.finite(doubt), doubt, Inf))
  c(slope = ladder["slope", best + 1], doubt = doubt[best])
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
