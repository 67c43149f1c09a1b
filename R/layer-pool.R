# Pooling, over windows and over whole channels.

#' @rdname layers
#' @export
layer_pool <- function(f, stride = f, mode = "max", pad = 0) {
  new_layer("pool", list(
    f = check_pair(f, "f", lower = 1),
    stride = check_pair(stride, "stride", lower = 1),
    mode = check_choice(mode, "mode", c("max", "average")),
    pad = check_layer_pad(pad)
  ))
}

#' @rdname layers
#' @export
layer_global_pool <- function(mode = "average") {
  new_layer("global_pool", list(mode = check_choice(mode, "mode", c("max", "average"))))
}

build_layer.layer_pool <- function(layer, shape) {
  need_image(shape)
  window <- c(layer$stride, check_pad(layer$pad), 1L, 1L)
  # The shape of a pooling is that of a convolution with its window.
  output <- conv_output_dim_cpp(c(1L, shape), c(layer$f, shape[3], shape[3]), window, 1L)[-1]
  list(ops = list(op_pool(layer$f, window, layer$mode)), output = output)
}

build_layer.layer_global_pool <- function(layer, shape) {
  need_image(shape)
  list(ops = list(op_pool(shape[1:2], rep(c(1L, 0L, 1L), each = 2), layer$mode)),
       output = c(1L, 1L, shape[3]))
}

op_pool <- function(f, window, mode) {
  average <- mode == "average"
  list(
    kind = "pool",
    is_maximum = !average && all(window[3:4] < f),
    forward = function(A, p, training) {
      list(Z = pool_forward_cpp(A, f, window, average), cache = A)
    },
    backward = function(dZ, cache, p, wanted) {
      list(dA_prev = if (wanted) pool_backward_cpp(dZ, cache, f, window, average, TRUE))
    }
  )
}
