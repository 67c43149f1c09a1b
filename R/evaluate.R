#' How well a network does
#'
#' `evaluate()` measures a fit on images whose targets are known; `confusion()` counts which classes
#' it takes for which.
#'
#' @param fit A fit that [cnn()] returned.
#' @param x Images, as for [predict()][predict.cnn].
#' @param y Their classes, or the numbers to predict; those of an [image_source()] need not be given.
#' @param batch_size The number of images to work through at a time.
#' @param ... Not used.
#'
#' @return `evaluate()`: a list of class `cnn_evaluation` of `loss` (the mean, with the fit's class
#'   weights), `n` and, for classes, `accuracy` and `recall` (the share of each class that is
#'   recognised, `NaN` where there is none), for a regression `rmse`, the root of the mean squared
#'   error of each output.
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
  y <- check_new_target(y, "y", fit, dim(x)[1])
  outputs <- predict(fit, x, type = "logit", batch_size = batch_size)
  outputs <- as.matrix(outputs)
  n <- nrow(outputs)
  loss <- loss_function(fit$loss)(outputs, y, fit$class_weights, gradient = FALSE)
  result <- list(loss = loss$sum / n, n = n)
  if (fit$loss == "mse") {
    result$rmse <- sqrt(colMeans((outputs - unname(y))^2))
  } else {
    result$accuracy <- loss$correct / n
    hit <- max.col(outputs, "first") == y
    k <- length(fit$levels)
    result$recall <- stats::setNames(tabulate(y[hit], k) / tabulate(y, k), fit$levels)
  }
  structure(result, class = "cnn_evaluation")
}

# What is no fit of ours may be another package's, whose generic ours hides. Called from the global
# environment, as it would look for methods here first, and find this one.
#' @export
evaluate.default <- function(fit, ...) {
  if (!isNamespaceLoaded("generics")) check_class(fit, "fit", "cnn", "a fit that cnn() returned")
  do.call(getExportedValue("generics", "evaluate"), list(fit, ...), envir = globalenv())
}

#' @export
as.data.frame.cnn_evaluation <- function(x, row.names = NULL, optional = FALSE, ...) {
  if (is.null(x$accuracy)) {
    outputs <- names(x$rmse)
    if (is.null(outputs)) outputs <- paste0("output", seq_along(x$rmse))
    return(data.frame(output = outputs, n = x$n, loss = x$loss, rmse = as.vector(x$rmse)))
  }
  data.frame(class = c(NA, names(x$recall)), n = c(x$n, rep(NA, length(x$recall))),
             loss = c(x$loss, rep(NA, length(x$recall))),
             accuracy = c(x$accuracy, as.vector(x$recall)))
}

#' @export
print.cnn_evaluation <- function(x, digits = 4, ...) {
  cat(x$n, if (x$n == 1) " image\n" else " images\n", sep = "")
  cat("loss     ", format(x$loss, digits = digits), "\n", sep = "")
  if (is.null(x$accuracy)) {
    if (is.null(names(x$rmse))) {
      cat("RMSE     ", paste(format(x$rmse, digits = digits), collapse = " "), "\n", sep = "")
    } else {
      cat("RMSE\n")
      print(x$rmse, digits = digits)
    }
  } else {
    cat("accuracy ", format_percent(x$accuracy), "\n", "recall\n", sep = "")
    print(noquote(format_percent(x$recall)))
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
  if (fit$loss == "mse") {
    stop_assertion("fit", "Must tell classes apart, but predicts numbers")
  }
  if (missing(y)) y <- source_targets(x)
  x <- check_newdata(x, "x", fit$input)
  y <- check_new_target(y, "y", fit, dim(x)[1])
  table(true = factor(fit$levels[y], fit$levels),
        predicted = predict(fit, x, batch_size = batch_size))
}

# Mean loss and accuracy of the rows of `data` while training.
score <- function(fit, plan, data, batch_size = 256) {
  loss_of <- loss_function(fit$loss)
  totals <- c(0, 0)
  forward_batches(fit, plan, data$x, data$rows, batch_size, function(Z, positions) {
    y <- gather_target(data$y, data$rows[positions])
    loss <- loss_of(Z, y, fit$class_weights, gradient = FALSE)
    totals <<- totals + c(loss$sum, loss$correct)
  })
  totals / length(data$rows)
}
