#' Shift images at random
#'
#' Makes a function for the argument `augment` of [cnn()]: it moves each image of a batch by a
#' random number of cells, so that the net sees it elsewhere in each epoch.
#'
#' @param max The largest shift, in cells, up or down and left or right: one number or
#'   `c(vertical, horizontal)`. All shifts up to it are equally likely.
#' @param fill The value of the cells that come in at the border.
#'
#' @return A function that takes an array `(b, n_H, n_W, n_C)` and returns one like it.
#'
#' @section Errors:
#' A negative or fractional `max`, a `fill` that is not one number.
#'
#' @examples
#' digits <- mnist_sample()$test$x[1:4, , , , drop = FALSE]
#' shift <- augment_shift(max = 3)
#' set.seed(1)
#' shifted <- shift(digits)
#' dim(shifted)
#' @export
augment_shift <- function(max = 2, fill = 0) {
  max <- check_pair(max, "max", lower = 0)
  fill <- as.double(checkmate::assert_number(fill, finite = TRUE))
  function(x) {
    x <- check_array4(x, "x")
    draw <- function(most) sample.int(2 * most + 1, dim(x)[1], replace = TRUE) - 1 - most
    fresh(shift_images_cpp(x, draw(max[1]), draw(max[2]), fill))
  }
}
