# Convolution.

#' @rdname layers
#' @export
layer_conv <- function(filters, f, stride = 1, pad = 0, activation = "relu", dilation = 1,
                       groups = 1, bias = TRUE) {
  new_layer("conv", list(
    filters = check_count(filters, "filters"),
    f = check_pair(f, "f", lower = 1),
    stride = check_pair(stride, "stride", lower = 1),
    pad = check_layer_pad(pad),
    activation = check_choice(activation, "activation", activations),
    dilation = check_pair(dilation, "dilation", lower = 1),
    groups = check_count(groups, "groups"),
    bias = check_flag(bias, "bias")
  ))
}

build_layer.layer_conv <- function(layer, shape) {
  need_image(shape)
  build_conv(layer, shape, layer$filters, layer$groups, layer$bias)
}

build_conv <- function(layer, shape, filters, groups, bias = TRUE) {
  need_groups(groups, shape[3], filters)
  window <- c(layer$stride, check_pad(layer$pad), layer$dilation)
  w_dim <- c(layer$f, shape[3] %/% groups, filters)
  output <- conv_output_dim_cpp(c(1L, shape), w_dim, window, groups)[-1]
  list(
    ops = c(list(op_conv(window, groups, if (!bias) numeric(filters))),
            op_activation(layer$activation)),
    output = output,
    params = c(list(W = random_weights(w_dim, prod(w_dim[1:3]), layer$activation)),
               if (bias) list(b = constants(0, c(1, 1, 1, filters)))),
    macs = prod(output, w_dim[1:3])
  )
}

need_groups <- function(groups, channels, filters) {
  if (channels %% groups != 0 || filters %% groups != 0) {
    stop("The groups must divide the channels and the filters, but are ", groups, " for ",
         channels, " channels and ", filters, " filters.")
  }
}

# `zeros` stand for the biases of a layer that has none.
op_conv <- function(window, groups, zeros = NULL) {
  biased <- is.null(zeros)
  list(
    kind = "conv",
    forward = function(A, p, training) {
      b <- if (biased) p$b else zeros
      list(Z = conv_forward_cpp(A, p$W, b, window, groups), cache = A)
    },
    backward = function(dZ, cache, p, wanted) {
      step <- conv_backward_cpp(dZ, cache, p$W, window, groups, c(wanted, TRUE, biased))
      m <- dim(cache)[1]
      # Sums over the batch; a step of the optimizer takes means.
      list(dA_prev = step$dA_prev,
           grads = c(list(W = step$dW / m), if (biased) list(b = step$db / m)))
    }
  )
}
