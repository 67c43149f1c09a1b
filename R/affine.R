#' From an array to a matrix and back
#'
#' `arr2col()` lays the cells of each example in a row, as an affine layer wants them; `col2arr()`
#' restores the array. Neither changes the order in memory: within a row, image rows run fastest,
#' then columns, then channels.
#'
#' @param X `arr2col()`: an array `(m, n_H, n_W, n_C)`. `col2arr()`: a matrix
#'   `(m, n_H * n_W * n_C)`, or anything numeric with as many cells as `cache`. Integers and
#'   logicals are taken as doubles.
#' @param cache The `cache` that `arr2col()` returned: the array whose shape to restore.
#'
#' @return `arr2col()`: a list of `output`, the matrix `(m, n_H * n_W * n_C)`, and `cache`, which is
#'   `X`. `col2arr()`: an array with the extents of `cache`.
#'
#' @section Errors:
#' An `X` that is no numeric array of four dimensions (`arr2col()`), or has another number of cells
#' than `cache` (`col2arr()`).
#'
#' @seealso [affine_forward()]
#' @examples
#' out <- arr2col(array(1:24, c(2, 3, 2, 2)))
#' dim(out$output)
#' dim(col2arr(out$output, out$cache))
#' @export
arr2col <- function(X) {
  X <- check_array4(X, "X")
  if (prod(dim(X)[-1]) > .Machine$integer.max) {
    stop_assertion("X", "Must have fewer than 2^31 cells in an example, but has dim ",
                   format_dim(dim(X)))
  }
  output <- as_bare_array(X, c(dim(X)[1], prod(dim(X)[-1])))
  list(output = output, cache = X)
}

#' @rdname arr2col
#' @export
col2arr <- function(X, cache) {
  X <- check_numeric(X, "X")
  if (is.null(dim(cache))) {
    stop_assertion("cache", "Must be the array that arr2col() was given, but is ",
                   describe(cache))
  }
  if (length(X) != prod(dim(cache))) {
    stop_assertion("X", "Must have as many cells as 'cache', of dim ", format_dim(dim(cache)),
                   ", but is ", describe(X))
  }
  as_bare_array(X, dim(cache))
}

# The cells of x with these extents and no other attributes. R shares the cells of large vectors
# here instead of copying them.
as_bare_array <- function(x, extents) {
  attributes(x) <- list(dim = as.integer(extents))
  x
}

#' Affine layer, forward pass
#'
#' A fully connected layer: each unit takes a weighted sum of all inputs, plus its bias.
#' \deqn{Z = A_{prev} W + b}
#'
#' The layer runs on the convolution kernels (it is a 1x1 convolution of images with one cell and
#' `D` channels), so [convstep_engine()] governs it too.
#'
#' @param A_prev The input, a matrix `(m, D)`: `m` examples of `D` values. Integers and logicals are
#'   taken as doubles. `m` may be 0: the output is empty then. See [arr2col()].
#' @param W The weights, a matrix `(D, U)` for `U` units.
#' @param b The biases, one a unit: a matrix `(1, U)` or a vector of length `U`.
#'
#' @return A list of `Z`, the output `(m, U)`, and `cache`, a list of `A_prev`, `W` and `b` for
#'   [affine_backward()].
#'
#' @section Errors:
#' Arguments of another type or rank, a `W` whose rows are not the columns of `A_prev`, a `b` with
#' another length than `W` has columns.
#'
#' @seealso [affine_backward()], [affine_activation_forward()]
#' @examples
#' A_prev <- matrix(c(1, 2, 3, 4, 5, 6), 2)
#' W <- matrix(c(1, 0, -1, 0.5, 0.5, 0.5), 3)
#' affine_forward(A_prev, W, b = c(0, 10))$Z
#' @export
affine_forward <- function(A_prev, W, b) {
  A_prev <- check_matrix(A_prev, "A_prev", "(m, D)")
  W <- check_weights(W, ncol(A_prev))
  b <- check_biases(b, ncol(W))
  Z <- fresh(affine_forward_cpp(A_prev, W, b))
  list(Z = Z, cache = list(A_prev = A_prev, W = W, b = b))
}

#' Affine layer, backward pass
#'
#' The gradients of the cost with respect to the input, the weights and the biases of
#' [affine_forward()], from the gradient with respect to its output.
#' \deqn{dA_{prev} = dZ\, W', \quad dW = \frac{1}{m} A_{prev}'\, dZ, \quad
#'   db = \frac{1}{m} \sum_n dZ_n}
#'
#' @param dZ The gradient with respect to `Z`, a matrix `(m, U)`.
#' @param cache The `cache` that [affine_forward()] returned.
#'
#' @return A list of `dA_prev` `(m, D)`, `dW` `(D, U)` and `db` `(1, U)`.
#'
#' @section Means, not sums:
#' `dW` and `db` are divided by the number of examples, as in the notebook, and are `NaN` for an
#' empty batch; `dA_prev` is not divided. That fits the gradient of each example's own cost, which
#' [cross_entropy_backward()] gives. [conv_backward()] sums instead: whoever trains divides its `dW`
#' and `db` by `m`.
#'
#' @section Errors:
#' A `cache` that is no such list, a `dZ` of another shape than the `Z` that belongs to the cache.
#'
#' @seealso [affine_forward()]
#' @examples
#' A_prev <- matrix(rnorm(10), 2)
#' W <- matrix(rnorm(15), 5)
#' out <- affine_forward(A_prev, W, b = rep(0, 3))
#' lapply(affine_backward(out$Z, out$cache), dim)
#' @export
affine_backward <- function(dZ, cache) {
  check_cache(cache, c("A_prev", "W", "b"))
  A_prev <- check_matrix(cache$A_prev, "cache$A_prev", "(m, D)")
  W <- check_weights(cache$W, ncol(A_prev), "cache$W")
  dZ <- check_dim(dZ, "dZ", c(nrow(A_prev), ncol(W)), "as 'Z' has")
  fresh(affine_backward_cpp(dZ, A_prev, W, c(TRUE, TRUE, TRUE)))
}

#' Affine layer with activation
#'
#' [affine_forward()] and then the activation, and the way back.
#'
#' @inheritParams affine_forward
#' @param activation `"relu"`, `"sigmoid"`, or the string `"NULL"` for none; in the backward pass
#'   the same as in the forward pass.
#' @param dA The gradient with respect to `A`, a matrix `(m, U)`.
#' @param cache The `cache` that `affine_activation_forward()` returned.
#'
#' @return `affine_activation_forward()`: a list of `A`, the output `(m, U)`, and `cache`, a list of
#'   `affine_cache` (see [affine_forward()]) and `activation_cache` (the activation's input `Z`; for
#'   `"NULL"`, which has none, `affine_cache` again).
#'   `affine_activation_backward()`: a list of `dA_prev`, `dW` and `db`; see [affine_backward()].
#'
#' @section Errors:
#' Those of [affine_forward()] and [affine_backward()], and an unknown `activation`.
#'
#' @seealso [sigmoid()], [relu()]
#' @examples
#' A_prev <- matrix(rnorm(10), 2)
#' W <- matrix(rnorm(15), 5)
#' out <- affine_activation_forward(A_prev, W, b = rep(0, 3), activation = "relu")
#' out$A
#' affine_activation_backward(out$A, out$cache, activation = "relu")$db
#' @export
affine_activation_forward <- function(A_prev, W, b, activation = "relu") {
  check_choice(activation, "activation", names(affine_activations))
  affine <- affine_forward(A_prev, W, b)
  if (activation == "NULL") {
    return(list(A = affine$Z,
                cache = list(affine_cache = affine$cache, activation_cache = affine$cache)))
  }
  activated <- affine_activations[[activation]]$forward(affine$Z)
  list(A = activated$A,
       cache = list(affine_cache = affine$cache, activation_cache = activated$cache))
}

#' @rdname affine_activation_forward
#' @export
affine_activation_backward <- function(dA, cache, activation) {
  check_cache(cache, c("affine_cache", "activation_cache"))
  check_choice(activation, "activation", names(affine_activations))
  if (activation == "NULL") {
    return(affine_backward(dA, cache$affine_cache))
  }
  dZ <- affine_activations[[activation]]$backward(dA, cache$activation_cache)
  affine_backward(dZ, cache$affine_cache)
}

affine_activations <- list(
  relu = list(forward = relu, backward = relu_backward),
  sigmoid = list(forward = sigmoid, backward = sigmoid_backward),
  "NULL" = list()
)

check_weights <- function(W, inputs, name = "W") {
  W <- check_matrix(W, name, "(D, U)")
  if (nrow(W) != inputs || any(dim(W) < 1)) {
    stop_assertion(name, "Must have as many rows as 'A_prev' has columns (", inputs,
                   "), and at least one row and column, but has dim ", format_dim(dim(W)))
  }
  W
}

check_biases <- function(b, units, name = "b") {
  b <- check_numeric(b, name)
  if (length(b) != units) {
    stop_assertion(name, "Must have one value a unit (", units, "), but is ", describe(b))
  }
  b
}
