# Methods for the generics of the package generics (tidy, glance, augment), registered when it is
# loaded, and autoplot() for ggplot2.

#' A network as data frames
#'
#' Methods for the generics of the package generics, which broom, parsnip and others export.
#'
#' @param x A fit that [cnn()] returned.
#' @param newdata Images, as [predict()][predict.cnn] takes them.
#' @param y For `augment()` their classes or numbers, or `NULL`.
#' @param ... Not used.
#'
#' @return `tidy()`: a data frame with a row for each array of parameters: `layer`, `term` (its name
#'   in [coef()][coef.cnn]), `dim` (its extents, a string), `n` (the number of its values) and their
#'   `mean`, `sd`, `min` and `max`.
#'   `glance()`: one row: `n` images trained on, `parameters`, `epochs`, the `best_epoch` (`NA`
#'   without [early_stopping()]), the last row of the history (that of the best epoch, if there is
#'   one) and the `seconds` of all.
#'   `augment()`: a row an image: for classes `.pred_class` and the probabilities `.pred_<class>`,
#'   for numbers and labels (of which it is the probability) `.pred`, or `.pred_<output>` if there
#'   are several; and `.truth` if `y` is given (for several numbers or labels `.truth_<output>`).
#'
#' @section Errors:
#' As [predict()][predict.cnn] and [evaluate()].
#'
#' @examples
#' digits <- mnist_sample()$test
#' fit <- cnn(digits$x[1:200, , , , drop = FALSE], digits$y[1:200], epochs = 1)
#' if (requireNamespace("generics", quietly = TRUE)) {
#'   print(generics::tidy(fit), digits = 2)
#'   print(generics::glance(fit), digits = 2)
#'   new <- digits$x[201:203, , , , drop = FALSE]
#'   generics::augment(fit, new, digits$y[201:203])[, c(".pred_class", ".truth")]
#' }
#' @name tidiers
NULL

#' @rdname tidiers
#' @exportS3Method generics::tidy
tidy.cnn <- function(x, ...) {
  check_fit(x, "x")
  rows <- lapply(names(coef(x)), function(layer) {
    do.call(rbind, lapply(names(x$params[[layer]]), function(term) {
      values <- x$params[[layer]][[term]]
      extents <- if (is.null(dim(values))) length(values) else dim(values)
      data.frame(layer = layer, term = term, dim = paste(extents, collapse = " x "),
                 n = length(values), mean = mean(values), sd = stats::sd(values),
                 min = min(values), max = max(values))
    }))
  })
  do.call(rbind, rows)
}

#' @rdname tidiers
#' @exportS3Method generics::glance
glance.cnn <- function(x, ...) {
  check_fit(x, "x")
  epochs <- nrow(x$history)
  shown <- x$history[if (is.null(x$best_epoch)) epochs else x$best_epoch, ]
  if (epochs == 0) shown <- x$history[NA_integer_, ]
  figures <- shown[setdiff(names(shown), c("epoch", "lr", "seconds"))]
  data.frame(
    n = x$n, parameters = sum(lengths(unlist(x$params, recursive = FALSE))), epochs = epochs,
    best_epoch = if (is.null(x$best_epoch)) NA else x$best_epoch, figures,
    seconds = sum(x$history$seconds), row.names = NULL
  )
}

#' @rdname tidiers
#' @exportS3Method generics::augment
augment.cnn <- function(x, newdata, y = NULL, ...) {
  check_fit(x, "x")
  if (length(fit_plan(x)$output) > 1) {
    stop_assertion("x", "Must predict something an image, but predicts something a pixel")
  }
  columns <- function(values, prefix) {
    values <- as.matrix(values)
    own <- if (is.null(x$levels)) output_names(x$output_names, x$outputs) else x$levels
    names <- if (ncol(values) > 1) paste0("_", own)
    stats::setNames(as.data.frame(values), paste0(prefix, names))
  }
  probabilities <- predict(x, newdata, type = "prob")
  result <- if (is.null(x$levels)) {
    columns(probabilities, ".pred")
  } else {
    data.frame(.pred_class = factor(x$levels[max.col(probabilities, "first")], x$levels),
               columns(probabilities, ".pred"), check.names = FALSE)
  }
  if (is.null(y)) {
    return(result)
  }
  truth <- check_new_target(y, "y", x, nrow(result))
  if (!is.null(x$levels) && is.matrix(truth)) truth <- max.col(truth, "first")
  cbind(result, if (is.null(x$levels)) columns(truth, ".truth") else
    data.frame(.truth = factor(x$levels[truth], x$levels)))
}

# The curves of plot.cnn() as a ggplot.
#' @exportS3Method ggplot2::autoplot
autoplot.cnn <- function(object, ...) {
  check_fit(object, "object")
  history <- object$history
  measures <- names(history)[vapply(history, function(column) !all(is.na(column)), NA)]
  measures <- setdiff(measures, c("epoch", "seconds", "lr"))
  long <- do.call(rbind, lapply(measures, function(name) {
    data.frame(epoch = history$epoch, measure = sub("^val_", "", name),
               set = if (startsWith(name, "val_")) "validation" else "training",
               value = history[[name]])
  }))
  column <- function(name) as.name(name) # in !!, which the check of the package understands
  curves <- ggplot2::aes(!!column("epoch"), !!column("value"), colour = !!column("set"))
  ggplot2::ggplot(long, curves) +
    ggplot2::geom_line() +
    ggplot2::geom_point() +
    ggplot2::facet_wrap(~measure, scales = "free_y") +
    ggplot2::labs(x = "epoch", y = NULL, colour = NULL)
}
