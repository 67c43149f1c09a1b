#' Dropout
#'
#' Sets cells to 0 at random, each with probability `rate`, and divides the others by `1 - rate`, so
#' that the expected value of every cell stays what it was ("inverted" dropout). The backward pass
#' sends the gradient through the cells that were kept.
#' \deqn{A = A_{prev} \cdot \frac{mask}{1 - rate}, \qquad
#'   dA_{prev} = dA \cdot \frac{mask}{1 - rate}}
#'
#' Two numbers of R's generator are drawn, as the seed of a fast one (SplitMix64) that decides on
#' each cell by its place. So [set.seed()] makes the mask repeatable, for any number of threads.
#'
#' @param A_prev The input, numbers of any shape. Integers and logicals are taken as doubles.
#' @param rate The share of cells to drop, at least 0 and below 1.
#' @param training Whether to drop at all: `FALSE` returns the input, for prediction, and leaves R's
#'   generator alone.
#' @param dA The gradient with respect to `A`, shaped like it.
#' @param cache The `cache` that `dropout_forward()` returned.
#'
#' @return `dropout_forward()`: a list of `A`, with the attributes of `A_prev`, and `cache`, a list
#'   of `mask`, `TRUE` where a cell was kept (`NULL` without training), and `rate`.
#'   `dropout_backward()`: the gradient with respect to `A_prev`, with the attributes of `dA`.
#'
#' @section Errors:
#' An input that is not numeric, a `rate` out of range, a `training` that is not `TRUE` or `FALSE`,
#' a `cache` that is no such list, a `dA` whose shape is not that of the mask.
#'
#' @references Srivastava, N., Hinton, G., Krizhevsky, A., Sutskever, I. and Salakhutdinov, R.
#'   (2014). Dropout: a simple way to prevent neural networks from overfitting. Journal of Machine
#'   Learning Research 15, 1929-1958.
#'
#'   Steele, G. L., Lea, D. and Flood, C. H. (2014). Fast splittable pseudorandom number generators.
#'   ACM SIGPLAN Notices 49(10), 453-472: SplitMix64.
#' @examples
#' set.seed(1)
#' out <- dropout_forward(matrix(1, 3, 4), rate = 0.5)
#' out$A
#' dropout_backward(matrix(1, 3, 4), out$cache)
#' @export
dropout_forward <- function(A_prev, rate, training = TRUE) {
  A_prev <- check_numeric(A_prev, "A_prev")
  rate <- check_finite(rate, "rate", lower = 0, upper = 1)
  checkmate::assert_flag(training)
  if (!training) {
    return(list(A = A_prev, cache = list(mask = NULL, rate = rate)))
  }
  dropped <- fresh(dropout_forward_cpp(A_prev, rate, stats::runif(2)))
  list(A = dropped$A, cache = list(mask = dropped$mask, rate = rate))
}

#' @rdname dropout_forward
#' @export
dropout_backward <- function(dA, cache) {
  check_cache(cache, c("mask", "rate"))
  dA <- check_numeric(dA, "dA")
  if (is.null(cache$mask)) {
    return(dA)
  }
  if (!is.logical(cache$mask) || anyNA(cache$mask)) {
    stop_assertion("cache$mask", "Must be TRUE and FALSE, or NULL, but is ",
                   if (is.logical(cache$mask)) "partly NA" else describe(cache$mask))
  }
  dA <- check_like(dA, "dA", cache$mask, "cache$mask")
  rate <- check_finite(cache$rate, "cache$rate", 0, 1)
  fresh(dropout_backward_cpp(dA, cache$mask, rate))
}
