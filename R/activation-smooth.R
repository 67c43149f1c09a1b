#' Further activations
#'
#' Functions of each cell that newer nets use where older ones have [relu()], and their gradients.
#'
#' With the normal distribution function \eqn{\Phi} and the logistic function
#' \eqn{\sigma(z) = 1 / (1 + e^{-z})}
#' \deqn{\mathrm{elu}(z) = z \; (z \ge 0), \quad e^z - 1 \; (z < 0)}
#' \deqn{\mathrm{gelu}(z) = z\, \Phi(z) = \frac{z}{2}
#'   \left(1 + \mathrm{erf}\frac{z}{\sqrt 2}\right)}
#' \deqn{\mathrm{silu}(z) = z\, \sigma(z)}
#' \deqn{\mathrm{hard\_swish}(z) = z \, \frac{\min(\max(z + 3, 0), 6)}{6}}
#' \deqn{\mathrm{softplus}(z) = \log(1 + e^z)}
#' \deqn{\mathrm{relu6}(z) = \min(\max(z, 0), 6)}
#' `gelu()` is the exact form, by the error function, not its approximation by the hyperbolic
#' tangent. The gradients of `relu6()` at 0 and 6 are 0, those of `elu()` at 0 and of `hard_swish()`
#' at 3 are 1, as PyTorch has them. Values near 0 and in the tails keep their digits: `gelu(-10)` is
#' not rounded to 0.
#'
#' @inheritParams sigmoid
#'
#' @return The functions themselves: a list of `A`, with the attributes of `Z`, and `cache`, which
#'   is `Z`. Those with `_backward`: the gradient with respect to `Z`, with the attributes of `dA`.
#'   `NA` and `NaN` pass through.
#'
#' @inheritSection sigmoid Errors
#'
#' @references Clevert, D.-A., Unterthiner, T. and Hochreiter, S. (2016). Fast and accurate deep
#'   network learning by exponential linear units. International Conference on Learning
#'   Representations. <https://arxiv.org/abs/1511.07289>
#'
#'   Hendrycks, D. and Gimpel, K. (2016). Gaussian error linear units.
#'   <https://arxiv.org/abs/1606.08415>: also the SiLU.
#'
#'   Howard, A. et al. (2019). Searching for MobileNetV3. IEEE International Conference on Computer
#'   Vision. <https://arxiv.org/abs/1905.02244>: the hard swish.
#'
#'   Dugas, C., Bengio, Y., Belisle, F., Nadeau, C. and Garcia, R. (2001). Incorporating
#'   second-order functional knowledge for better option pricing. Advances in Neural Information
#'   Processing Systems 13: the softplus.
#'
#'   Sandler, M. et al. (2018). MobileNetV2: inverted residuals and linear bottlenecks. IEEE
#'   Conference on Computer Vision and Pattern Recognition. <https://arxiv.org/abs/1801.04381>: the
#'   rectifier that ends at 6.
#' @seealso [relu()], [sigmoid()]
#' @examples
#' z <- c(-4, -1, 0, 1, 7)
#' sapply(list(elu = elu, gelu = gelu, silu = silu, hard_swish = hard_swish, softplus = softplus,
#'             relu6 = relu6), function(f) f(z)$A)
#' out <- gelu(z)
#' gelu_backward(rep(1, 5), out$cache)
#' @name further-activations
NULL

#' @rdname further-activations
#' @export
elu <- function(Z) activation_by_name(Z, "elu")

#' @rdname further-activations
#' @export
elu_backward <- function(dA, cache) activation_backward_by_name(dA, cache, "elu")

#' @rdname further-activations
#' @export
gelu <- function(Z) activation_by_name(Z, "gelu")

#' @rdname further-activations
#' @export
gelu_backward <- function(dA, cache) activation_backward_by_name(dA, cache, "gelu")

#' @rdname further-activations
#' @export
silu <- function(Z) activation_by_name(Z, "silu")

#' @rdname further-activations
#' @export
silu_backward <- function(dA, cache) activation_backward_by_name(dA, cache, "silu")

#' @rdname further-activations
#' @export
hard_swish <- function(Z) activation_by_name(Z, "hard_swish")

#' @rdname further-activations
#' @export
hard_swish_backward <- function(dA, cache) activation_backward_by_name(dA, cache, "hard_swish")

#' @rdname further-activations
#' @export
softplus <- function(Z) activation_by_name(Z, "softplus")

#' @rdname further-activations
#' @export
softplus_backward <- function(dA, cache) activation_backward_by_name(dA, cache, "softplus")

#' @rdname further-activations
#' @export
relu6 <- function(Z) activation_by_name(Z, "relu6")

#' @rdname further-activations
#' @export
relu6_backward <- function(dA, cache) activation_backward_by_name(dA, cache, "relu6")

activation_by_name <- function(Z, name) {
  Z <- check_numeric(Z, "Z")
  list(A = fresh(activation_cpp(Z, name)), cache = Z)
}

activation_backward_by_name <- function(dA, cache, name) {
  Z <- check_numeric(cache, "cache")
  dA <- check_like(dA, "dA", Z)
  fresh(activation_backward_cpp(dA, Z, name))
}
