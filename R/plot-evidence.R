#' Draw maps of evidence
#'
#' Lays maps such as [saliency()], [grad_cam()] and [occlusion()] return over their images: the
#' stronger the colour, the larger the value. Positive values are vermilion, negative ones blue,
#' missing ones yellow.
#'
#' Images are drawn pale and without colours, so that every colour is evidence: one channel as ink
#' on paper, 0 white and the largest value dark, three channels by their brightness. In a cell with
#' value \eqn{v}, the share \eqn{0.9 |v| / limit} of the colour is that of the evidence.
#'
#' @param map Maps `(m, n_H, n_W)`, or one matrix.
#' @param image The images, `(m, n_H, n_W, n_C)` of one or three channels, or `(m, n_H, n_W)`, or
#'   one image, `(n_H, n_W)` or `(n_H, n_W, n_C)`; or `NULL`: the maps alone.
#' @param labels What to write under each image, a vector of `m` values, or `NULL`.
#' @param limit The absolute value that has the full colour, one number above 0; by default the
#'   largest of each map by itself.
#' @param ncol The number of columns; chosen to fit by default.
#'
#' @return Invisibly, a character array `(m, n_H, n_W)` of the colours drawn.
#'
#' @section Errors:
#' A `map` of another rank, images of another size or number than the maps or with 2, 4 or more
#' channels; labels that are not one an image; a `limit` that is not above 0.
#'
#' @seealso [plot_images()], [plot_activations()]
#' @examples
#' digits <- mnist_sample()$test
#' x <- digits$x[1:60, , , , drop = FALSE]
#' fit <- cnn(x, digits$y[1:60], epochs = 3, verbose = FALSE)
#' few <- x[1:6, , , , drop = FALSE]
#' plot_evidence(grad_cam(fit, few), few, predict(fit, few))
#' @export
plot_evidence <- function(map, image = NULL, labels = NULL, limit = NULL, ncol = NULL) {
  map <- check_maps(map)
  extents <- dim(map)
  labels <- check_labels(labels, extents[1])
  limit <- if (!is.null(limit)) check_positive(limit, "limit")
  ncol <- check_columns(ncol)
  under <- if (is.null(image)) array(1, extents) else brightness(image, extents)
  pixels <- array("", extents)
  for (i in seq_len(extents[1])) {
    pixels[i, , ] <- overlaid(map[i, , ], under[i, , ], limit)
  }
  draw_sheet(pixels, labels, theme$ink, ncol)
}

check_maps <- function(map) {
  extents <- dim(map)
  if (!is_numeric_like(map) || !length(extents) %in% 2:3 || any(utils::tail(extents, 2) < 1)) {
    stop_assertion("map", "Must be maps, a numeric array (m, n_H, n_W), or one matrix, but is ",
                   describe(map))
  }
  array(as.double(map), if (length(extents) == 2) c(1, extents) else extents)
}

# How light each pixel of the images is, from ink (0) to paper (1), none darker than half.
brightness <- function(image, extents) {
  one <- dim(image)
  if (extents[1] == 1 && length(one) == 3 && identical(as.integer(one[1:2]), extents[2:3])) {
    dim(image) <- c(1L, one)
  }
  image <- check_pictures(image, "image")
  if (!identical(dim(image)[1:3], extents)) {
    stop_assertion("image", "Must be the images of the maps, ", format_dim(extents),
                   ", but has dim ", format_dim(dim(image)))
  }
  share <- share_between(image, range(0, image[is.finite(image)]))
  share[is.na(share)] <- 0
  if (dim(image)[4] == 3) {
    # The weights of red, green and blue in what the eye sees as light (ITU-R BT.601).
    light <- as.vector(matrix(share, ncol = 3) %*% c(0.299, 0.587, 0.114))
  } else {
    light <- 1 - share
  }
  array(0.5 + 0.5 * light, extents)
}

# Colours of one map over one image.
overlaid <- function(map, light, limit) {
  if (is.null(limit)) limit <- even_limits(map)[2]
  strength <- 0.9 * share_between(abs(map), c(0, limit))
  known <- !is.na(strength)
  colours <- rep(theme$missing, length(strength))
  mixed <- grDevices::col2rgb(ifelse(map > 0, theme$vermilion, theme$blue)[known]) / 255
  mixed <- t(mixed) * strength[known] + light[known] * (1 - strength[known])
  colours[known] <- grDevices::rgb(mixed)
  colours
}
