#' Zero padding
#'
#' Puts rows and columns of zeros around each example of a batch.
#'
#' @param input An array `(m, n_H, n_W, n_C)`: `m` examples, rows, columns, channels. Integers and
#'   logicals are taken as doubles. `m` may be 0.
#' @param stride The width of the padding (the notebook's name for it): so many rows above and
#'   below, and so many columns left and right; one number or `c(vertical, horizontal)`. 0 is
#'   allowed.
#'
#' @return An array `(m, n_H + 2 * stride, n_W + 2 * stride, n_C)`.
#'
#' @section Errors:
#' An `input` that is no numeric array of four dimensions, or has no rows, columns or channels; a
#' `stride` that is negative, fractional or `NA`.
#'
#' @seealso [conv_forward()], which pads as it goes (`hparameters$pad`).
#' @examples
#' image <- array(1:4, c(1, 2, 2, 1))
#' pad3d(image, 1)[1, , , 1]
#' dim(pad3d(image, c(0, 3)))
#' @export
pad3d <- function(input, stride = 1) {
  input <- check_array4(input, "input")
  fresh(pad3d_cpp(input, check_pair(stride, "stride", lower = 0)))
}
