# Dropout.

#' @rdname layers
#' @export
layer_dropout <- function(rate) {
  new_layer("dropout", list(rate = check_finite(rate, "rate", 0, 1)))
}

build_layer.layer_dropout <- function(layer, shape) {
  list(ops = list(op_dropout(layer$rate)), output = shape)
}

# In prediction it does nothing.
op_dropout <- function(rate) {
  list(
    kind = "dropout",
    forward = function(A, p, training) {
      if (!training) {
        return(list(Z = A))
      }
      step <- dropout_forward_cpp(A, rate, stats::runif(2))
      list(Z = step$A, cache = step$mask)
    },
    backward = function(dZ, cache, p, wanted) {
      list(dA_prev = if (wanted) dropout_backward_cpp(dZ, cache, rate))
    },
    predicting = list(
      forward = function(A, p, training) list(Z = A),
      backward = function(dZ, cache, p, wanted) list(dA_prev = dZ)
    )
  )
}
