#' Pooling, forward pass
#'
#' Slides a window over each channel of each example and keeps the largest value, or the average,
#' of the cells under it.
#'
#' With window `f`, stride `s` and padding `p` (vertical `v`, horizontal `h`), counted from 0,
#' \deqn{A_{n,h,w,c} = \max_{i < f_v,\, j < f_h} A^{prev}_{n,\; h s_v + i - p_v,\;
#'   w s_h + j - p_h,\; c}}
#' or the mean of the same cells. The output has
#' \deqn{n_H = \lfloor (n_{H,prev} + 2 p_v - f_v) / s_v \rfloor + 1}
#' rows, and columns alike.
#'
#' Padding never wins a maximum and does not count in an average: a window that hangs over the edge
#' is pooled over its real cells. Where it has none at all, its maximum is `-Inf` and its average
#' `NaN`. A window that holds a `NaN` or `NA` gives `NaN` or `NA` in both modes.
#'
#' @param A_prev The input, `(m, n_H_prev, n_W_prev, n_C)`: `m` examples, rows, columns, channels.
#'   Integers and logicals are taken as doubles. `m` may be 0: the output is empty then.
#' @param hparameters A list:
#'   * `f`: the extent of the window, one number or `c(vertical, horizontal)`.
#'   * `stride`: the distance between windows, one number or two.
#'   * `pad`: the rows and columns of padding, one number or two; or `"valid"` (none); or `"same"`:
#'     as many as give `ceiling(n / stride)` outputs; 0 if absent.
#' @param mode `"max"` or `"average"`.
#'
#' @return A list of `A`, the output `(m, n_H, n_W, n_C)`, and `cache`, a list of `A_prev` and
#'   `hparameters` for [pool_backward()].
#'
#' @section Differences from the notebook:
#' A `mode` other than `"max"` and `"average"` is an error; the notebook takes it for an average.
#' See [convstep-differences].
#'
#' @section Errors:
#' Arguments of another type or rank, a window larger than the padded input, an unknown `mode`, a
#' hyperparameter that is missing, unknown, fractional, `NA`, negative or (but for `pad`) zero.
#'
#' @references Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep
#'   learning. <https://arxiv.org/abs/1603.07285>: the output sizes.
#' @seealso [pool_backward()]
#' @examples
#' image <- array(c(1, 5, 2, 6, 3, 7, 4, 8), c(1, 2, 4, 1))
#' image[1, , , 1]
#' pool_forward(image, list(f = 2, stride = 2))$A[1, , , 1]
#' pool_forward(image, list(f = 2, stride = 2), mode = "average")$A[1, , , 1]
#' @export
pool_forward <- function(A_prev, hparameters, mode = "max") {
  A_prev <- check_array4(A_prev, "A_prev")
  hp <- pool_hparameters(hparameters)
  check_choice(mode, "mode", c("max", "average"))
  A <- fresh(pool_forward_cpp(A_prev, hp$f, hp$window, mode == "average"))
  list(A = A, cache = list(A_prev = A_prev, hparameters = hparameters))
}

#' Pooling, backward pass
#'
#' The gradient of the cost with respect to the input of [pool_forward()], from the gradient with
#' respect to its output. A cell under several windows gets the sum of their shares.
#'
#' In mode `"average"` each real cell of a window gets an equal share. In mode `"max"` the gradient
#' goes to the maximum; `ties` says what happens where it occurs more than once:
#' * `"all"`, the notebook's rule: every maximum gets the whole gradient, so a window of equal
#'   values passes on more than it received. The cells are multiplied by the 0/1 mask of
#'   [create_mask_from_window()] as R multiplies, so a window that holds a `NaN` gets `NaN`
#'   throughout, and a gradient that is not finite gives `NaN` where the mask is 0.
#' * `"first"`, the rule of the deep learning frameworks, for training: the first maximum alone gets
#'   the gradient, and other cells nothing. Cells are looked through row by row, each row from left
#'   to right. In a window that holds a `NaN`, the first `NaN` counts as the maximum.
#'
#' @param dA The gradient with respect to `A`, `(m, n_H, n_W, n_C)`.
#' @param cache The `cache` that [pool_forward()] returned.
#' @param mode `"max"` or `"average"`, as in the forward pass.
#' @param ties `"all"` or `"first"`; see Details. Without effect on averages.
#'
#' @return An array like `cache$A_prev`, `(m, n_H_prev, n_W_prev, n_C)`.
#'
#' @section Differences from the notebook:
#' Arrays with one channel, one row or one column are ordinary cases; the
#' notebook stops with an error in mode `"max"`. An unknown `mode` is an error; the notebook returns
#' zeros. With `ties = "all"`, the default, the gradient is the notebook's. See
#' [convstep-differences].
#'
#' @section Errors:
#' A `cache` that is no such list, a `dA` of another shape than the `A` that belongs to the cache,
#' an unknown `mode` or `ties`.
#'
#' @seealso [pool_forward()], [create_mask_from_window()], [distribute_value()]
#' @examples
#' window <- matrix(c(1, 5, 5, 2), 2)
#' window
#' out <- pool_forward(array(window, c(1, 2, 2, 1)), list(f = 2, stride = 2))
#' dA <- array(1, c(1, 1, 1, 1))
#' pool_backward(dA, out$cache)[1, , , 1]
#' # Row 1 is looked through before row 2: the 5 on the right comes first.
#' pool_backward(dA, out$cache, ties = "first")[1, , , 1]
#' @export
pool_backward <- function(dA, cache, mode = "max", ties = "all") {
  check_cache(cache, c("A_prev", "hparameters"))
  A_prev <- check_array4(cache$A_prev, "cache$A_prev")
  hp <- pool_hparameters(cache$hparameters)
  check_choice(mode, "mode", c("max", "average"))
  check_choice(ties, "ties", c("all", "first"))
  dA <- check_dim(dA, "dA", pool_output_dim_cpp(A_prev, hp$f, hp$window), "as 'A' has")
  fresh(pool_backward_cpp(dA, A_prev, hp$f, hp$window, mode == "average", ties == "first"))
}

#' Where the maximum of a window lies
#'
#' Marks every cell of a window that holds its largest value: the mask by which max pooling passes
#' its gradient back.
#'
#' @param x A window: numbers of any shape, at least one.
#'
#' @return 0 and 1, in the shape of `x`: 1 at every maximum. All `NA` if `x` holds an `NA` or `NaN`,
#'   as its maximum is unknown then.
#'
#' @section Errors:
#' An `x` that is not numeric or has no values.
#'
#' @seealso [pool_backward()]
#' @examples
#' create_mask_from_window(matrix(c(1, 4, 4, 2), 2))
#' @export
create_mask_from_window <- function(x) {
  x <- check_numeric(x, "x")
  if (length(x) == 0) {
    stop_assertion("x", "Must have at least one value, but is ", describe(x))
  }
  mask <- x == max(x)
  storage.mode(mask) <- "double"
  mask
}

#' Share a gradient out evenly
#'
#' Spreads one number over a window in equal parts: how average pooling passes its gradient back.
#'
#' @param dz The number.
#' @param shape The rows and columns of the window, two whole numbers of at least 1.
#'
#' @return A matrix of `shape[1]` rows and `shape[2]` columns, each cell
#'   \eqn{dz / (shape_1 \cdot shape_2)}{dz / prod(shape)}.
#'
#' @section Errors:
#' A `dz` that is not one number, a `shape` that is not two whole numbers of at least 1.
#'
#' @seealso [pool_backward()]
#' @examples
#' distribute_value(1, c(2, 2))
#' @export
distribute_value <- function(dz, shape) {
  dz <- check_numeric(dz, "dz")
  if (length(dz) != 1) {
    stop_assertion("dz", "Must be one number, but is ", describe(dz))
  }
  if (length(shape) != 2) {
    stop_assertion("shape", "Must be two whole numbers (rows, columns), but is ", describe(shape))
  }
  shape <- check_pair(shape, "shape", lower = 1)
  matrix(as.vector(dz) / prod(shape), shape[1], shape[2])
}
