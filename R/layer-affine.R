# The affine layer.

#' @rdname layers
#' @export
layer_affine <- function(units, activation = "relu") {
  new_layer("affine", list(
    units = check_count(units, "units"),
    activation = check_choice(activation, "activation", activations)
  ))
}

build_layer.layer_affine <- function(layer, shape) {
  inputs <- as.integer(prod(shape))
  list(
    ops = c(list(op_affine), op_activation(layer$activation)),
    output = layer$units,
    params = list(W = random_weights(c(inputs, layer$units), inputs, layer$activation),
                  b = constants(0, c(1, layer$units))),
    macs = inputs * layer$units
  )
}

# W takes an image's cells as they lie, so that it needs no flattening.
op_affine <- list(
  kind = "affine",
  forward = function(A, p, training) {
    list(Z = affine_forward_cpp(A, p$W, p$b), cache = A)
  },
  backward = function(dZ, cache, p, wanted) {
    step <- affine_backward_cpp(dZ, cache, p$W, c(wanted, TRUE, TRUE))
    list(dA_prev = step$dA_prev, grads = list(W = step$dW, b = step$db))
  }
)
