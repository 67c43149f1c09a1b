# The layers that a net is written in: plain lists that say what the user asked for. What they do
# to a shape and to data stands in network.R.

new_layer <- function(kind, fields) {
  structure(fields, class = c(paste0("layer_", kind), "convstep_layer"))
}

activations <- c("relu", "leaky_relu", "sigmoid", "tanh", "none")

#' Layers of a network
#'
#' A network is written as a plain list of layers, from the input to the last hidden layer:
#' [cnn()] infers the shapes, and adds the affine layer to the outputs itself.
#'
#' @param filters The number of filters: the channels of the output.
#' @param f The window, in cells, one number or `c(vertical, horizontal)`.
#' @param stride The distance between windows, one number or two.
#' @param pad For `layer_conv()` the zeros around the input, one number or two; or `"valid"`
#'   (none); or `"same"`: as many as keep `ceiling(n / stride)` rows and columns. For
#'   `layer_pool()` the cells around the input, which never win a maximum and do not count in an
#'   average.
#' @param activation The function applied to each output value: `"relu"`, `"leaky_relu"`,
#'   `"sigmoid"`, `"tanh"` or `"none"`.
#' @param dilation The distance between the cells under a filter, one number or two.
#' @param groups The channels are cut into so many groups, and each filter sees its own only.
#' @param mode `"max"` or `"average"`.
#' @param units The number of outputs.
#' @param rate The share of the values that are set to zero in training, at least 0 and below 1.
#'   The others are divided by `1 - rate`, so that prediction can leave the layer out.
#' @param momentum The weight of the former running mean and variance, at least 0 and below 1, when
#'   a batch's are added.
#' @param eps A number added to the variance before its square root is taken.
#'
#' @return A list of class `convstep_layer` that holds the arguments.
#'
#' @details
#' `layer_conv()` is [conv_forward()], `layer_pool()` is [pool_forward()], `layer_affine()` is
#' [affine_forward()] after [arr2col()] where the input has rows and columns. `layer_global_pool()`
#' takes the mean (or the maximum) of each channel. `layer_batchnorm()` is [batchnorm_forward()]: it
#' normalises each channel over the batch in training, and by the running mean and variance in
#' prediction; put it behind a layer with `activation = "none"` and give it the activation instead.
#' `layer_dropout()` is [dropout_forward()].
#'
#' @section Errors:
#' A missing, unknown, fractional or negative value. Whether layers fit each other, and the input,
#' is seen when [cnn()] puts them together: it says which one does not, and the shape that reached
#' it.
#'
#' @seealso [lenet()] and [vgg_small()], ready lists of layers.
#' @examples
#' layers <- list(
#'   layer_conv(8, f = 3, pad = "same", activation = "none"),
#'   layer_batchnorm(activation = "relu"),
#'   layer_pool(2),
#'   layer_conv(16, f = c(3, 5)),
#'   layer_global_pool(),
#'   layer_dropout(0.2),
#'   layer_affine(32)
#' )
#' layers[[1]]
#' @name layers
NULL

#' @rdname layers
#' @export
layer_conv <- function(filters, f, stride = 1, pad = 0, activation = "relu", dilation = 1,
                       groups = 1) {
  new_layer("conv", list(
    filters = check_count(filters, "filters"),
    f = check_pair(f, "f", lower = 1),
    stride = check_pair(stride, "stride", lower = 1),
    pad = check_layer_pad(pad),
    activation = check_choice(activation, "activation", activations),
    dilation = check_pair(dilation, "dilation", lower = 1),
    groups = check_count(groups, "groups")
  ))
}

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

#' @rdname layers
#' @export
layer_affine <- function(units, activation = "relu") {
  new_layer("affine", list(
    units = check_count(units, "units"),
    activation = check_choice(activation, "activation", activations)
  ))
}

#' @rdname layers
#' @export
layer_dropout <- function(rate) {
  new_layer("dropout", list(rate = check_finite(rate, "rate", 0, 1)))
}

#' @rdname layers
#' @export
layer_batchnorm <- function(momentum = 0.9, eps = 1e-5, activation = "none") {
  new_layer("batchnorm", list(
    momentum = check_finite(momentum, "momentum", 0, 1),
    eps = check_positive(eps, "eps"),
    activation = check_choice(activation, "activation", activations)
  ))
}

check_layer_pad <- function(pad) {
  if (is.character(pad)) {
    check_choice(pad, "pad", c("same", "valid"))
  } else {
    check_pair(pad, "pad", lower = 0)
  }
}

#' @export
print.convstep_layer <- function(x, ...) {
  cat("<", class(x)[1], "> ", format_fields(x), "\n", sep = "")
  invisible(x)
}

# filters = 8, f = (3, 5), ...
format_fields <- function(x) {
  value <- function(field) {
    if (is.character(field)) {
      field
    } else if (length(field) == 2 && field[1] == field[2]) {
      format(field[1])
    } else if (length(field) == 2) {
      format_dim(field)
    } else {
      format(field)
    }
  }
  paste0(names(x), " = ", vapply(x, value, ""), collapse = ", ")
}
