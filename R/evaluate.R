#' How well a network does
#'
#' `evaluate()` measures a fit on images whose targets are known; `confusion()` counts which classes
#' it takes for which.
#'
#' @param fit A fit that [cnn()] returned.
#' @param x Images, as for [predict()][predict.cnn].
#' @param y Their classes, or the numbers to predict; those of an [image_source()] need not be
#'   given.
#' @param batch_size The number of images to work through at a time.
#' @param ... Not used.
#'
#' @return `evaluate()`: a list of class `cnn_evaluation` of `loss` (the mean, with the fit's class
#'   weights), `n`, the number of images, and, by the kind of [loss][losses],
#'   * classes: `accuracy` and `recall`, the share of each class that is recognised;
#'   * classes of pixels: the same over all pixels, `iou` of each class (the pixels that are of it
#'     and taken for it, divided by those that are one or the other) and its mean, `mean_iou`;
#'   * labels: `accuracy` over all of them and `label_accuracy`, `recall` and `precision` of each;
#'   * numbers: `rmse`, the root of the mean squared error of each output.
#'
#'   A share of nothing is `NaN`.
#'   `confusion()`: a table of counts, the true classes in rows, the predicted in columns.
#'
#' @section With other packages:
#' `evaluate()` is a generic, and its method for a fit is also one of the generic of that name in
#' the package generics, which keras3, luz and others export: whichever of them was attached last,
#' `evaluate(fit, x, y)` comes here, and other objects go where they belong.
#' `caret::confusionMatrix()` and `yardstick::conf_mat()` want the predicted classes in rows: give
#' them `t(confusion(fit, x, y))`. [as.data.frame()] of an evaluation has a row for all images and,
#' for classes, one for each class; of a confusion, a row for each pair of classes.
#'
#' @section Errors:
#' As [predict()][predict.cnn]; a `y` of another length, or with classes that the fit does not know.
#'
#' @examples
#' digits <- mnist_sample()
#' few <- 1:1000
#' set.seed(1)
#' fit <- cnn(digits$train$x[few, , , , drop = FALSE], digits$train$y[few], epochs = 2)
#' test <- list(x = digits$test$x[few, , , , drop = FALSE], y = digits$test$y[few])
#' evaluate(fit, test$x, test$y)
#' confusion(fit, test$x, test$y)
#' @export
evaluate <- function(fit, ...) UseMethod("evaluate")

#' @rdname evaluate
#' @rawNamespace S3method(generics::evaluate, cnn)
#' @export
evaluate.cnn <- function(fit, x, y, batch_size = 256, ...) {
  check_fit(fit, whole = FALSE)
  if (missing(y)) y <- source_targets(x)
  x <- check_newdata(x, "x", fit$input)
  suspect_newdata(x, fit, "x")
  y <- check_new_target(y, "y", fit, dim(x)[1])
  outputs <- fit_outputs(fit, x, check_count(batch_size, "batch_size"))
  n <- dim(x)[1]
  loss <- loss_value(fit$loss, outputs, y, fit$class_weights, gradient = FALSE)
  structure(c(list(loss = loss$sum / n, n = n), loss_measures(fit$loss, outputs, y, fit)),
            class = "cnn_evaluation")
}

# What is no fit of ours may be another package's, whose generic ours hides. Called from the global
# environment, as it would look for methods here first, and find this one.
#' @export
evaluate.default <- function(fit, ...) {
  if (!isNamespaceLoaded("generics")) check_class(fit, "fit", "cnn", "a fit that cnn() returned")
  do.call(getExportedValue("generics", "evaluate"), list(fit, ...), envir = globalenv())
}

# A row for all images, then one for each class, label or output that has measures of its own.
#' @export
as.data.frame.cnn_evaluation <- function(x, row.names = NULL, optional = FALSE, ...) {
  measures <- unclass(x)
  single <- lengths(measures) == 1 & vapply(lapply(measures, names), is.null, NA)
  several <- measures[!single]
  all <- data.frame(of = NA_character_, measures[single])
  if (length(several) == 0) {
    return(all)
  }
  own <- data.frame(of = output_names(names(several[[1]]), length(several[[1]])),
                    lapply(several, as.vector))
  columns <- union(names(all), names(own))
  rows <- lapply(list(all, own), function(rows) {
    rows[setdiff(columns, names(rows))] <- NA
    rows[columns]
  })
  do.call(rbind, rows)
}

#' @export
print.cnn_evaluation <- function(x, digits = 4, ...) {
  cat(count_of(x$n, "image", "images"), "\n", sep = "")
  measures <- unclass(x)[names(x) != "n"]
  for (name in names(measures)) {
    value <- measures[[name]]
    shown <- if (name %in% c("loss", "rmse")) {
      stats::setNames(format(value, digits = digits), names(value))
    } else {
      format_percent(value)
    }
    name <- gsub("_", " ", sub("iou", "IoU", sub("rmse", "RMSE", name)))
    if (is.null(names(value))) {
      cat(format(name, width = 8), " ", paste(shown, collapse = " "), "\n", sep = "")
    } else {
      cat(name, "\n", sep = "")
      print(noquote(shown))
    }
  }
  invisible(x)
}

format_percent <- function(x) {
  stats::setNames(ifelse(is.na(x), "-", sprintf("%.2f %%", 100 * x)), names(x))
}

#' @rdname evaluate
#' @export
confusion <- function(fit, x, y, batch_size = 256) {
  check_fit(fit, whole = FALSE)
  if (is.null(fit$levels)) {
    stop_assertion("fit", "Must tell classes apart, but predicts ", loss_words(fit$loss, fit))
  }
  if (missing(y)) y <- source_targets(x)
  x <- check_newdata(x, "x", fit$input)
  y <- check_new_target(y, "y", fit, dim(x)[1])
  if (is.matrix(y)) y <- max.col(y, "first")
  predicted <- predict(fit, x, batch_size = batch_size)
  table(true = factor(fit$levels[y], fit$levels), predicted = factor(predicted, fit$levels))
}

# Mean loss and accuracy of the rows of `data` while training.
score <- function(fit, plan, data, batch_size = 256) {
  totals <- c(0, 0)
  forward_batches(fit, plan, data$x, data$rows, batch_size, function(Z, positions) {
    y <- gather_target(data$y, data$rows[positions])
    loss <- loss_value(fit$loss, Z, y, fit$class_weights, gradient = FALSE)
    totals <<- totals + c(loss$sum, loss$correct)
  })
  totals / length(data$rows)
}
