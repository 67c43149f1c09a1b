#' Batch normalisation, forward pass
#'
#' Brings each channel to mean 0 and variance 1 over all its cells in the batch, then to a scale
#' `gamma` and a shift `beta` that training learns. For prediction the running statistics of the
#' training stand in for those of the batch.
#'
#' With the mean \eqn{\mu_c} and the variance \eqn{\sigma_c^2} (divided by the number of cells) of
#' channel \eqn{c},
#' \deqn{Z_{n,h,w,c} = \gamma_c \frac{A_{n,h,w,c} - \mu_c}{\sqrt{\sigma_c^2 + \epsilon}} + \beta_c}
#' In training the running statistics move towards those of the batch,
#' \deqn{running \leftarrow momentum \cdot running + (1 - momentum) \cdot batch}
#' where the variance enters as the unbiased estimate, divided by the number of cells less 1. A
#' batch with one cell a channel, or none, leaves them as they are.
#'
#' @param A_prev The input: an array `(m, n_H, n_W, n_C)`, or a matrix `(m, D)` whose columns are
#'   the channels. Integers and logicals are taken as doubles. `m` may be 0: the output is empty
#'   then.
#' @param gamma,beta The scale and the shift, one number a channel each.
#' @param running The running statistics: a list of `mean` and `variance`, one number a channel
#'   each; `NULL` stands for means 0 and variances 1.
#' @param training `TRUE` to normalise by the statistics of this batch and update `running`, `FALSE`
#'   to normalise by `running`.
#' @param momentum The weight of the former running statistics, at least 0 and below 1.
#' @param epsilon A number above 0, added to the variance so that a channel of equal values is not
#'   divided by 0.
#'
#' @return A list of `Z`, the output, with the attributes of `A_prev`; `cache`, a list of `A_prev`,
#'   `gamma`, `beta`, `mean` and `variance` (those used), `epsilon` and `training`, for
#'   [batchnorm_backward()]; and `running`, a list of `mean` and `variance`.
#'
#' @section Errors:
#' Arguments of another type, an `A_prev` that is neither such an array nor a matrix, `gamma`,
#' `beta` or running statistics of another length than there are channels, a negative running
#' variance, a `momentum` or an `epsilon` out of range.
#'
#' @references Ioffe, S. and Szegedy, C. (2015). Batch normalization: accelerating deep network
#'   training by reducing internal covariate shift. <https://arxiv.org/abs/1502.03167>
#'
#'   Chan, T. F., Golub, G. H. and LeVeque, R. J. (1983). Algorithms for computing the sample
#'   variance. The American Statistician 37, 242-247: how the variance is summed.
#' @examples
#' A <- array(rnorm(8 * 5 * 5 * 3, mean = 2, sd = 3), c(8, 5, 5, 3))
#' out <- batchnorm_forward(A, gamma = rep(1, 3), beta = rep(0, 3))
#' apply(out$Z, 4, mean)
#' out$running$mean
#' @export
batchnorm_forward <- function(A_prev, gamma, beta, running = NULL, training = TRUE, momentum = 0.9,
                              epsilon = 1e-5) {
  A_prev <- check_channels_last(A_prev, "A_prev")
  channels <- dim(A_prev)[length(dim(A_prev))]
  gamma <- check_per_channel(gamma, "gamma", channels)
  beta <- check_per_channel(beta, "beta", channels)
  running <- check_running(running, channels)
  checkmate::assert_flag(training)
  momentum <- check_finite(momentum, "momentum", lower = 0, upper = 1)
  epsilon <- check_epsilon(epsilon)
  if (training) {
    out <- fresh(batchnorm_train_cpp(A_prev, gamma, beta, epsilon))
    used <- out[c("mean", "variance")]
    running <- batchnorm_running(running, used, length(A_prev) / channels, momentum)
    Z <- out$Z
  } else {
    Z <- fresh(
      batchnorm_predict_cpp(A_prev, gamma, beta, running$mean, running$variance, epsilon)
    )
    used <- running
  }
  list(
    Z = Z,
    cache = list(A_prev = A_prev, gamma = gamma, beta = beta, mean = used$mean,
                 variance = used$variance, epsilon = epsilon, training = training),
    running = running
  )
}

#' Batch normalisation, backward pass
#'
#' The gradients of the cost with respect to the input, the scale and the shift of
#' [batchnorm_forward()], from the gradient with respect to its output.
#'
#' With the normalised input \eqn{\hat{A} = (A - \mu) / \sqrt{\sigma^2 + \epsilon}} and sums over
#' the \eqn{N} cells of a channel,
#' \deqn{d\beta = \sum dZ, \quad d\gamma = \sum dZ\, \hat{A}, \quad
#'   dA = \frac{\gamma}{\sqrt{\sigma^2 + \epsilon}}
#'   \left(dZ - \frac{d\beta}{N} - \hat{A} \frac{d\gamma}{N}\right)}
#' After a forward pass with `training = FALSE` the statistics are constants, and the last two terms
#' fall away.
#'
#' @param dZ The gradient with respect to `Z`, shaped like it.
#' @param cache The `cache` that [batchnorm_forward()] returned.
#'
#' @return A list of `dA_prev`, shaped like `A_prev`, and `dgamma` and `dbeta`, shaped like `gamma`.
#'
#' @section Sums, not means:
#' `dgamma` and `dbeta` are sums over the batch, as [conv_backward()] has them.
#'
#' @section Errors:
#' A `cache` that is no such list, a `dZ` of another shape than the `Z` that belongs to the cache.
#'
#' @seealso [batchnorm_forward()]
#' @examples
#' A <- matrix(rnorm(12), 4)
#' out <- batchnorm_forward(A, gamma = 1:3, beta = rep(0, 3))
#' batchnorm_backward(out$Z, out$cache)
#' @export
batchnorm_backward <- function(dZ, cache) {
  check_cache(cache, c("A_prev", "gamma", "mean", "variance", "epsilon", "training"))
  A_prev <- check_channels_last(cache$A_prev, "cache$A_prev")
  channels <- dim(A_prev)[length(dim(A_prev))]
  dZ <- check_dim(dZ, "dZ", dim(A_prev), "as 'Z' has")
  checkmate::assert_flag(cache$training, .var.name = "cache$training")
  fresh(batchnorm_backward_cpp(
    dZ, A_prev,
    check_per_channel(cache$gamma, "cache$gamma", channels),
    check_per_channel(cache$mean, "cache$mean", channels),
    check_per_channel(cache$variance, "cache$variance", channels),
    check_epsilon(cache$epsilon, "cache$epsilon"), cache$training
  ))
}

# The running statistics after a batch with `count` cells a channel.
batchnorm_running <- function(running, batch, count, momentum) {
  if (count < 2) {
    return(running)
  }
  unbiased <- batch$variance * (count / (count - 1))
  list(mean = momentum * running$mean + (1 - momentum) * batch$mean,
       variance = momentum * running$variance + (1 - momentum) * unbiased)
}

check_channels_last <- function(x, name) {
  if (!is_numeric_like(x) || !length(dim(x)) %in% c(2, 4)) {
    stop_assertion(name, "Must be a numeric array (m, n_H, n_W, n_C) or matrix (m, D), but is ",
                   describe(x))
  }
  if (any(dim(x)[-1] < 1)) {
    stop_assertion(name, "Must have no empty extent but the examples, but has dim ",
                   format_dim(dim(x)))
  }
  as_double(x)
}

check_per_channel <- function(x, name, channels) {
  x <- check_numeric(x, name)
  if (length(x) != channels) {
    stop_assertion(name, "Must have one value a channel (", channels, "), but is ", describe(x))
  }
  x
}

check_running <- function(running, channels) {
  if (is.null(running)) {
    return(list(mean = rep(0, channels), variance = rep(1, channels)))
  }
  check_cache(running, c("mean", "variance"), "running")
  variance <- check_per_channel(running$variance, "running$variance", channels)
  if (any(variance < 0, na.rm = TRUE)) {
    stop_assertion("running$variance", "Must not be negative, but is ", format(min(variance)))
  }
  list(mean = check_per_channel(running$mean, "running$mean", channels), variance = variance)
}

check_epsilon <- function(epsilon, name = "epsilon") {
  epsilon <- check_finite(epsilon, name)
  if (epsilon <= 0) {
    stop_assertion(name, "Must be above 0, but is ", format(epsilon))
  }
  epsilon
}
