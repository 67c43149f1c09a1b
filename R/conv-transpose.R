#' Transposed convolution
#'
#' The map of a convolution the other way round, which enlarges where a convolution with stride
#' shrinks: each cell of the input lays the filter, times its value, onto the output, `stride` cells
#' apart, and what overlaps is summed. Also called deconvolution, which it is not.
#'
#' With stride `s`, dilation `d` and padding `p`, counted from 0,
#' \deqn{Z_{n,y,x,k} = b_k + \sum_{h, w, c} A_{n,h,w,c}\, W_{i,j,k,c}, \quad
#'   y = h s_v + i d_v - p_v, \; x = w s_h + j d_h - p_h}
#' where the sum goes over all windows and taps that reach \eqn{(y, x)}. The output has
#' \deqn{n_H = (n_{H,prev} - 1) s_v + d_v (f_v - 1) + 1 - 2 p_v + output\_pad_v}
#' rows, and columns alike: `output_pad` chooses among the sizes that a convolution of stride `s`
#' would shrink to the same one. `"same"` gives `stride` times as many rows and columns.
#'
#' It is what [conv_backward()] does to get `dA_prev`, and its own backward pass is a convolution.
#'
#' @param A_prev The input, `(m, n_H_prev, n_W_prev, n_C_prev)`. Integers and logicals are taken as
#'   doubles. `m` may be 0: the output is empty then.
#' @param W The filters, `(f_H, f_W, n_C / groups, n_C_prev)`: outputs before inputs, as the
#'   convolution has them whose way back this is.
#' @param b The biases, one number an output channel, in any shape.
#' @param hparameters A list of `stride`, `pad` and, if wanted, `dilation`, `groups` (as for
#'   [conv_forward()]) and `output_pad`, one number or two, at least 0 and less than the stride.
#' @param dZ The gradient with respect to `Z`, shaped like it.
#' @param cache The `cache` that `conv_transpose_forward()` returned.
#'
#' @return `conv_transpose_forward()`: a list of `Z`, `(m, n_H, n_W, n_C)`, and `cache`, a list of
#'   the arguments. `conv_transpose_backward()`: a list of `dA_prev`, `dW` and `db`, shaped like
#'   `A_prev`, `W` and `(1, 1, 1, n_C)`.
#'
#' @section Sums, not means:
#' `dW` and `db` are sums over the batch, as [conv_backward()] has them.
#'
#' @section Errors:
#' Arguments of another type or rank, filters whose last extent is not the number of input channels,
#' biases of another length, groups that do not divide the channels, an output without rows or
#' columns; a hyperparameter that is missing, unknown, fractional, `NA` or out of range; a `cache`
#' that is no such list, a `dZ` of another shape than the `Z` that belongs to the cache.
#'
#' @references Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep
#'   learning. <https://arxiv.org/abs/1603.07285>
#' @seealso [conv_forward()], [layer_conv_transpose()], [upsample_forward()]
#' @examples
#' A <- array(c(1, 2, 3, 4), c(1, 2, 2, 1))
#' W <- array(1, c(2, 2, 1, 1))
#' out <- conv_transpose_forward(A, W, b = 0, list(stride = 2, pad = 0))
#' out$Z[1, , , 1]
#' lapply(conv_transpose_backward(out$Z, out$cache), dim)
#' @export
conv_transpose_forward <- function(A_prev, W, b, hparameters) {
  A_prev <- check_array4(A_prev, "A_prev")
  W <- check_filters(W)
  hp <- conv_transpose_hparameters(hparameters)
  b <- check_bias(b, dim(W)[3] * as.double(hp$groups))
  Z <- fresh(conv_transpose_forward_cpp(A_prev, W, b, hp$window, hp$groups))
  list(Z = Z, cache = list(A_prev = A_prev, W = W, b = b, hparameters = hparameters))
}

#' @rdname conv_transpose_forward
#' @export
conv_transpose_backward <- function(dZ, cache) {
  check_cache(cache, c("A_prev", "W", "b", "hparameters"))
  A_prev <- check_array4(cache$A_prev, "cache$A_prev")
  W <- check_filters(cache$W, "cache$W")
  hp <- conv_transpose_hparameters(cache$hparameters)
  output_dim <- conv_transpose_output_dim_cpp(dim(A_prev), dim(W), hp$window, hp$groups)
  dZ <- check_dim(dZ, "dZ", output_dim, "as 'Z' has")
  fresh(conv_transpose_backward_cpp(dZ, A_prev, W, hp$window, hp$groups, c(TRUE, TRUE, TRUE)))
}

# As conv_hparameters(), with the output padding at the end of the window.
conv_transpose_hparameters <- function(hparameters) {
  check_hparameters(hparameters, c("stride", "pad"), c("dilation", "groups", "f", "output_pad"))
  hp <- conv_hparameters(hparameters[names(hparameters) != "output_pad"])
  output_pad <- if (is.null(hparameters$output_pad)) 0L else hparameters$output_pad
  hp$window <- c(hp$window, check_pair(output_pad, "hparameters$output_pad", lower = 0))
  hp
}
