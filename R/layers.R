# The layers that a net is written in: plain lists that say what the user asked for, each with a
# file of its own (layer-*.R) that holds
#   layer_<kind>()               the constructor, whose arguments are the fields of the list
#   build_layer.layer_<kind>()   what it does to a shape: see build_layer()
#   op_<kind>()                  what it does to data: see plan.R
# All are found by the class, so that a layer more is a file more and nothing else.

new_layer <- function(kind, fields) {
  structure(fields, class = c(paste0("layer_", kind), "convstep_layer"))
}

# What a layer makes of an input of `shape`: a list of
#   ops      its operations, in order, each on the output of the one before
#   output   the shape of its output
# and, where it has any,
#   params   its parameters by name, as random_weights() and constants() declare them
#   state    running statistics, vectors by name
#   macs     multiply-adds an image in the forward pass
# A shape is c(rows, columns, channels), or one number behind an affine layer.
build_layer <- function(layer, shape) UseMethod("build_layer")

# Parameters. `dim` is the shape, NULL for a plain vector; a start at `value`, or at random by He et
# al. (2015): normal with variance gain / fan_in. `decay`: whether weight decay shrinks them.
random_weights <- function(dim, fan_in, activation) {
  list(dim = as.integer(dim), size = prod(dim), sd = sqrt(activation_gain(activation) / fan_in),
       decay = TRUE)
}

constants <- function(value, dim = NULL, size = prod(dim)) {
  list(dim = if (!is.null(dim)) as.integer(dim), size = size, value = value, decay = FALSE)
}

start_value <- function(param) {
  values <- if (is.null(param$value)) {
    stats::rnorm(param$size, sd = param$sd)
  } else {
    rep(param$value, param$size)
  }
  if (is.null(param$dim)) values else array(values, param$dim)
}

need_image <- function(shape) {
  if (length(shape) != 3) {
    stop("It needs rows, columns and channels, which an affine layer gives up.")
  }
}

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
#'   `"sigmoid"`, `"tanh"`, `"elu"`, `"gelu"`, `"silu"`, `"hard_swish"`, `"softplus"`, `"relu6"`
#'   (see [relu()] and [further activations][further-activations]) or `"none"`.
#' @param dilation The distance between the cells under a filter, one number or two.
#' @param bias Whether the filters have biases; before [layer_batchnorm()], which takes means away,
#'   they do nothing.
#' @param groups The channels are cut into so many groups, and each filter sees its own only; for
#'   `layer_groupnorm()` each group is normalised by itself.
#' @param output_pad Rows and columns added at the end, one number or two, less than the stride.
#' @param multiplier The number of filters for each channel.
#' @param mode For pooling `"max"` or `"average"`; for `layer_upsample()` `"nearest"` or
#'   `"bilinear"`.
#' @param factor How many times as many rows and columns, one number or two.
#' @param units The number of outputs.
#' @param rate The share of the values that are set to zero in training, at least 0 and below 1.
#'   The others are divided by `1 - rate`, so that prediction can leave the layer out.
#' @param momentum The weight of the former running mean and variance, at least 0 and below 1, when
#'   a batch's are added.
#' @param over `"example"`: all values of an example together; `"channels"`: the channels of each
#'   pixel by itself.
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
#' `layer_groupnorm()` is [groupnorm_forward()] and `layer_layernorm()` is [layernorm_forward()]:
#' they look at each example by itself, also in training.
#' `layer_depthwise()` is a convolution that gives each channel filters of its own, [conv_forward()]
#' with as many groups as channels; followed by a 1x1 convolution it does the work of a full one at
#' a fraction of the cost. `layer_conv_transpose()` is [conv_transpose_forward()],
#' `layer_upsample()` is [upsample_forward()].
#' `layer_conv1d()` and `layer_pool1d()` work along the steps of a series. A net that begins with
#' one of them takes arrays `(m, steps, channels)`; inside, a series is an image of one column.
#' `layer_dropout()` is [dropout_forward()]. `layer_activation()` is an activation that no layer
#' before it can have, as behind [layer_parallel()].
#'
#' @section Errors:
#' A missing, unknown, fractional or negative value. Whether layers fit each other, and the input,
#' is seen when [cnn()] puts them together: it says which one does not, and the shape that reached
#' it.
#'
#' @seealso [layer_residual()] and [layer_parallel()], layers that hold others; [lenet()] and
#'   [vgg_small()], ready lists of layers.
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

# Names (conv1, pool1, ...) for the layers without one.
name_layers <- function(layers) {
  kinds <- vapply(layers, layer_kind, "")
  defaults <- if (length(layers) > 0) paste0(kinds, ave(seq_along(kinds), kinds, FUN = seq_along))
  given <- names(layers)
  if (is.null(given)) given <- rep("", length(layers))
  names(layers) <- ifelse(given == "", defaults, given)
  check_layer_names(names(layers), "layers")
  layers
}

# Names that tell layers, or branches, apart, also behind those around them.
check_layer_names <- function(names, argument) {
  twice <- names[duplicated(names)]
  if (length(twice) > 0) {
    stop_assertion(argument, "Must have names that differ, but has \"", twice[1], "\" twice")
  }
  bad <- grep("/", names, fixed = TRUE, value = TRUE)
  if (length(bad) > 0) {
    stop_assertion(argument, "Must have names without \"/\", but has ", quoted(bad[1]))
  }
}

layer_kind <- function(layer) sub("^layer_", "", class(layer)[1])

# The layers with the one to the outputs behind them: a number an output, or with "pixel" a number
# an output and pixel of what reaches it.
with_output <- function(layers, outputs, output = "affine") {
  last <- if (output == "pixel") {
    layer_conv(outputs, f = 1, activation = "none")
  } else {
    layer_affine(outputs, activation = "none")
  }
  name_layers(c(layers, list(output = last)))
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
    if (is.null(field)) {
      "NULL"
    } else if (is.list(field)) {
      format_dim(names(field))
    } else if (is.character(field)) {
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
