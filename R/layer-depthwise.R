# Depthwise convolution: a convolution with a group for each channel.

#' @rdname layers
#' @export
layer_depthwise <- function(f, stride = 1, pad = 0, activation = "relu", dilation = 1,
                            multiplier = 1, bias = TRUE) {
  new_layer("depthwise", list(
    f = check_pair(f, "f", lower = 1),
    stride = check_pair(stride, "stride", lower = 1),
    pad = check_layer_pad(pad),
    activation = check_choice(activation, "activation", activations),
    dilation = check_pair(dilation, "dilation", lower = 1),
    multiplier = check_count(multiplier, "multiplier"),
    bias = check_flag(bias, "bias")
  ))
}

build_layer.layer_depthwise <- function(layer, shape) {
  need_image(shape)
  filters <- shape[3] * as.double(layer$multiplier)
  build_conv(layer, shape, filters, shape[3], layer$bias)
}
