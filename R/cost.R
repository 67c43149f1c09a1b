#' Softmax
#'
#' Turns scores into probabilities: positive, and with sum 1. `logsumexp()` is the logarithm of the
#' sum by which they are divided.
#' \deqn{\mathrm{logsumexp}(x) = \log \sum_k e^{x_k}, \qquad
#'   \mathrm{softmax}(x)_k = \frac{e^{x_k}}{\sum_l e^{x_l}}}
#'
#' The largest score is subtracted before the exponential is taken, so that neither overflows.
#'
#' @param x Scores: a vector, taken as a whole, or a matrix `(m, K)`, taken row by row. Integers and
#'   logicals are taken as doubles.
#'
#' @return `softmax()`: a list of `probs`, with the attributes of `x`, and `cache`, which is `x`.
#'   `logsumexp()`: a number, or for a matrix one a row. A row with an `NA` or `NaN` gives `NA` or
#'   `NaN`, other rows are not touched by it.
#'
#' @section Differences from the notebook:
#' The notebook divides a matrix by the sum over all its cells, so that the probabilities of a whole
#' batch add up to 1. Here each row does. See [convstep-differences].
#'
#' @section Errors:
#' An `x` that is not numeric, has more than two dimensions, or no columns (or, as a vector, no
#' values).
#'
#' @seealso [cross_entropy_cost()]
#' @examples
#' softmax(c(1, 2, 3))$probs
#' softmax(rbind(c(1, 2, 3), c(1000, 1000, 1000)))$probs
#' logsumexp(c(1000, 1000))
#' @export
softmax <- function(x) {
  x <- check_scores(x)
  list(probs = fresh(softmax_cpp(x)), cache = x)
}

#' @rdname softmax
#' @export
logsumexp <- function(x) {
  logsumexp_cpp(check_scores(x))
}

#' Cross-entropy cost
#'
#' The mean over the batch of the negative logarithm of the probability given to the true class.
#' \deqn{loss = -\frac{1}{m} \sum_{i = 1}^{m} \log AL_{i, y_i}}
#'
#' @param AL The probabilities, a matrix `(m, K)` of `m` examples and `K` classes, as [softmax()]
#'   gives them.
#' @param Y The true classes of the `m` examples: a factor, whose levels are the columns of `AL` in
#'   their order, or other labels (numbers, strings, logicals).
#' @param batch_size The number of examples; it must be `nrow(AL)`.
#' @param classes The labels that the columns of `AL` stand for, in their order. Without it, a
#'   factor's levels; for other labels the distinct ones in `Y`, sorted, if there are exactly
#'   `ncol(AL)` of them.
#'
#' @return A list of `loss`, a number (`NaN` for an empty batch), and `cache`, a list of `AL` and
#'   `Y.index`, a matrix `(m, 2)` of each example's row and column in `AL`.
#'
#' @section Differences from the notebook:
#' The notebook numbers the classes by those present in the batch, so that a batch without one of
#' them is compared with the wrong columns. Here a factor's levels or `classes` are the columns, and
#' where neither says what the columns are, labels that do not fill them are an error. See
#' [convstep-differences].
#'
#' @section Errors:
#' An `AL` that is no numeric matrix with columns; labels of another number than `AL` has rows, with
#' `NA`, or not among the classes; a factor with another number of levels than `AL` has columns;
#' `classes` that are not `ncol(AL)` distinct labels; another `batch_size` than `nrow(AL)`.
#'
#' @seealso [cross_entropy_backward()] for its gradient.
#' @examples
#' AL <- softmax(rbind(c(2, 1, 0), c(0, 0, 3)))$probs
#' cross_entropy_cost(AL, factor(c("a", "c"), levels = c("a", "b", "c")))$loss
#' cross_entropy_cost(AL, c(0, 2), classes = 0:2)$loss
#' @export
cross_entropy_cost <- function(AL, Y, batch_size = nrow(AL), classes = NULL) {
  AL <- check_probabilities(AL)
  if (!checkmate::test_number(batch_size) || batch_size != nrow(AL)) {
    stop_assertion("batch_size", "Must be nrow(AL) = ", nrow(AL), ", but is ",
                   if (is_numeric_like(batch_size) && length(batch_size) == 1) {
                     format(batch_size)
                   } else {
                     describe(batch_size)
                   })
  }
  column <- class_columns(Y, dim(AL), classes)
  list(
    loss = cross_entropy_cpp(AL, column),
    cache = list(AL = AL, Y.index = cbind(seq_len(nrow(AL)), column, deparse.level = 0))
  )
}

#' Gradient of the cross-entropy cost
#'
#' The gradient of each example's cost with respect to its scores, the logits that [softmax()] was
#' given: the probabilities, less 1 at the true class.
#' \deqn{dZ_{ik} = AL_{ik} - [k = y_i]}
#'
#' It is not divided by the number of examples: [affine_backward()], which comes next, averages over
#' them. [conv_backward()] does not; whoever trains divides its `dW` and `db` by `m`.
#'
#' @param cache The `cache` that [cross_entropy_cost()] returned.
#'
#' @return A matrix `(m, K)` with the attributes of `AL`.
#'
#' @section Differences from the notebook:
#' The notebook stops before this gradient.
#'
#' @section Errors:
#' A `cache` that is no such list, or whose `Y.index` does not lead to one cell in each row of `AL`.
#'
#' @seealso [cross_entropy_cost()]
#' @examples
#' AL <- softmax(rbind(c(2, 1, 0), c(0, 0, 3)))$probs
#' cost <- cross_entropy_cost(AL, c("a", "c"), classes = c("a", "b", "c"))
#' cross_entropy_backward(cost$cache)
#' @export
cross_entropy_backward <- function(cache) {
  check_cache(cache, c("AL", "Y.index"))
  AL <- check_probabilities(cache$AL, "cache$AL")
  index <- check_matrix(cache$Y.index, "cache$Y.index", "(m, 2) of rows and columns of 'AL'")
  if (!identical(dim(index), c(nrow(AL), 2L)) || !all(index[, 1] %in% seq_len(nrow(AL))) ||
        is.unsorted(index[, 1], strictly = TRUE) || !all(index[, 2] %in% seq_len(ncol(AL)))) {
    stop_assertion("cache$Y.index", "Must hold the rows 1 to ", nrow(AL),
                   " and in each a column from 1 to ", ncol(AL), ", but does not")
  }
  fresh(cross_entropy_gradient_cpp(AL, as.integer(index[, 2])))
}

check_scores <- function(x) {
  if (!is_numeric_like(x) || length(dim(x)) > 2) {
    stop_assertion("x", "Must be a numeric vector or matrix, but is ", describe(x))
  }
  if (if (is.matrix(x)) ncol(x) == 0 else length(x) == 0) {
    stop_assertion("x", "Must have at least one value in a row, but is ", describe(x))
  }
  as_double(x)
}

check_probabilities <- function(AL, name = "AL") {
  AL <- check_matrix(AL, name, "(m, K)")
  if (ncol(AL) < 1) {
    stop_assertion(name, "Must have at least one column, but has dim ", format_dim(dim(AL)))
  }
  AL
}

# The column of the true class of each example.
class_columns <- function(Y, extents, classes) {
  if (!is.atomic(Y) || is.null(Y) || length(Y) != extents[1]) {
    stop_assertion("Y", "Must be labels of ", extents[1], " examples, as 'AL' has rows, but is ",
                   describe(Y))
  }
  if (anyNA(Y)) {
    stop_assertion("Y", "Must have no NA, but has one at ", which(is.na(Y))[1])
  }
  # R sorts no bytes.
  if (is.raw(Y)) Y <- as.integer(Y)
  if (is.raw(classes)) classes <- as.integer(classes)
  classes <- class_labels(Y, extents[2], classes)
  column <- match(as.vector(Y), as.vector(classes))
  if (anyNA(column)) {
    stop_assertion("Y", "Must hold labels from ", format_labels(classes), ", but holds ",
                   format_labels(unique(as.vector(Y)[is.na(column)])))
  }
  column
}

# The labels of the K columns.
class_labels <- function(Y, K, classes) {
  if (!is.null(classes)) {
    if (!is.atomic(classes) || length(classes) != K || anyNA(classes) || anyDuplicated(classes)) {
      stop_assertion("classes", "Must be ", K, " distinct labels, one a column of 'AL', but is ",
                     if (is.atomic(classes) && length(classes) <= 20) format_labels(classes) else
                       describe(classes))
    }
    return(classes)
  }
  if (is.factor(Y)) {
    if (nlevels(Y) != K) {
      stop_assertion("Y", "Must have as many levels as 'AL' has columns (", K, "), but has ",
                     nlevels(Y))
    }
    return(levels(Y))
  }
  distinct <- sort(unique(as.vector(Y)))
  if (length(distinct) != K && length(Y) > 0) {
    stop_assertion("Y", "Must hold each of the ", K, " classes (the columns of 'AL') unless it is ",
                   "a factor or 'classes' names them, but holds ", length(distinct), ": ",
                   format_labels(distinct))
  }
  distinct
}

format_labels <- function(labels) {
  labels <- as.vector(labels)
  shown <- if (is.numeric(labels)) format(labels, trim = TRUE) else vapply(labels, quoted, "")
  paste0(paste(shown[seq_len(min(length(shown), 10))], collapse = ", "),
         if (length(shown) > 10) ", ...")
}
