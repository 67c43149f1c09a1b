#' One step of a convolution
#'
#' Multiplies one window of the input with one filter, cell by cell, and sums the products: one
#' value of the output of [conv_forward()].
#'
#' @param a_slice_prev A window of the input, `(f_H, f_W, n_C_prev)`, or any numeric object.
#' @param W The filter, with as many values as `a_slice_prev`.
#' @param b The bias, one number. It is added once, to the sum.
#'
#' @return A number: `sum(a_slice_prev * W) + b`.
#'
#' @section Differences from the notebook:
#' The notebook adds `b` to every product, so that it counts `length(W)` times; see
#' [conv_forward()].
#'
#' @section Errors:
#' Arguments that are not numeric, a `W` of another size than `a_slice_prev`, a `b` that is not one
#' number.
#'
#' @examples
#' window <- array(1:12, c(2, 2, 3))
#' filter <- array(c(1, 0, 0, -1), c(2, 2, 3))
#' conv_single_step(window, filter, b = 0.5)
#' @export
conv_single_step <- function(a_slice_prev, W, b) {
  a_slice_prev <- check_numeric(a_slice_prev, "a_slice_prev")
  W <- check_numeric(W, "W")
  b <- check_numeric(b, "b")
  if (length(W) != length(a_slice_prev)) {
    stop_assertion("W", "Must have as many values as 'a_slice_prev' (", length(a_slice_prev),
                   "), but has ", length(W))
  }
  if (length(b) != 1) {
    stop_assertion("b", "Must be one number, but has ", length(b))
  }
  sum(as.vector(a_slice_prev) * as.vector(W)) + as.vector(b)
}

#' Convolution, forward pass
#'
#' Slides each filter over each example and sums the products of the cells that meet, plus the
#' filter's bias: the cross-correlation that the field calls a convolution.
#'
#' With strides `s`, dilations `d` and padding `p` (vertical `v`, horizontal `h`), counted from 0,
#' \deqn{Z_{n,h,w,k} = b_k + \sum_{i,j,c} A_{n,\; h s_v + i d_v - p_v,\; w s_h + j d_h - p_h,\; c}
#'   W_{i,j,c,k}}
#' where cells outside the input are zeros. The output has
#' \deqn{n_H = \lfloor (n_{H,prev} + 2 p_v - d_v (f_H - 1) - 1) / s_v \rfloor + 1}
#' rows, and columns alike.
#'
#' @param A_prev The input, `(m, n_H_prev, n_W_prev, n_C_prev)`: `m` examples, rows, columns,
#'   channels. Integers and logicals are taken as doubles. `m` may be 0: the output is empty then.
#' @param W The filters, `(f_H, f_W, n_C_prev / groups, n_C)`.
#' @param b The biases, one a filter: `(1, 1, 1, n_C)` or a vector of length `n_C`.
#' @param hparameters A list:
#'   * `stride`: the distance between windows, in cells, one number or `c(vertical, horizontal)`.
#'   * `pad`: the rows and columns of zeros around the input, one number or
#'     `c(vertical, horizontal)`; or `"valid"` (none); or `"same"`: as many as give
#'     `ceiling(n / stride)` outputs, where an odd one lies at the end (as in Keras).
#'   * `dilation`: the distance between the cells under a filter, one number or two; 1 if absent.
#'   * `groups`: the channels are cut into so many groups, and each filter sees its own group
#'     only; 1 if absent.
#'
#' @return A list of `Z`, the output `(m, n_H, n_W, n_C)`, and `cache`, a list of `A_prev`, `W`,
#'   `b` and `hparameters` for [conv_backward()].
#'
#' @section Differences from the notebook:
#' The notebook adds the bias to every product, so that it counts `f * f * n_C_prev` times, while
#' its gradient counts it once. Here it counts once. Whoever needs the notebook's figures passes
#' `b * prod(dim(W)[1:3])`.
#'
#' @section Errors:
#' Arguments of another type or rank, filters with other channels than the input, a window larger
#' than the padded input, a hyperparameter that is missing, unknown, fractional, `NA`, negative or
#' (but for `pad`) zero. The message names the argument, what was expected and what came.
#'
#' @references Dumoulin, V. and Visin, F. (2016). A guide to convolution arithmetic for deep
#'   learning. <https://arxiv.org/abs/1603.07285>: the output sizes.
#' @seealso [conv_backward()]; [convstep_engine()] for how it is computed.
#' @examples
#' digits <- mnist_sample()$test$x[1:8, , , , drop = FALSE]
#' edges <- array(c(-1, -2, -1, 0, 0, 0, 1, 2, 1), c(3, 3, 1, 1))
#' out <- conv_forward(digits, edges, b = 0, hparameters = list(stride = 1, pad = 1))
#' dim(out$Z)
#' @export
conv_forward <- function(A_prev, W, b, hparameters) {
  A_prev <- check_array4(A_prev, "A_prev")
  W <- check_filters(W)
  b <- check_bias(b, dim(W)[4])
  hp <- conv_hparameters(hparameters)
  Z <- fresh(conv_forward_cpp(A_prev, W, b, hp$window, hp$groups))
  list(Z = Z, cache = list(A_prev = A_prev, W = W, b = b, hparameters = hparameters))
}

#' Convolution, backward pass
#'
#' The gradients of the cost with respect to the input, the filters and the biases of
#' [conv_forward()], from the gradient with respect to its output.
#'
#' With the notation of [conv_forward()], and sums over all that meets,
#' \deqn{dA_{n,y,x,c} = \sum dZ_{n,h,w,k} W_{i,j,c,k}, \quad
#'   dW_{i,j,c,k} = \sum_{n,h,w} A_{n,y,x,c}\, dZ_{n,h,w,k}, \quad
#'   db_k = \sum_{n,h,w} dZ_{n,h,w,k}}
#' where \eqn{y = h s_v + i d_v - p_v} and \eqn{x = w s_h + j d_h - p_h}.
#'
#' @param dZ The gradient with respect to `Z`, `(m, n_H, n_W, n_C)`.
#' @param cache The `cache` that [conv_forward()] returned.
#'
#' @return A list of `dA_prev` `(m, n_H_prev, n_W_prev, n_C_prev)`, `dW`, shaped like `W`, and
#'   `db` `(1, 1, 1, n_C)`.
#'
#' @section Sums, not means:
#' `dW` and `db` are sums over the batch. [affine_backward()] divides its own by `m`, as the
#' notebook has it. Whoever trains with [cross_entropy_backward()] therefore divides `dW` and `db`
#' of this function by `m`.
#'
#' @section Errors:
#' A `cache` that is no such list, a `dZ` of another shape than the `Z` that belongs to the cache.
#'
#' @seealso [conv_forward()], [check_gradient()]
#' @examples
#' A <- array(rnorm(2 * 5 * 5 * 3), c(2, 5, 5, 3))
#' W <- array(rnorm(3 * 3 * 3 * 4), c(3, 3, 3, 4))
#' out <- conv_forward(A, W, b = rep(0, 4), hparameters = list(stride = 1, pad = "same"))
#' gradients <- conv_backward(out$Z, out$cache)
#' lapply(gradients, dim)
#' @export
conv_backward <- function(dZ, cache) {
  check_cache(cache, c("A_prev", "W", "b", "hparameters"))
  A_prev <- check_array4(cache$A_prev, "cache$A_prev")
  W <- check_filters(cache$W, "cache$W")
  hp <- conv_hparameters(cache$hparameters)
  output_dim <- conv_output_dim_cpp(dim(A_prev), dim(W), hp$window, hp$groups)
  dZ <- check_dim(dZ, "dZ", output_dim, "as 'Z' has")
  fresh(conv_backward_cpp(dZ, A_prev, W, hp$window, hp$groups, c(TRUE, TRUE, TRUE)))
}

check_filters <- function(W, name = "W") {
  if (!is_numeric_like(W) || length(dim(W)) != 4 || any(dim(W) < 1)) {
    stop_assertion(name, "Must be a numeric array (f_H, f_W, channels, filters) without an empty ",
                   "extent, but is ", describe(W))
  }
  as_double(W)
}

# Biases keep the shape they came in: the cache gives back what the user gave.
check_bias <- function(b, filters, name = "b") {
  b <- check_numeric(b, name)
  if (length(b) != filters) {
    stop_assertion(name, "Must have one value a filter (", filters, "), but is ", describe(b))
  }
  b
}
