# Several labels an image, each of which it has or has not.

#' @rdname losses
#' @export
loss_binary <- function() new_loss("binary")

# `y` is a matrix (m, K) of 0 and 1.
loss_target.loss_binary <- function(loss, y, name, m, init) {
  if (!is_numeric_like(y) || !length(dim(y)) %in% c(0, 2)) {
    stop_assertion(name, "Must be a logical or 0/1 matrix with a column a label, or a vector, for ",
                   "loss = \"binary\", but is ", describe(y))
  }
  y <- as.matrix(as_double(y))
  check_target_length(nrow(y), name, m)
  if (ncol(y) < 1) stop_assertion(name, "Must have at least one column, but has none")
  bad <- which(!y %in% 0:1)
  if (length(bad) > 0) {
    stop_assertion(name, "Must hold TRUE and FALSE, or 1 and 0, only, but holds ",
                   format(y[bad[1]]), " for image ", (bad[1] - 1) %% m + 1)
  }
  list(y = y, outputs = ncol(y), names = colnames(y))
}

loss_new_target.loss_binary <- function(loss, y, name, m, fit) {
  check_output_count(loss_target(loss, y, name, m, NULL), name, fit)
}

# -y log(sigmoid(z)) - (1 - y) log(1 - sigmoid(z)) without the loss of digits far from 0; `weights`
# say what a label that is there counts.
loss_value.loss_binary <- function(loss, Z, y, weights, gradient) {
  weight <- if (is.null(weights)) 1 else 1 + y * rep(weights - 1, each = nrow(y))
  list(
    sum = sum(weight * (pmax(Z, 0) - Z * y + log1p(exp(-abs(Z))))) / ncol(Z),
    correct = sum((Z > 0) == y) / ncol(Z),
    dZ = if (gradient) weight * (stats::plogis(Z) - y) / ncol(Z)
  )
}

loss_prediction.loss_binary <- function(loss, Z, type, fit) {
  values <- switch(type, class = Z > 0, prob = stats::plogis(Z), logit = Z)
  if (ncol(Z) == 1) {
    return(as.vector(values))
  }
  dimnames(values) <- if (!is.null(fit$output_names)) list(NULL, fit$output_names)
  values
}

loss_measures.loss_binary <- function(loss, Z, y, fit) {
  predicted <- Z > 0
  right <- colSums(predicted & y == 1)
  list(accuracy = mean(predicted == y), label_accuracy = by_output(colMeans(predicted == y), fit),
       recall = by_output(right / colSums(y), fit),
       precision = by_output(right / colSums(predicted), fit))
}

by_output <- function(values, fit) {
  stats::setNames(values, output_names(fit$output_names, fit$outputs))
}

# Names for all outputs, those without one by number.
output_names <- function(names, outputs) {
  if (is.null(names)) paste0("output", seq_len(outputs)) else names
}

loss_fits.loss_binary <- function(loss, fit) is.null(fit$levels)

loss_words.loss_binary <- function(loss, target) count_of(target$outputs, "label", "labels")

# "balanced": a label's absences a presence, so that both count alike in all.
loss_weights.loss_binary <- function(loss, weights, target, rows) {
  names <- output_names(target$names, target$outputs)
  named_weights(weights, names, "label", function() {
    present <- colSums(target$y[rows, , drop = FALSE])
    ifelse(present > 0, (length(rows) - present) / present, 0)
  })
}
