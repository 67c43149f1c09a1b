# Normalisation of each example by itself.

#' @rdname layers
#' @export
layer_groupnorm <- function(groups, eps = 1e-5, activation = "none") {
  new_layer("groupnorm", list(
    groups = check_count(groups, "groups"),
    eps = check_positive(eps, "eps"),
    activation = check_choice(activation, "activation", activations)
  ))
}

#' @rdname layers
#' @export
layer_layernorm <- function(over = "example", eps = 1e-5, activation = "none") {
  new_layer("layernorm", list(
    over = check_choice(over, "over", c("example", "channels")),
    eps = check_positive(eps, "eps"),
    activation = check_choice(activation, "activation", activations)
  ))
}

build_layer.layer_groupnorm <- function(layer, shape) {
  channels <- shape[length(shape)]
  if (channels %% layer$groups != 0) {
    stop("The groups must divide the channels, but are ", layer$groups, " for ", channels,
         " channels.")
  }
  build_groupnorm(layer, shape, layer$groups, "example")
}

build_layer.layer_layernorm <- function(layer, shape) build_groupnorm(layer, shape, 1L, layer$over)

build_groupnorm <- function(layer, shape, groups, over) {
  channels <- shape[length(shape)]
  list(
    ops = c(list(op_groupnorm(groups, over == "channels", layer$eps)),
            op_activation(layer$activation)),
    output = shape,
    params = list(gamma = constants(1, size = channels), beta = constants(0, size = channels))
  )
}

op_groupnorm <- function(groups, by_pixel, eps) {
  list(
    kind = "groupnorm",
    forward = function(A, p, training) {
      step <- groupnorm_forward_cpp(A, p$gamma, p$beta, groups, by_pixel, eps)
      list(Z = step$Z, cache = list(A_prev = A, mean = step$mean, variance = step$variance))
    },
    backward = function(dZ, cache, p, wanted) {
      step <- groupnorm_backward_cpp(dZ, cache$A_prev, p$gamma, cache$mean, cache$variance, groups,
                                     by_pixel, eps)
      m <- dim(dZ)[1]
      list(dA_prev = step$dA_prev, grads = list(gamma = step$dgamma / m, beta = step$dbeta / m))
    }
  )
}
