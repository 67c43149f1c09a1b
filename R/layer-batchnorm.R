# Batch normalisation.

#' @rdname layers
#' @export
layer_batchnorm <- function(momentum = 0.9, eps = 1e-5, activation = "none") {
  new_layer("batchnorm", list(
    momentum = check_finite(momentum, "momentum", 0, 1),
    eps = check_positive(eps, "eps"),
    activation = check_choice(activation, "activation", activations)
  ))
}

build_layer.layer_batchnorm <- function(layer, shape) {
  channels <- shape[length(shape)]
  list(
    ops = c(list(op_batchnorm(layer$momentum, layer$eps)), op_activation(layer$activation)),
    output = shape,
    params = list(gamma = constants(1, size = channels), beta = constants(0, size = channels)),
    state = list(mean = rep(0, channels), variance = rep(1, channels))
  )
}

op_batchnorm <- function(momentum, eps) {
  list(
    kind = "batchnorm",
    forward = function(A, p, training) {
      if (!training) {
        return(list(Z = batchnorm_predict_cpp(A, p$gamma, p$beta, p$mean, p$variance, eps)))
      }
      step <- batchnorm_train_cpp(A, p$gamma, p$beta, eps)
      list(
        Z = step$Z,
        cache = list(A_prev = A, mean = step$mean, variance = step$variance),
        state = batchnorm_running(p[c("mean", "variance")], step, length(A) / length(p$gamma),
                                  momentum)
      )
    },
    backward = function(dZ, cache, p, wanted) {
      step <- batchnorm_backward_cpp(dZ, cache$A_prev, p$gamma, cache$mean, cache$variance, eps,
                                     TRUE)
      m <- dim(dZ)[1]
      list(dA_prev = step$dA_prev, grads = list(gamma = step$dgamma / m, beta = step$dbeta / m))
    },
    # Then the running statistics are constants.
    predicting = list(
      forward = function(A, p, training) {
        list(Z = batchnorm_predict_cpp(A, p$gamma, p$beta, p$mean, p$variance, eps),
             cache = list(A_prev = A, mean = p$mean, variance = p$variance))
      },
      backward = function(dZ, cache, p, wanted) {
        batchnorm_backward_cpp(dZ, cache$A_prev, p$gamma, cache$mean, cache$variance, eps,
                               FALSE)["dA_prev"]
      }
    )
  )
}
