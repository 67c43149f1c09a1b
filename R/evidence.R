# Where in an image a net found its answer: maps of evidence.

#' Maps of evidence for a class
#'
#' Where in each image a net sees a class, told in three ways.
#'
#' `saliency()` is the largest absolute [input_gradient()] over the channels,
#' \deqn{S_{n,h,w} = \max_c |G_{n,h,w,c}|}
#' cell by cell exact, and often grainy.
#'
#' `grad_cam()` weighs the channels of a convolution's outputs \eqn{A} by the mean slope of the
#' class's output \eqn{z_k} along them,
#' \deqn{M_{n,h,w} = \max\left(0, \sum_c \alpha_{n,c} A_{n,h,w,c}\right), \quad
#'   \alpha_{n,c} = \frac{1}{H W} \sum_{h,w} \frac{\partial z_k}{\partial A_{n,h,w,c}}}
#' and enlarges the map to the image, bilinearly, cells seen as squares as in [upsample_forward()].
#' It is smooth, and as coarse as the layer; where every weighted sum is negative, it is 0 all over.
#'
#' `occlusion()` covers a window with `value`, and asks the net again: the map holds by how much the
#' class lost, in each cell the mean over the windows that cover it. It takes one prediction a
#' window, and nothing but predictions.
#'
#' @inheritParams input_gradient
#' @param layer The layer of `grad_cam()`, by name: one whose output has rows and columns. The last
#'   convolution by default.
#' @param size The window, in cells, one number or `c(vertical, horizontal)`; a seventh of the image
#'   by default.
#' @param stride The distance between windows, one number or two, at most `size`; half of it by
#'   default. A last window always touches the end of the image.
#' @param value What the window is filled with, on the scale of the images: one number, or one a
#'   channel. `NULL`: the mean of each channel of `x`.
#' @param type What is lost: `"prob"`, the probability of the class (of a regression the number), or
#'   `"logit"`, the output before the softmax or the sigmoid; their means over the pixels where
#'   those are classified.
#'
#' @return An array `(m, n_H, n_W)`, a map an image. Those of `saliency()` and `grad_cam()` have no
#'   negative values; in those of `occlusion()` they stand where the class gained by the cover.
#'
#' @section Errors:
#' Those of [input_gradient()]; a `layer` that does not exist or has no rows and columns; a window
#' larger than the image, a stride larger than the window, a `value` that is not finite.
#'
#' @references Simonyan, K., Vedaldi, A. and Zisserman, A. (2014). Deep inside convolutional
#'   networks: visualising image classification models and saliency maps. ICLR Workshop.
#'   <https://arxiv.org/abs/1312.6034>
#'
#'   Selvaraju, R. R., Cogswell, M., Das, A., Vedantam, R., Parikh, D. and Batra, D. (2017).
#'   Grad-CAM: visual explanations from deep networks via gradient-based localization. IEEE
#'   International Conference on Computer Vision. <https://arxiv.org/abs/1610.02391>
#'
#'   Zeiler, M. D. and Fergus, R. (2014). Visualizing and understanding convolutional networks.
#'   European Conference on Computer Vision. <https://arxiv.org/abs/1311.2901>: occlusion.
#' @seealso [plot_evidence()] draws them.
#' @examples
#' digits <- mnist_sample()$test
#' x <- digits$x[1:60, , , , drop = FALSE]
#' fit <- cnn(x, digits$y[1:60], epochs = 3, verbose = FALSE)
#' few <- x[1:4, , , , drop = FALSE]
#' plot_evidence(saliency(fit, few), few)
#' plot_evidence(grad_cam(fit, few), few)
#' plot_evidence(occlusion(fit, few[1, , , ], size = 7, type = "logit"), few[1, , , ])
#' @name evidence
NULL

#' @rdname evidence
#' @export
saliency <- function(fit, x, class = NULL) {
  slopes <- abs(input_gradient(fit, x, class))
  extents <- dim(slopes)
  cells <- matrix(slopes, ncol = extents[4])
  array(do.call(pmax, lapply(seq_len(extents[4]), function(k) cells[, k])), extents[1:3])
}

#' @rdname evidence
#' @export
grad_cam <- function(fit, x, class = NULL, layer = NULL) {
  check_fit(fit, whole = FALSE)
  x <- all_images(check_newdata(x, "x", fit$input))
  class <- check_output_choice(class, fit, dim(x)[1])
  layer <- check_map_layer(layer, fit)
  maps <- array(0, dim(x)[1:3])
  each_slope(fit, x, class, layer, function(rows, slope, values) {
    for (i in seq_along(rows)) {
      # A row a cell, a column a channel.
      A <- matrix(values[i, , , ], ncol = dim(values)[4])
      alpha <- colMeans(matrix(slope[i, , , ], ncol = dim(values)[4]))
      map <- matrix(pmax(A %*% alpha, 0), dim(values)[2])
      maps[rows[i], , ] <<- enlarge(map, dim(x)[2:3])
    }
  })
  maps
}

check_map_layer <- function(layer, fit) {
  if (is.null(layer)) {
    found <- convolutions(fit)
    if (length(found) == 0) {
      stop_assertion("layer", "Must be given, as the net has no convolution")
    }
    return(found[length(found)])
  }
  layer <- check_layer_name(fit, layer)
  if (length(fit_plan(fit)$layers[[layer]]$output) != 3) {
    stop_assertion("layer", "Must be a layer whose output has rows and columns, but \"", layer,
                   "\" has none")
  }
  layer
}

# A matrix of another size, by linear interpolation along both axes.
enlarge <- function(map, extents) {
  interpolation(nrow(map), extents[1]) %*% map %*% t(interpolation(ncol(map), extents[2]))
}

# The weights of n values for each of `to` that stand in their place, cells seen as squares.
interpolation <- function(n, to) {
  y <- pmin(pmax((seq_len(to) - 0.5) * n / to - 0.5, 0), n - 1)
  below <- pmin(floor(y), n - 1)
  weights <- matrix(0, to, n)
  weights[cbind(seq_len(to), below + 1)] <- 1 - (y - below)
  above <- cbind(seq_len(to), pmin(below + 1, n - 1) + 1)
  weights[above] <- weights[above] + (y - below)
  weights
}

#' @rdname evidence
#' @export
occlusion <- function(fit, x, class = NULL, size = NULL, stride = NULL, value = NULL,
                      type = c("prob", "logit")) {
  check_fit(fit, whole = FALSE)
  type <- check_option(type, "type", c("prob", "logit"))
  x <- all_images(check_newdata(x, "x", fit$input))
  x <- array(as.double(x), dim(x))
  m <- dim(x)[1]
  window <- check_cover(size, stride, fit$input)
  value <- check_cover_value(value, x)
  Z <- fit_outputs(fit, x, 256)
  class <- check_output_choice(class, fit, m)
  weights <- slope_of_output(Z, class)
  score <- function(Z) {
    values <- array(loss_prediction(fit$loss, Z, type, fit), dim(Z))
    rowSums(matrix(values * weights, m)) / prod(dim(Z)[-c(1, length(dim(Z)))])
  }
  whole <- score(Z)
  lost <- covers <- array(0, dim(x)[1:3])
  for (top in cover_starts(fit$input[1], window$size[1], window$stride[1])) {
    for (left in cover_starts(fit$input[2], window$size[2], window$stride[2])) {
      rows <- seq.int(top, length.out = window$size[1])
      columns <- seq.int(left, length.out = window$size[2])
      covered <- x
      covered[, rows, columns, ] <- rep(value, each = m * prod(window$size))
      lost[, rows, columns] <- lost[, rows, columns] + whole - score(fit_outputs(fit, covered, 256))
      covers[, rows, columns] <- covers[, rows, columns] + 1
    }
  }
  lost / covers
}

# Where windows start on an axis of n cells.
cover_starts <- function(n, size, stride) {
  unique(c(seq.int(1, n - size + 1, by = stride), n - size + 1))
}

check_cover <- function(size, stride, input) {
  size <- if (is.null(size)) ceiling(input[1:2] / 7) else check_pair(size, "size", lower = 1)
  if (any(size > input[1:2])) {
    stop_assertion("size", "Must fit into the image, ", input[1], " rows and ", input[2],
                   " columns, but is ", paste(size, collapse = ", "))
  }
  stride <- if (is.null(stride)) ceiling(size / 2) else check_pair(stride, "stride", lower = 1)
  if (any(stride > size)) {
    stop_assertion("stride", "Must be at most 'size', ", paste(size, collapse = ", "),
                   ", but is ", paste(stride, collapse = ", "))
  }
  list(size = size, stride = stride)
}

# The value of the cover, one a channel.
check_cover_value <- function(value, x) {
  channels <- dim(x)[4]
  if (is.null(value)) {
    return(colMeans(matrix(x, ncol = channels)))
  }
  if (!is_numeric_like(value) || !length(value) %in% c(1, channels) || !all(is.finite(value))) {
    stop_assertion("value", "Must be one finite number, or one a channel (", channels,
                   "), but is ", describe_number(value))
  }
  rep_len(as.double(value), channels)
}
