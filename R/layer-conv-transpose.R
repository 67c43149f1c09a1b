# Transposed convolution.

#' @rdname layers
#' @export
layer_conv_transpose <- function(filters, f, stride = 1, pad = 0, activation = "relu",
                                 dilation = 1, groups = 1, output_pad = 0) {
  new_layer("conv_transpose", list(
    filters = check_count(filters, "filters"),
    f = check_pair(f, "f", lower = 1),
    stride = check_pair(stride, "stride", lower = 1),
    pad = check_layer_pad(pad),
    activation = check_choice(activation, "activation", activations),
    dilation = check_pair(dilation, "dilation", lower = 1),
    groups = check_count(groups, "groups"),
    output_pad = check_pair(output_pad, "output_pad", lower = 0)
  ))
}

build_layer.layer_conv_transpose <- function(layer, shape) {
  need_image(shape)
  need_groups(layer$groups, shape[3], layer$filters)
  window <- c(layer$stride, check_pad(layer$pad), layer$dilation, layer$output_pad)
  w_dim <- c(layer$f, layer$filters %/% layer$groups, shape[3])
  output <- conv_transpose_output_dim_cpp(c(1L, shape), w_dim, window, layer$groups)[-1]
  # So many products meet in an output cell on the average.
  fan_in <- prod(layer$f) / prod(layer$stride) * shape[3] / layer$groups
  list(
    ops = c(list(op_conv_transpose(window, layer$groups)), op_activation(layer$activation)),
    output = output,
    params = list(W = random_weights(w_dim, fan_in, layer$activation),
                  b = constants(0, c(1, 1, 1, layer$filters))),
    macs = prod(shape, w_dim[1:3])
  )
}

op_conv_transpose <- function(window, groups) {
  list(
    kind = "conv_transpose",
    forward = function(A, p, training) {
      list(Z = conv_transpose_forward_cpp(A, p$W, p$b, window, groups), cache = A)
    },
    backward = function(dZ, cache, p, wanted) {
      step <- conv_transpose_backward_cpp(dZ, cache, p$W, window, groups, c(wanted, TRUE, TRUE))
      m <- dim(cache)[1]
      list(dA_prev = step$dA_prev, grads = list(W = step$dW / m, b = step$db / m))
    }
  )
}
