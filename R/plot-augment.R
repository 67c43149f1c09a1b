#' Draw what an augmentation makes of images
#'
#' Draws each image, and beside it what becomes of it several times: the way to see whether an
#' augmentation is too weak to matter, or so strong that you would not know the image again.
#'
#' @param x Images, an array `(m, n_H, n_W, n_C)` of one or three channels, or an [image_source()].
#' @param augment What [augment] functions return, or another function for the argument `augment` of
#'   [cnn()].
#' @param times How many variants of each image to draw.
#' @param max How many images to draw at most: the first ones.
#' @param seed The seed of what is random.
#' @param scale The factor by which the values are multiplied first, as in [cnn()].
#'
#' @return Invisibly, a character array `(images, rows, columns)` of the colours drawn: image 1, its
#'   variants, image 2, ...
#'
#' @section Errors:
#' As for [plot_images()]; an `augment` that is not a function, or returns another shape.
#'
#' @examples
#' digits <- mnist_sample()$test
#' plot_augment(digits$x[c(1, 300, 500), , , ], augment_compose(augment_rotate(20), augment_zoom()))
#' @export
plot_augment <- function(x, augment, times = 7, max = 6, seed = 1, scale = NULL) {
  if (is.null(augment)) stop_assertion("augment", "Must be a function, but is NULL")
  check_function(augment, "augment")
  times <- check_count(times, "times")
  max <- check_count(max, "max")
  seed <- check_count(seed, "seed", lower = 0)
  images <- check_images(x, "x")
  scale <- check_scale(scale, images)
  rows <- seq_len(min(max, dim(images)[1]))
  if (identical(scale, "standardise")) scale <- standardising(images, rows)
  x <- gather_images(image_taker(images)$take(rows), rows, scale)
  variants <- lapply(seq_len(times), function(epoch) {
    with_stream(seed, epoch, 1, 1, augment_batch(augment, x, NULL, c(seed, epoch, 1))$x)
  })
  all <- array(unlist(c(list(x), variants)), c(length(rows), dim(x)[-1], times + 1))
  all <- aperm(all, c(5, 1, 2, 3, 4))
  dim(all) <- c((times + 1) * length(rows), dim(x)[-1])
  plot_images(all, max = dim(all)[1], ncol = times + 1, limits = range(0, x))
}
