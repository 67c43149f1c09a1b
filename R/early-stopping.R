# The rule that ends a training, and the best epoch that it keeps.

# The columns of a history that may be looked at.
monitors <- c("val_loss", "val_accuracy", "loss", "accuracy")

#' Stop a training that no longer improves
#'
#' For the argument `early_stopping` of [cnn()]: the training ends after `patience` epochs without
#' an improvement, and the fit gets the weights of the best epoch, whether it ended early or not.
#'
#' @param patience The number of epochs to wait for an improvement.
#' @param monitor The column of the fit's `history` to look at: `"val_loss"`, `"val_accuracy"`,
#'   `"loss"` or `"accuracy"`.
#' @param min_delta What counts as an improvement: a change by more than this.
#'
#' @return A list of class `convstep_early_stopping` that holds the arguments.
#'
#' @section Errors:
#' A value out of range; in [cnn()], a `monitor` of validation without any, or of the accuracy of a
#' regression.
#'
#' @examples
#' digits <- mnist_sample()$test
#' set.seed(1)
#' fit <- cnn(digits$x[1:300, , , , drop = FALSE], digits$y[1:300], epochs = 20,
#'            validation = 0.3, optimizer = adam(0.01), early_stopping = early_stopping(2))
#' fit
#' @export
early_stopping <- function(patience = 5, monitor = "val_loss", min_delta = 0) {
  structure(
    list(
      patience = check_count(patience, "patience"),
      monitor = check_choice(monitor, "monitor", monitors),
      min_delta = check_finite(min_delta, "min_delta", 0)
    ),
    class = "convstep_early_stopping"
  )
}

#' @export
print.convstep_early_stopping <- function(x, ...) {
  cat("<early_stopping> ", format_fields(unclass(x)), "\n", sep = "")
  invisible(x)
}

# Keeps what finish() and resume_fit() need of the best epoch so far.
remember_best <- function(fit) {
  rule <- fit$early_stopping
  if (is.null(rule)) {
    return(fit)
  }
  epoch <- nrow(fit$history)
  value <- fit$history[[rule$monitor]][epoch]
  if (grepl("accuracy", rule$monitor)) value <- -value
  if (is.null(fit$best) || isTRUE(value < fit$best$value - rule$min_delta)) {
    fit$best <- list(epoch = epoch, value = value, params = fit$params, state = fit$state,
                     waiting_since = epoch)
  }
  fit
}

out_of_patience <- function(fit) {
  !is.null(fit$early_stopping) && !is.null(fit$best) &&
    nrow(fit$history) - fit$best$waiting_since >= fit$early_stopping$patience
}

# What is left of the best epoch of a fit that is trained further by the rule `early_stopping` (or
# NULL): a value of another measure cannot be compared with. Who asks for more after the patience
# has run out is given it anew.
resume_waiting <- function(fit, early_stopping) {
  if (!identical(early_stopping$monitor, fit$early_stopping$monitor)) fit["best"] <- list(NULL)
  fit["early_stopping"] <- list(early_stopping)
  if (out_of_patience(fit)) fit$best$waiting_since <- nrow(fit$history)
  fit
}

# Why a training ended before its time.
format_stop <- function(fit) {
  waited <- nrow(fit$history) - fit$best$waiting_since
  paste0("Stopped early: ", waited, if (waited == 1) " epoch" else " epochs", " without a better ",
         fit$early_stopping$monitor)
}

# Puts the best weights in place, and those to go on from aside.
finish <- function(fit) {
  if (!is.null(fit$best) && fit$best$epoch < nrow(fit$history)) {
    fit$last <- fit[c("params", "state")]
    fit[c("params", "state")] <- fit$best[c("params", "state")]
  }
  fit["best_epoch"] <- list(fit$best$epoch)
  fit
}
