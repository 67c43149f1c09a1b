#' Enlarge images
#'
#' Repeats the cells of each channel, or interpolates between them, so that there are `factor` times
#' as many rows and columns; and the gradient of that.
#'
#' With `"nearest"` each cell becomes a block of equal cells. With `"bilinear"` cells are seen as
#' squares: the centre of new row \eqn{h} lies at \eqn{y = (h + 1/2) / f - 1/2} among the centres of
#' the former ones (counted from 0), at least at 0, and with \eqn{i = \lfloor y \rfloor}
#' \deqn{Z_h = (1 - (y - i)) A_i + (y - i) A_{\min(i + 1, H - 1)}}
#' and alike for the columns: what PyTorch and TensorFlow do without aligned corners. The backward
#' pass gives each cell the sum of what it contributed to, by the same weights.
#'
#' @param A_prev The input, `(m, n_H, n_W, n_C)`. Integers and logicals are taken as doubles. `m`
#'   may be 0: the output is empty then.
#' @param factor The factor, a whole number, or two: `c(vertical, horizontal)`.
#' @param mode `"nearest"` or `"bilinear"`.
#' @param dA The gradient with respect to `A`, shaped like it.
#' @param cache The `cache` that `upsample_forward()` returned.
#'
#' @return `upsample_forward()`: a list of `A`, `(m, factor * n_H, factor * n_W, n_C)`, and `cache`,
#'   a list of `dim` (of `A_prev`), `factor` and `mode`. `upsample_backward()`: the gradient with
#'   respect to `A_prev`, shaped like it.
#'
#' @section Errors:
#' Arguments of another type or rank, a `factor` that is no whole number of at least 1, an unknown
#' `mode`, a `cache` that is no such list, a `dA` of another shape than the `A` that belongs to the
#' cache.
#'
#' @references Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep
#'   learning. <https://arxiv.org/abs/1603.07285>
#'
#'   Odena, A., Dumoulin, V. and Olah, C. (2016). Deconvolution and checkerboard artifacts. Distill.
#'   \doi{10.23915/distill.00003}: why to enlarge and then convolve.
#' @seealso [layer_upsample()], [conv_transpose_forward()]
#' @examples
#' A <- array(c(1, 2, 3, 4), c(1, 2, 2, 1))
#' upsample_forward(A, 2)$A[1, , , 1]
#' out <- upsample_forward(A, 2, mode = "bilinear")
#' out$A[1, , , 1]
#' upsample_backward(out$A, out$cache)[1, , , 1]
#' @export
upsample_forward <- function(A_prev, factor, mode = "nearest") {
  A_prev <- check_array4(A_prev, "A_prev")
  factor <- check_pair(factor, "factor", lower = 1)
  check_choice(mode, "mode", c("nearest", "bilinear"))
  list(A = fresh(upsample_forward_cpp(A_prev, factor, mode == "bilinear")),
       cache = list(dim = dim(A_prev), factor = factor, mode = mode))
}

#' @rdname upsample_forward
#' @export
upsample_backward <- function(dA, cache) {
  check_cache(cache, c("dim", "factor", "mode"))
  extents <- cache$dim
  if (!is.integer(extents) || length(extents) != 4 || anyNA(extents) || any(extents < 0) ||
        any(extents[-1] == 0)) {
    stop_assertion("cache$dim", "Must be the extents of an array (m, n_H, n_W, n_C), but is ",
                   if (is_numeric_like(extents)) format_dim(extents) else describe(extents))
  }
  factor <- check_pair(cache$factor, "cache$factor", lower = 1)
  mode <- check_choice(cache$mode, "cache$mode", c("nearest", "bilinear"))
  dA <- check_dim(dA, "dA", extents * as.double(c(1, factor, 1)), "as 'A' has")
  fresh(upsample_backward_cpp(dA, as.vector(extents), factor, mode == "bilinear"))
}
