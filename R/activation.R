#' Sigmoid activation
#'
#' The logistic function of each cell, and its gradient.
#' \deqn{A = \frac{1}{1 + e^{-Z}}, \qquad dZ = dA \cdot A (1 - A)}
#'
#' The factor \eqn{A (1 - A)} is computed as \eqn{e / (1 + e)^2} with \eqn{e = e^{-|Z|}}, which
#' keeps its digits where `A` is close to 1.
#'
#' @param Z Numbers of any shape. Integers and logicals are taken as doubles.
#' @param dA The gradient with respect to `A`, as many numbers as `Z` has.
#' @param cache The `cache` that the forward function returned: `Z`.
#'
#' @return `sigmoid()`: a list of `A`, with the attributes of `Z`, and `cache`, which is `Z`.
#'   `sigmoid_backward()`: the gradient with respect to `Z`, with the attributes of `dA`. `NA` and
#'   `NaN` pass through.
#'
#' @section Errors:
#' An argument that is not numeric, a `dA` whose shape is not that of the cache.
#'
#' @seealso [relu()]
#' @examples
#' out <- sigmoid(c(-2, 0, 2))
#' out$A
#' sigmoid_backward(c(1, 1, 1), out$cache)
#' @export
sigmoid <- function(Z) {
  Z <- check_numeric(Z, "Z")
  list(A = sigmoid_cpp(Z), cache = Z)
}

#' @rdname sigmoid
#' @export
sigmoid_backward <- function(dA, cache) {
  Z <- check_numeric(cache, "cache")
  dA <- check_like(dA, "dA", Z)
  sigmoid_backward_cpp(dA, Z)
}

#' ReLU activation
#'
#' The rectified linear unit of each cell, and its gradient.
#' \deqn{A = \max(Z, 0), \qquad dZ = \left\{\begin{array}{ll} 0 & Z < 0 \\ dA & \mathrm{else}
#'   \end{array}\right.}{A = max(Z, 0),   dZ = 0 where Z < 0, dA elsewhere}
#'
#' The gradient passes where `Z` is 0, and where it is `NA` or `NaN`.
#'
#' @inheritParams sigmoid
#'
#' @return `relu()`: a list of `A`, with the attributes of `Z`, and `cache`, which is `Z`.
#'   `relu_backward()`: the gradient with respect to `Z`, with the attributes of `dA`. `NA` and
#'   `NaN` pass through.
#'
#' @inheritSection sigmoid Errors
#'
#' @seealso [sigmoid()]
#' @examples
#' out <- relu(c(-2, 0, 2))
#' out$A
#' relu_backward(c(1, 1, 1), out$cache)
#' @export
relu <- function(Z) {
  Z <- check_numeric(Z, "Z")
  list(A = relu_cpp(Z), cache = Z)
}

#' @rdname relu
#' @export
relu_backward <- function(dA, cache) {
  Z <- check_numeric(cache, "cache")
  dA <- check_like(dA, "dA", Z)
  relu_backward_cpp(dA, Z)
}

# A gradient that has the shape of the cached values; their other attributes may differ.
check_like <- function(x, name, like, like_name = "cache") {
  x <- check_numeric(x, name)
  if (length(x) != length(like) || !identical(dim(x), dim(like))) {
    stop_assertion(name, "Must have the shape of '", like_name, "', ", describe(like),
                   ", but is ", describe(x))
  }
  x
}
