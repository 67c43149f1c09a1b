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
  list(A = fresh(sigmoid_cpp(Z)), cache = Z)
}

#' @rdname sigmoid
#' @export
sigmoid_backward <- function(dA, cache) {
  Z <- check_numeric(cache, "cache")
  dA <- check_like(dA, "dA", Z)
  fresh(sigmoid_backward_cpp(dA, Z))
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
  list(A = fresh(relu_cpp(Z)), cache = Z)
}

#' @rdname relu
#' @export
relu_backward <- function(dA, cache) {
  Z <- check_numeric(cache, "cache")
  dA <- check_like(dA, "dA", Z)
  fresh(relu_backward_cpp(dA, Z))
}

#' Leaky ReLU activation
#'
#' Like [relu()], but with a small slope below 0, and its gradient.
#' \deqn{A = \left\{\begin{array}{ll} slope \cdot Z & Z < 0 \\ Z & \mathrm{else} \end{array}\right.,
#'   \qquad dZ = \left\{\begin{array}{ll} slope \cdot dA & Z < 0 \\ dA & \mathrm{else}
#'   \end{array}\right.}{A = slope * Z where Z < 0, Z elsewhere;   dZ = slope * dA where Z < 0, dA
#'   elsewhere}
#'
#' @inheritParams sigmoid
#' @param slope The slope below 0, one finite number.
#' @param cache The `cache` that the forward function returned.
#'
#' @return `leaky_relu()`: a list of `A`, with the attributes of `Z`, and `cache`, a list of `Z` and
#'   `slope`. `leaky_relu_backward()`: the gradient with respect to `Z`, with the attributes of
#'   `dA`. `NA` and `NaN` pass through.
#'
#' @section Errors:
#' An argument that is not numeric, a `slope` that is not one finite number, a `cache` that is no
#' such list, a `dA` whose shape is not that of `cache$Z`.
#'
#' @references Maas, A. L., Hannun, A. Y. and Ng, A. Y. (2013). Rectifier nonlinearities improve
#'   neural network acoustic models. International Conference on Machine Learning.
#' @seealso [relu()]
#' @examples
#' out <- leaky_relu(c(-2, 0, 2), slope = 0.1)
#' out$A
#' leaky_relu_backward(c(1, 1, 1), out$cache)
#' @export
leaky_relu <- function(Z, slope = 0.01) {
  Z <- check_numeric(Z, "Z")
  slope <- check_finite(slope, "slope")
  list(A = fresh(leaky_relu_cpp(Z, slope)), cache = list(Z = Z, slope = slope))
}

#' @rdname leaky_relu
#' @export
leaky_relu_backward <- function(dA, cache) {
  check_cache(cache, c("Z", "slope"))
  Z <- check_numeric(cache$Z, "cache$Z")
  slope <- check_finite(cache$slope, "cache$slope")
  dA <- check_like(dA, "dA", Z, "cache$Z")
  fresh(leaky_relu_backward_cpp(dA, Z, slope))
}

#' Hyperbolic tangent activation
#'
#' The hyperbolic tangent of each cell, and its gradient.
#' \deqn{A = \tanh Z, \qquad dZ = dA \cdot (1 - A^2)}
#'
#' The factor \eqn{1 - A^2} is computed as \eqn{4 e / (1 + e)^2} with \eqn{e = e^{-2 |Z|}}, which
#' keeps its digits where `A` is close to 1 or -1.
#'
#' @inheritParams sigmoid
#'
#' @return `tanh_activation()`: a list of `A`, with the attributes of `Z`, and `cache`, which is
#'   `Z`. `tanh_backward()`: the gradient with respect to `Z`, with the attributes of `dA`. `NA` and
#'   `NaN` pass through.
#'
#' @inheritSection sigmoid Errors
#'
#' @seealso [sigmoid()], [relu()]
#' @examples
#' out <- tanh_activation(c(-2, 0, 2))
#' out$A
#' tanh_backward(c(1, 1, 1), out$cache)
#' @export
tanh_activation <- function(Z) {
  Z <- check_numeric(Z, "Z")
  list(A = fresh(tanh_cpp(Z)), cache = Z)
}

#' @rdname tanh_activation
#' @export
tanh_backward <- function(dA, cache) {
  Z <- check_numeric(cache, "cache")
  dA <- check_like(dA, "dA", Z)
  fresh(tanh_backward_cpp(dA, Z))
}
