# What R's usual generics do with the result of cnn_tune().

#' @export
print.cnn_tune <- function(x, n = 10, ...) {
  results <- x$results
  order <- order(!is.na(results$abandoned), results[[x$metric]] * sign_of(x$metric))
  cat(nrow(x$fits), " fits of ", nrow(results), if (nrow(results) == 1) " setting" else " settings",
      ", by ", x$metric, "\n", sep = "")
  shown <- results[utils::head(order, n), ]
  if (all(is.na(shown$abandoned))) shown$abandoned <- NULL
  print(shown, digits = 4)
  if (nrow(results) > n) cat("and ", nrow(results) - n, " more in $results\n", sep = "")
  invisible(x)
}

#' Predict with an ensemble
#'
#' The mean of what the nets of the best setting predict, one a fold and repeat of [cnn_tune()].
#' For the net that was trained on all images alone, use `predict(object$fit, ...)`.
#'
#' @param object What [cnn_tune()] returned.
#' @param newdata Images, as for [predict()][predict.cnn].
#' @param type For classes `"class"`, the one with the largest mean probability, or `"prob"`, the
#'   mean probabilities. For a regression it has no meaning.
#' @param batch_size As for [predict()][predict.cnn].
#' @param ... Not used.
#'
#' @return As [predict()][predict.cnn].
#'
#' @section Errors:
#' As [predict()][predict.cnn].
#'
#' @examples
#' digits <- mnist_sample()$test
#' few <- 1:200
#' set.seed(1)
#' tuned <- cnn_tune(digits$x[few, , , , drop = FALSE], digits$y[few], folds = 3, epochs = 2,
#'                   batch_size = 16, refit = FALSE)
#' new <- digits$x[201:205, , , , drop = FALSE]
#' predict(tuned, new)
#' round(predict(tuned, new, type = "prob"), 2)
#' @export
predict.cnn_tune <- function(object, newdata, type = c("class", "prob"), batch_size = 256, ...) {
  check_class(object, "object", "cnn_tune", "what cnn_tune() returned")
  type <- check_option(type, "type", c("class", "prob"))
  sum <- 0
  for (model in object$models) {
    sum <- sum + predict(model, newdata, type = "prob", batch_size = batch_size)
  }
  mean <- sum / length(object$models)
  if (type == "prob") mean else classes_of(mean, object)
}

#' Draw how settings compare
#'
#' Each setting of [cnn_tune()] with the mean of its fits, a bar of one standard error to either
#' side, and the fits as small points; the best stands at the top, those that were given up at the
#' bottom, pale.
#'
#' @param x What [cnn_tune()] returned.
#' @param metric `"accuracy"` or `"loss"`; by default what the best was chosen by.
#' @param max How many settings to draw at most: the best.
#' @param ... Not used.
#'
#' @return `x`, invisibly.
#'
#' @section Errors:
#' A `metric` that was not measured.
#'
#' @examples
#' digits <- mnist_sample()$test
#' few <- 1:200
#' set.seed(1)
#' tuned <- cnn_tune(digits$x[few, , , , drop = FALSE], digits$y[few], folds = 2, epochs = 2,
#'                   grid = list(batch_size = c(10, 40)), refit = FALSE)
#' plot(tuned)
#' @export
plot.cnn_tune <- function(x, metric = x$metric, max = 20, ...) {
  check_class(x, "x", "cnn_tune", "what cnn_tune() returned")
  check_choice(metric, "metric", intersect(c("accuracy", "loss"), names(x$results)))
  max <- check_count(max, "max")
  results <- x$results
  percent <- if (metric == "accuracy") 100 else 1
  order <- utils::head(order(!is.na(results$abandoned), results[[metric]] * sign_of(metric)), max)
  order <- order[!is.na(results[[metric]][order])]
  labels <- setting_labels(results[order, x$columns, drop = FALSE])
  at <- rev(seq_along(order))
  fits <- x$fits[x$fits$setting %in% order, ]
  mean <- percent * results[[metric]][order]
  error <- percent * results[[paste0(metric, "_se")]][order]
  error[is.na(error)] <- 0
  colours <- ifelse(order == x$best, theme$vermilion,
                    ifelse(is.na(results$abandoned[order]), theme$blue, "#9CC7E4"))
  old <- use_theme(mar = c(3.4, 1, 2.6, 1.2), las = 1, mgp = c(2.1, 0.5, 0), tcl = 0)
  on.exit(graphics::par(old))
  graphics::plot.new()
  wide <- max(graphics::strwidth(labels, units = "inches", cex = 1.05)) + 0.25
  margins <- graphics::par("mai")
  margins[2] <- min(wide, 0.6 * graphics::par("din")[1])
  graphics::par(mai = margins)
  ticks <- pretty(range(percent * fits[[metric]], mean - error, mean + error, na.rm = TRUE), 5)
  graphics::plot.window(range(ticks), c(0.4, length(order) + 0.6))
  graphics::abline(v = ticks, col = theme$rule)
  graphics::axis(1, ticks, lwd = 0, cex.axis = 1.1)
  graphics::axis(2, at, labels, lwd = 0, cex.axis = 1.05, col.axis = theme$ink)
  graphics::points(percent * fits[[metric]], at[match(fits$setting, order)], pch = 1, cex = 0.8,
                   col = theme$muted)
  graphics::segments(mean - error, at, mean + error, at, lwd = 3, col = colours)
  graphics::points(mean, at, pch = 16, cex = 1.6, col = colours)
  title <- if (metric == "accuracy") "Validation accuracy, %" else "Validation loss"
  graphics::mtext(title, side = 3, line = 0.9, adj = 0, font = 2, cex = 1.25 * graphics::par("cex"))
  invisible(x)
}

# "lr = 0.01, units = 64"
setting_labels <- function(columns) {
  parts <- mapply(function(name, values) paste(name, "=", vapply(values, format, "")),
                  names(columns), columns, SIMPLIFY = FALSE)
  do.call(paste, c(unname(lapply(parts, as.character)), sep = ", "))
}
