#' Normalisation of each example by itself
#'
#' Brings groups of an example's values to mean 0 and variance 1, then each channel to a scale
#' `gamma` and a shift `beta` that training learns. Other than [batchnorm_forward()] it does not
#' look at the other examples, and does the same in training and in prediction.
#'
#' With the mean \eqn{\mu} and the variance \eqn{\sigma^2} (divided by their number) of the values
#' that an example \eqn{n} has in the group \eqn{g} that channel \eqn{c} belongs to,
#' \deqn{Z_{n,h,w,c} = \gamma_c \frac{A_{n,h,w,c} - \mu_{n,g}}{\sqrt{\sigma_{n,g}^2 + \epsilon}}
#'   + \beta_c}
#' `groupnorm_forward()` cuts the channels into `groups` of equal size, one behind the other; all
#' rows and columns belong to a group. `layernorm_forward()` takes all values of an example together
#' (one group), or with `over = "channels"` the channels of each pixel by itself, as ConvNeXt and
#' transformers have it.
#'
#' Backwards, with the normalised input \eqn{\hat{A}} and means over the values of a group,
#' \deqn{dA = \frac{\gamma\, dZ - \overline{\gamma\, dZ} -
#'   \hat{A}\, \overline{\gamma\, dZ\, \hat{A}}}{\sqrt{\sigma^2 + \epsilon}}, \quad
#'   d\beta_c = \sum dZ, \quad d\gamma_c = \sum dZ\, \hat{A}}
#'
#' @param A_prev The input: an array `(m, n_H, n_W, n_C)`, or a matrix `(m, D)` whose columns are
#'   the channels. Integers and logicals are taken as doubles. `m` may be 0: the output is empty
#'   then.
#' @param gamma,beta The scale and the shift, one number a channel each.
#' @param groups The number of groups; it divides the channels.
#' @param over `"example"` or `"channels"`; without effect on a matrix.
#' @param epsilon A number above 0, added to the variance so that equal values are not divided by 0.
#' @param dZ The gradient with respect to `Z`, shaped like it.
#' @param cache The `cache` that the forward function returned.
#'
#' @return The forward functions: a list of `Z`, with the attributes of `A_prev`, and `cache`, a
#'   list of `A_prev`, `gamma`, `mean` and `variance` (matrices with a row an example and a column a
#'   group; for `over = "channels"` a row a pixel), `groups`, `over` and `epsilon`. The backward
#'   functions: a list of `dA_prev`, shaped like `A_prev`, and `dgamma` and `dbeta`, shaped like
#'   `gamma`.
#'
#' @section Sums, not means:
#' `dgamma` and `dbeta` are sums over the batch, as [conv_backward()] has them.
#'
#' @section Errors:
#' Arguments of another type, an `A_prev` that is neither such an array nor a matrix, `gamma` or
#' `beta` of another length than there are channels, `groups` that do not divide them, a `cache`
#' that is no such list, a `dZ` of another shape than the `Z` that belongs to the cache.
#'
#' @references Wu, Y. and He, K. (2018). Group normalization. European Conference on Computer
#'   Vision. <https://arxiv.org/abs/1803.08494>
#'
#'   Ba, J. L., Kiros, J. R. and Hinton, G. E. (2016). Layer normalization.
#'   <https://arxiv.org/abs/1607.06450>
#' @seealso [batchnorm_forward()], [layer_groupnorm()], [layer_layernorm()]
#' @examples
#' A <- array(rnorm(2 * 3 * 3 * 4, mean = 2, sd = 3), c(2, 3, 3, 4))
#' out <- groupnorm_forward(A, gamma = rep(1, 4), beta = rep(0, 4), groups = 2)
#' mean(out$Z[1, , , 1:2])
#' str(groupnorm_backward(out$Z, out$cache))
#' out <- layernorm_forward(A, gamma = rep(1, 4), beta = rep(0, 4), over = "channels")
#' mean(out$Z[1, 2, 3, ])
#' @export
groupnorm_forward <- function(A_prev, gamma, beta, groups, epsilon = 1e-5) {
  A_prev <- check_channels_last(A_prev, "A_prev")
  groups <- check_groups(groups, "groups", dim(A_prev))
  normalise_examples(A_prev, gamma, beta, groups, "example", epsilon)
}

#' @rdname groupnorm_forward
#' @export
groupnorm_backward <- function(dZ, cache) {
  check_cache(cache, c("A_prev", "gamma", "mean", "variance", "groups", "over", "epsilon"))
  A_prev <- check_channels_last(cache$A_prev, "cache$A_prev")
  extents <- dim(A_prev)
  gamma <- check_per_channel(cache$gamma, "cache$gamma", extents[length(extents)])
  groups <- check_groups(cache$groups, "cache$groups", extents)
  over <- check_choice(cache$over, "cache$over", c("example", "channels"))
  epsilon <- check_epsilon(cache$epsilon, "cache$epsilon")
  rows <- if (over == "channels") prod(extents[-length(extents)]) else extents[1]
  check_statistics <- function(field) {
    check_dim(cache[[field]], paste0("cache$", field), c(rows, groups), "a column a group")
  }
  dZ <- check_dim(dZ, "dZ", extents, "as 'Z' has")
  mean <- check_statistics("mean")
  variance <- check_statistics("variance")
  fresh(groupnorm_backward_cpp(dZ, A_prev, gamma, mean, variance, groups, over == "channels",
                               epsilon))
}

#' @rdname groupnorm_forward
#' @export
layernorm_forward <- function(A_prev, gamma, beta, over = "example", epsilon = 1e-5) {
  A_prev <- check_channels_last(A_prev, "A_prev")
  over <- check_choice(over, "over", c("example", "channels"))
  normalise_examples(A_prev, gamma, beta, 1L, over, epsilon)
}

#' @rdname groupnorm_forward
#' @export
layernorm_backward <- function(dZ, cache) groupnorm_backward(dZ, cache)

normalise_examples <- function(A_prev, gamma, beta, groups, over, epsilon) {
  channels <- dim(A_prev)[length(dim(A_prev))]
  gamma <- check_per_channel(gamma, "gamma", channels)
  beta <- check_per_channel(beta, "beta", channels)
  epsilon <- check_epsilon(epsilon)
  out <- fresh(groupnorm_forward_cpp(A_prev, gamma, beta, groups, over == "channels", epsilon))
  list(
    Z = out$Z,
    cache = list(A_prev = A_prev, gamma = gamma, mean = out$mean, variance = out$variance,
                 groups = groups, over = over, epsilon = epsilon)
  )
}

check_groups <- function(groups, name, extents) {
  groups <- check_count(groups, name)
  channels <- extents[length(extents)]
  if (channels %% groups != 0) {
    stop_assertion(name, "Must divide the channels (", channels, "), but is ", groups)
  }
  groups
}
