# Numbers to predict: squared errors, and Huber's, whose tails are straight.

#' @rdname losses
#' @export
loss_mse <- function() new_loss("mse")

#' @rdname losses
#' @export
loss_huber <- function(delta = 1) new_loss("huber", list(delta = check_positive(delta, "delta")))

# `y` is a matrix (m, K).
loss_target.loss_mse <- function(loss, y, name, m, init) number_target(y, name, m, loss)
loss_target.loss_huber <- loss_target.loss_mse

number_target <- function(y, name, m, loss) {
  if (!is_numeric_like(y) || !length(dim(y)) %in% c(0, 2)) {
    stop_assertion(name, "Must be a numeric vector or matrix for loss = \"", loss_name(loss),
                   "\", but is ", describe(y))
  }
  y <- as.matrix(as_double(y))
  check_target_length(nrow(y), name, m)
  if (ncol(y) < 1) stop_assertion(name, "Must have at least one column, but has none")
  if (!all(is.finite(y))) {
    bad <- which(!is.finite(y))[1]
    stop_assertion(name, "Must hold finite numbers only, but holds ", format(y[bad]),
                   " for image ", (bad - 1) %% m + 1)
  }
  list(y = y, outputs = ncol(y), names = colnames(y))
}

loss_new_target.loss_mse <- function(loss, y, name, m, fit) {
  check_output_count(number_target(y, name, m, loss), name, fit)
}
loss_new_target.loss_huber <- loss_new_target.loss_mse

check_output_count <- function(target, name, fit) {
  if (target$outputs != fit$outputs) {
    stop_assertion(name, "Must have one column an output (", fit$outputs, "), but has ",
                   target$outputs)
  }
  target$y
}

loss_value.loss_mse <- function(loss, Z, y, weights, gradient) {
  difference <- Z - y
  list(sum = sum(difference^2) / ncol(Z), correct = NA,
       dZ = if (gradient) 2 / ncol(Z) * difference)
}

loss_value.loss_huber <- function(loss, Z, y, weights, gradient) {
  difference <- Z - y
  inside <- pmax(pmin(difference, loss$delta), -loss$delta)
  list(sum = sum(inside * (difference - inside / 2)) / ncol(Z), correct = NA,
       dZ = if (gradient) inside / ncol(Z))
}

loss_prediction.loss_mse <- function(loss, Z, type, fit) {
  if (ncol(Z) == 1) {
    return(as.vector(Z))
  }
  colnames(Z) <- fit$output_names
  Z
}
loss_prediction.loss_huber <- loss_prediction.loss_mse

loss_measures.loss_mse <- function(loss, Z, y, fit) {
  list(rmse = stats::setNames(sqrt(colMeans((Z - y)^2)), fit$output_names))
}
loss_measures.loss_huber <- loss_measures.loss_mse

loss_fits.loss_mse <- function(loss, fit) is.null(fit$levels)
loss_fits.loss_huber <- loss_fits.loss_mse

loss_words.loss_mse <- function(loss, target) count_of(target$outputs, "number", "numbers")
loss_words.loss_huber <- loss_words.loss_mse

loss_counts.loss_mse <- function(loss) FALSE
loss_counts.loss_huber <- loss_counts.loss_mse
