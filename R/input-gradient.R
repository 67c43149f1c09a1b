# Gradients of what a net puts out, with respect to its images or to the output of a layer.

#' The gradient of an output with respect to the images
#'
#' How much each value of an image would change the net's output for a class, to first order.
#'
#' For the output \eqn{z_k} of class \eqn{k} before the softmax or the sigmoid (of a regression: the
#' number \eqn{k} itself), and each image \eqn{x_n} by itself,
#' \deqn{G_{n,h,w,c} = \frac{\partial z_k(x_n)}{\partial x_{n,h,w,c}}}
#' of the net as it predicts: dropout does nothing, and the running statistics of batch
#' normalisation are constants. Where classes are predicted for pixels, \eqn{z_k} is the sum over
#' all pixels.
#'
#' @inheritParams layer_outputs
#' @param class Which output: a class, or a number of 1 or more or a name where the net does not
#'   predict one of several classes. One for all images, or one an image. `NULL` is the predicted
#'   class (of each pixel its own), or the output of a net that has one.
#'
#' @return An array `(m, n_H, n_W, n_C)` like the images, on their own scale: a change of an image
#'   by `d` changes the output by about `sum(G * d)`, whatever factor the net scales images by. A
#'   series is an image of one column.
#'
#' @section Errors:
#' Images of another shape than the net was trained on, with `NA` or infinite values; a `class` that
#' the net does not know, or `NULL` where it has several outputs that are no classes.
#'
#' @references Simonyan, K., Vedaldi, A. and Zisserman, A. (2014). Deep inside convolutional
#'   networks: visualising image classification models and saliency maps. ICLR Workshop.
#'   <https://arxiv.org/abs/1312.6034>
#' @seealso [saliency()], [grad_cam()] and [occlusion()], maps made to be looked at.
#' @examples
#' digits <- mnist_sample()$test
#' x <- digits$x[1:40, , , , drop = FALSE]
#' fit <- cnn(x, digits$y[1:40], epochs = 2, verbose = FALSE)
#' G <- input_gradient(fit, x[1:2, , , , drop = FALSE], class = "7")
#' plot_channels(G[1, , , , drop = FALSE])
#' @export
input_gradient <- function(fit, x, class = NULL) {
  check_fit(fit, whole = FALSE)
  x <- all_images(check_newdata(x, "x", fit$input))
  class <- check_output_choice(class, fit, dim(x)[1])
  slopes <- array(0, dim(x))
  each_slope(fit, x, class, NULL, function(rows, slope, values) slopes[rows, , , ] <<- slope)
  factor <- if (is.list(fit$scale)) 1 / fit$scale$sd else fit$scale
  slopes * rep(factor, each = prod(dim(x)[1:3]), length.out = length(slopes))
}

# Goes through images in batches, and calls `use(rows, slope, values)` with the gradient of the
# output `class` with respect to the output of `layer`, a path, or, with NULL, to what the net sees
# of the images, and with the values it was taken at.
each_slope <- function(fit, x, class, layer, use, size = 64) {
  plan <- predicting_plan(fit)
  at <- if (is.null(layer)) 0L else plan$layers[[layer]]$value
  former <- suspend_pool_cpp()
  on.exit(resume_pool_cpp(former))
  bounds <- batch_bounds(dim(x)[1], size)
  for (i in seq_along(bounds$first)) {
    rows <- bounds$first[i]:bounds$last[i]
    images <- gather_images(x, rows, fit$scale, is_single(fit))
    forward <- network_forward(plan, fit$params, fit$state, images, training = TRUE, keep = TRUE)
    dZ <- slope_of_output(to_double_cpp(forward$Z), class[rows])
    if (is_single(fit)) dZ <- to_single_cpp(dZ)
    slope <- network_slopes(plan, fit$params, forward$caches, dZ, at)$slope
    values <- if (at == 0) images else forward$values[[at]]
    use(rows, to_double_cpp(slope), to_double_cpp(values))
  }
}

# A plan that keeps what a gradient needs, but computes what prediction does.
predicting_plan <- function(fit) {
  plan <- network_plan(fit$layers, fit$input, fuse = FALSE)
  nodes <- lapply(plan$nodes, function(node) {
    node[names(node$predicting)] <- node$predicting
    node
  })
  plan$nodes <- mark_nodes(nodes, character(), images = TRUE)
  plan
}

# The gradient of the sum of the chosen outputs: 1 at each of them. `class` holds a number an image,
# or NA for the largest.
slope_of_output <- function(Z, class) {
  extents <- dim(Z)
  # A row an image, or a row a pixel of an image.
  rows <- matrix(Z, ncol = extents[length(extents)])
  class <- rep_len(class, nrow(rows))
  class <- ifelse(is.na(class), max.col(rows, "first"), class)
  dZ <- array(0, dim(rows))
  dZ[cbind(seq_along(class), class)] <- 1
  array(dZ, extents)
}

# The numbers of the outputs that the user chose for m images; NA for what is predicted.
check_output_choice <- function(class, fit, m) {
  known <- if (is.null(fit$levels)) fit$output_names else fit$levels
  numbered <- is.null(fit$levels)
  if (is.null(class)) {
    if (numbered && fit$outputs > 1) {
      stop_assertion("class", "Must be given, as the net has ", fit$outputs, " outputs that are ",
                     "no classes")
    }
    return(rep(if (numbered) 1L else NA_integer_, m))
  }
  fine <- is.null(dim(class)) && (is.atomic(class) || is.factor(class)) && !is.raw(class)
  if (!fine || !length(class) %in% c(1, m) || length(class) == 0) {
    stop_assertion("class", "Must be one class, or one an image (", m, "), but is ",
                   describe(class))
  }
  codes <- if (numbered && is.numeric(class)) {
    match(class, seq_len(fit$outputs))
  } else {
    match(as.character(class), known)
  }
  if (anyNA(codes)) {
    stop_assertion(
      "class", "Must be among ",
      if (!is.null(known)) paste0("\"", known, "\"", collapse = ", "),
      if (!is.null(known) && numbered) " or ",
      if (numbered) paste("the numbers from 1 to", fit$outputs),
      ", but holds ", quoted(as.character(class[is.na(codes)][1]))
    )
  }
  rep_len(codes, m)
}
