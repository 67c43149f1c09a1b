# The losses of cnn(). Each takes the outputs of a batch (m, K) and its targets, and returns `sum`,
# the sum of the examples' losses, `correct`, how many are classified right (NA for a regression),
# and `dZ`, the gradient of each example's loss with respect to the outputs, or NULL if that is not
# wanted.

loss_function <- function(loss) {
  switch(loss, cross_entropy = softmax_loss, mse = on_doubles(squared_loss))
}

# A loss written in R, for outputs that may be floats.
on_doubles <- function(loss) {
  function(Z, y, weights, gradient) {
    result <- loss(to_double_cpp(Z), y, weights, gradient)
    if (gradient && is.integer(Z)) result$dZ <- to_single_cpp(result$dZ)
    result
  }
}

# `y` holds the columns of the true classes, as integers, or is a matrix of doubles (m, K), each
# example's shares of the classes; `weights` a number a class, or NULL.
softmax_loss <- function(Z, y, weights, gradient) softmax_loss_cpp(Z, y, weights, gradient)

# The mean over the outputs of the squared differences. `y` is a matrix (m, K).
squared_loss <- function(Z, y, weights, gradient) {
  difference <- Z - y
  list(sum = sum(difference^2) / ncol(Z), correct = NA,
       dZ = if (gradient) 2 / ncol(Z) * difference)
}
