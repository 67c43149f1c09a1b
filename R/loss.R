# The losses of cnn(). Each takes the outputs of a batch (m, K) and its targets, and returns `sum`,
# the sum of the examples' losses, `correct`, how many are classified right (NA for a regression),
# and, if wanted, `dZ`, the gradient of each example's loss with respect to the outputs.

loss_function <- function(loss) switch(loss, cross_entropy = softmax_loss, mse = squared_loss)

# `y` holds the columns of the true classes; `weights` a number a class, or NULL. The cost comes
# from the logits themselves, so that it stays finite where a probability rounds to 0.
softmax_loss <- function(Z, y, weights, gradient) {
  m <- nrow(Z)
  true <- cbind(seq_len(m), y)
  example_weights <- if (is.null(weights)) 1 else weights[y]
  largest <- max.col(Z, "first")
  step <- list(
    sum = sum(example_weights * (logsumexp_cpp(Z) - Z[true])),
    correct = sum(largest == y)
  )
  if (gradient) {
    step$dZ <- cross_entropy_gradient_cpp(softmax_cpp(Z), y) * example_weights
  }
  step
}

# The mean over the outputs of the squared differences. `y` is a matrix (m, K).
squared_loss <- function(Z, y, weights, gradient) {
  difference <- Z - y
  step <- list(sum = sum(difference^2) / ncol(Z), correct = NA)
  if (gradient) step$dZ <- 2 / ncol(Z) * difference
  step
}
