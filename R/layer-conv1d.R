# Series: convolution and pooling along one axis. A series (steps, channels) is an image of one
# column, (steps, 1, channels).

#' @rdname layers
#' @export
layer_conv1d <- function(filters, f, stride = 1, pad = 0, activation = "relu", dilation = 1,
                         groups = 1) {
  new_layer("conv1d", list(
    filters = check_count(filters, "filters"),
    f = check_count(f, "f"),
    stride = check_count(stride, "stride"),
    pad = check_series_pad(pad),
    activation = check_choice(activation, "activation", activations),
    dilation = check_count(dilation, "dilation"),
    groups = check_count(groups, "groups")
  ))
}

#' @rdname layers
#' @export
layer_pool1d <- function(f, stride = f, mode = "max", pad = 0) {
  new_layer("pool1d", list(
    f = check_count(f, "f"),
    stride = check_count(stride, "stride"),
    mode = check_choice(mode, "mode", c("max", "average")),
    pad = check_series_pad(pad)
  ))
}

check_series_pad <- function(pad) {
  if (is.character(pad)) check_layer_pad(pad) else check_count(pad, "pad", lower = 0)
}

build_layer.layer_conv1d <- function(layer, shape) {
  need_series(shape)
  build_conv(along_series(layer), shape, layer$filters, layer$groups)
}

build_layer.layer_pool1d <- function(layer, shape) {
  need_series(shape)
  build_layer.layer_pool(along_series(layer), shape)
}

# The layer with windows of one column.
along_series <- function(layer) {
  layer$f <- c(layer$f, 1L)
  layer$stride <- c(layer$stride, 1L)
  if (is.numeric(layer$pad)) layer$pad <- c(layer$pad, 0L)
  if (!is.null(layer$dilation)) layer$dilation <- c(layer$dilation, 1L)
  layer
}

need_series <- function(shape) {
  if (length(shape) != 3 || shape[2] != 1) {
    stop("It needs a series: steps and channels, or rows of one column.")
  }
}

# Whether a net takes series: then its input may come as an array (m, steps, channels).
takes_series <- function(layers) {
  if (inherits(layers, "convstep_layer")) layers <- list(layers)
  first <- if (is.list(layers) && length(layers) > 0) layers[[1]]
  if (inherits(first, "layer_residual")) {
    takes_series(first$layers)
  } else if (inherits(first, "layer_parallel")) {
    any(vapply(first$branches, takes_series, NA))
  } else {
    inherits(first, "layer_conv1d") || inherits(first, "layer_pool1d")
  }
}

# An array (m, steps, channels) as images of one column; anything else as it is.
series_as_images <- function(x, is_series) {
  if (is_series && length(dim(x)) == 3) dim(x) <- c(dim(x)[1:2], 1L, dim(x)[3])
  x
}
