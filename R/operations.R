# What each layer does to a shape (build_layer) and to data (its operations, see network.R). The
# operations call the same C++ as the exported functions, with everything checked beforehand.

# A list of the layer's operations, its output shape and, where it has any, its parameters (`dim`,
# and `value` for what does not start random), running statistics, initialisation and multiply-adds
# an example.
build_layer <- function(layer, shape) UseMethod("build_layer")

# The layers themselves have no default: cnn() has checked the list.
build_layer.layer_conv <- function(layer, shape) {
  need_image(shape)
  channels <- shape[3]
  if (channels %% layer$groups != 0 || layer$filters %% layer$groups != 0) {
    stop("The groups must divide the channels and the filters, but are ", layer$groups, " for ",
         channels, " channels and ", layer$filters, " filters.")
  }
  window <- c(layer$stride, check_pad(layer$pad), layer$dilation)
  w_dim <- c(layer$f, channels %/% layer$groups, layer$filters)
  output <- conv_output_dim_cpp(c(1L, shape), w_dim, window, layer$groups)[-1]
  list(
    ops = c(list(op_conv(window, layer$groups)), op_activation(layer$activation)),
    output = output,
    params = list(W = list(dim = w_dim), b = list(dim = c(1, 1, 1, layer$filters), value = 0)),
    gain = activation_gain(layer$activation),
    fan_in = prod(w_dim[1:3]),
    macs = prod(output, w_dim[1:3])
  )
}

build_layer.layer_pool <- function(layer, shape) {
  need_image(shape)
  window <- c(layer$stride, check_pad(layer$pad), 1L, 1L)
  # The shape of a pooling is that of a convolution with its window.
  output <- conv_output_dim_cpp(c(1L, shape), c(layer$f, shape[3], shape[3]), window, 1L)[-1]
  list(ops = list(op_pool(layer$f, window, layer$mode)), output = output)
}

build_layer.layer_global_pool <- function(layer, shape) {
  need_image(shape)
  list(ops = list(op_pool(shape[1:2], rep(c(1L, 0L, 1L), each = 2), layer$mode)),
       output = c(1L, 1L, shape[3]))
}

build_layer.layer_affine <- function(layer, shape) {
  inputs <- as.integer(prod(shape))
  list(
    ops = c(list(op_affine), op_activation(layer$activation)),
    output = layer$units,
    params = list(W = list(dim = c(inputs, layer$units)),
                  b = list(dim = c(1, layer$units), value = 0)),
    gain = activation_gain(layer$activation),
    fan_in = inputs,
    macs = inputs * layer$units
  )
}

build_layer.layer_dropout <- function(layer, shape) {
  list(ops = list(op_dropout(layer$rate)), output = shape)
}

build_layer.layer_batchnorm <- function(layer, shape) {
  channels <- shape[length(shape)]
  list(
    ops = c(list(op_batchnorm(layer$momentum, layer$eps)), op_activation(layer$activation)),
    output = shape,
    params = list(gamma = list(value = rep(1, channels)), beta = list(value = rep(0, channels))),
    state = list(mean = rep(0, channels), variance = rep(1, channels))
  )
}

need_image <- function(shape) {
  if (length(shape) != 3) {
    stop("It needs rows, columns and channels, which an affine layer gives up.")
  }
}

activation_gain <- function(activation) if (activation %in% c("relu", "leaky_relu")) 2 else 1

op_conv <- function(window, groups) {
  list(
    kind = "conv",
    forward = function(A, p, training) {
      list(Z = conv_forward_cpp(A, p$W, p$b, window, groups), cache = A)
    },
    backward = function(dZ, cache, p, wanted) {
      step <- conv_backward_cpp(dZ, cache, p$W, window, groups, c(wanted, TRUE, TRUE))
      m <- dim(cache)[1]
      # Sums over the batch; a step of the optimizer takes means.
      list(dA_prev = step$dA_prev, grads = list(W = step$dW / m, b = step$db / m))
    }
  )
}

# W takes an image's cells as they lie, so that it needs no flattening.
op_affine <- list(
  kind = "affine",
  forward = function(A, p, training) {
    list(Z = affine_forward_cpp(A, p$W, p$b), cache = A)
  },
  backward = function(dZ, cache, p, wanted) {
    step <- affine_backward_cpp(dZ, cache, p$W, c(wanted, TRUE, TRUE))
    list(dA_prev = step$dA_prev, grads = list(W = step$dW, b = step$db))
  }
)

op_pool <- function(f, window, mode) {
  average <- mode == "average"
  list(
    kind = "pool",
    monotone = !average && all(window[3:4] < f),
    forward = function(A, p, training) {
      list(Z = pool_forward_cpp(A, f, window, average), cache = A)
    },
    backward = function(dZ, cache, p, wanted) {
      list(dA_prev = if (wanted) pool_backward_cpp(dZ, cache, f, window, average, TRUE))
    }
  )
}

op_activation <- function(activation) {
  slope <- formals(leaky_relu)$slope
  functions <- switch(activation,
    relu = list(relu_cpp, relu_backward_cpp),
    leaky_relu = list(function(Z) leaky_relu_cpp(Z, slope),
                      function(dA, Z) leaky_relu_backward_cpp(dA, Z, slope)),
    sigmoid = list(sigmoid_cpp, sigmoid_backward_cpp),
    tanh = list(tanh_cpp, tanh_backward_cpp),
    none = NULL
  )
  if (is.null(functions)) {
    return(NULL)
  }
  forward <- functions[[1]]
  backward <- functions[[2]]
  list(list(
    kind = "activation",
    forward = function(A, p, training) list(Z = forward(A), cache = A),
    backward = function(dZ, cache, p, wanted) list(dA_prev = if (wanted) backward(dZ, cache))
  ))
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
    }
  )
}

# In prediction it does nothing.
op_dropout <- function(rate) {
  list(
    kind = "dropout",
    forward = function(A, p, training) {
      if (!training) {
        return(list(Z = A))
      }
      step <- dropout_forward_cpp(A, rate, stats::runif(2))
      list(Z = step$A, cache = step$mask)
    },
    backward = function(dZ, cache, p, wanted) {
      list(dA_prev = if (wanted) dropout_backward_cpp(dZ, cache, rate))
    }
  )
}
