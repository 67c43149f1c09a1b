# What each function of the chapters must return for whatever arguments it did not refuse, by the
# definitions of helper-naive.R and helper-pool.R. A reference has the formals of its function and
# returns what disagreement() takes. The rest of the exports follow in helper-references-model.R.

# The values as doubles: with the attributes they came with, or with no more than their extents.
doubled <- function(x) {
  numbers <- as.double(unclass(x))
  attributes(numbers) <- attributes(x)
  numbers
}

bare <- function(x) {
  extents <- attr(x, "dim")
  numbers <- as.double(unclass(x))
  if (is.null(extents)) numbers else array(numbers, extents)
}

like <- function(numbers, x) {
  attributes(numbers) <- attributes(x)
  numbers
}

# Winograd's transforms mix the cells of an example, and in dW those of the batch; the other
# engines sum each cell for itself.
conv_scale <- function(scale, by_example) {
  if (!convstep_engine() %in% c("auto", "winograd") || length(scale) == 0) {
    return(scale)
  }
  largest <- function(x) max(0, x[is.finite(x)])
  if (!by_example) {
    return(scale * 0 + largest(scale))
  }
  scale * 0 + apply(scale, 1, largest)[slice.index(scale, 1)]
}

numeric_hparameters <- function(hparameters) {
  lapply(as.list(hparameters), function(x) if (is.character(x)) x else as.double(x))
}

reference_conv_forward <- function(A_prev, W, b, hparameters) {
  hp <- numeric_hparameters(hparameters)
  A <- bare(A_prev)
  filters <- bare(W)
  Z <- naive_conv_forward(A, filters, bare(b), hp)
  scale <- naive_conv_forward(abs(A), abs(filters), abs(bare(b)), hp)
  list(Z = about(Z, conv_scale(scale, TRUE)),
       cache = list(A_prev = doubled(A_prev), W = doubled(W), b = doubled(b),
                    hparameters = hparameters))
}

reference_conv_backward <- function(dZ, cache) {
  hp <- numeric_hparameters(cache$hparameters)
  A <- bare(cache$A_prev)
  W <- bare(cache$W)
  dZ <- bare(dZ)
  gradients <- naive_conv_backward(dZ, A, W, hp)
  scales <- naive_conv_backward(abs(dZ), abs(A), abs(W), hp)
  list(dA_prev = about(gradients$dA_prev, conv_scale(scales$dA_prev, TRUE)),
       dW = about(gradients$dW, conv_scale(scales$dW, FALSE)),
       db = about(gradients$db, scales$db))
}

reference_pool_forward <- function(A_prev, hparameters, mode = "max") {
  hp <- numeric_hparameters(hparameters)
  A <- naive_pool_forward(bare(A_prev), hp, mode)
  scale <- if (mode == "average") naive_pool_forward(abs(bare(A_prev)), hp, mode) else 0
  list(A = about(A, scale), cache = list(A_prev = doubled(A_prev), hparameters = hparameters))
}

reference_pool_backward <- function(dA, cache, mode = "max", ties = "all") {
  hp <- numeric_hparameters(cache$hparameters)
  backward <- function(g) naive_pool_backward(g, bare(cache$A_prev), hp, mode, ties)
  about(backward(bare(dA)), backward(abs(bare(dA))))
}

reference_activation <- function(name) {
  function(Z, slope = 0.01) {
    value <- activation_definitions(as.double(slope))[[name]][[1]](bare(Z))
    Z <- doubled(Z)
    list(A = about(like(as.vector(value), Z)),
         cache = if (name == "leaky_relu") list(Z = Z, slope = as.double(slope)) else Z)
  }
}

reference_activation_backward <- function(name) {
  function(dA, cache) {
    Z <- if (name == "leaky_relu") cache$Z else cache
    slope <- activation_definitions(cache_slope(cache, name))[[name]][[2]](as.vector(bare(Z)))
    dZ <- as.vector(bare(dA))
    # As R's assignment `dZ[Z < 0] <- 0` has it, whatever dZ is there, and where Z is NA.
    if (name == "relu") {
      dZ[which(slope == 0)] <- 0
    } else if (name == "leaky_relu") {
      below <- which(as.vector(bare(Z)) < 0)
      dZ[below] <- dZ[below] * slope[below]
    } else {
      dZ <- dZ * slope
    }
    about(like(dZ, doubled(dA)))
  }
}

cache_slope <- function(cache, name) if (name == "leaky_relu") as.double(cache$slope) else 0

reference_affine_forward <- function(A_prev, W, b) {
  Z <- function(A, W, b) naive_product(A, W) + rep(as.vector(b), each = nrow(A))
  list(Z = about(Z(bare(A_prev), bare(W), bare(b)),
                 Z(abs(bare(A_prev)), abs(bare(W)), abs(bare(b)))),
       cache = list(A_prev = doubled(A_prev), W = doubled(W), b = doubled(b)))
}

reference_affine_backward <- function(dZ, cache) {
  gradients <- function(dZ, A, W) {
    m <- nrow(A)
    list(dA_prev = naive_product(dZ, t(W)), dW = naive_product(t(A), dZ) / m,
         db = naive_product(matrix(1, 1, m), dZ) / m)
  }
  A <- bare(cache$A_prev)
  W <- bare(cache$W)
  Map(about, gradients(bare(dZ), A, W), gradients(abs(bare(dZ)), abs(A), abs(W)))
}

reference_affine_activation_forward <- function(A_prev, W, b, activation = "relu") {
  affine <- reference_affine_forward(A_prev, W, b)
  if (activation == "NULL") {
    return(list(A = affine$Z,
                cache = list(affine_cache = affine$cache, activation_cache = affine$cache)))
  }
  # No slope is above 1.
  A <- reference_activation(activation)(affine$Z$value)$A
  A$error <- affine$Z$error + 1e-15
  list(A = A, cache = list(affine_cache = affine$cache, activation_cache = affine$Z))
}

reference_affine_activation_backward <- function(dA, cache, activation) {
  dZ <- doubled(dA)
  if (activation != "NULL") {
    dZ <- reference_activation_backward(activation)(dA, cache$activation_cache)$value
  }
  reference_affine_backward(dZ, cache$affine_cache)
}

reference_batchnorm_forward <- function(A_prev, gamma, beta, running = NULL, training = TRUE,
                                        momentum = 0.9, epsilon = 1e-5) {
  A <- bare(A_prev)
  channels <- length(gamma)
  gamma <- doubled(gamma)
  beta <- doubled(beta)
  momentum <- as.double(momentum)
  epsilon <- as.double(epsilon)
  if (is.null(running)) running <- list(mean = rep(0, channels), variance = rep(1, channels))
  running <- lapply(running[c("mean", "variance")], doubled)
  used <- lapply(running, function(x) as.vector(unclass(x)))
  if (training) used <- channel_statistics(matrix(A, ncol = channels))
  count <- length(A) / channels
  after <- if (training && count > 1) {
    weight <- c(momentum, 1 - momentum)
    after <- function(former, batch, size) {
      satisfying(function(actual) {
        numbers <- about(weight[1] * as.vector(unclass(former)) + weight[2] * batch,
                         abs(as.vector(unclass(former))) + size)
        is.null(disagreement(as.vector(unclass(actual)), numbers))
      })
    }
    list(mean = after(running$mean, used$mean, used$size),
         variance = after(running$variance, used$variance * count / (count - 1), used$size^2))
  } else {
    running
  }
  statistics <- if (training) {
    list(mean = about(used$mean, used$size), variance = about(used$variance, used$size^2))
  } else {
    running
  }
  each <- rep(seq_len(channels), each = count)
  deviation <- (abs(as.vector(A)) + abs(used$mean)[each]) / sqrt(used$variance + epsilon)[each]
  Z <- naive_batchnorm(A, bare(gamma), bare(beta), epsilon, used$mean, used$variance)
  list(
    Z = about(like(as.vector(Z), doubled(A_prev)),
              abs(bare(gamma))[each] * deviation + abs(bare(beta))[each], 1e-10),
    cache = c(list(A_prev = doubled(A_prev), gamma = gamma, beta = beta), statistics,
              list(epsilon = epsilon, training = training)),
    running = after
  )
}

# Mean and variance of each column, and the size of its largest value.
channel_statistics <- function(flat) {
  n <- nrow(flat)
  mean <- colSums(flat) / n
  variance <- colSums((flat - rep(mean, each = n))^2) / n
  list(mean = mean, variance = variance, size = apply(rbind(0, abs(flat)), 2, max))
}

reference_batchnorm_backward <- function(dZ, cache) {
  A <- bare(cache$A_prev)
  channels <- length(cache$gamma)
  flat <- function(x) matrix(bare(x), ncol = channels)
  count <- length(A) / channels
  each <- function(x) rep(as.vector(bare(x)), each = count)
  deviation <- sqrt(as.vector(bare(cache$variance)) + as.double(cache$epsilon))
  normal <- (flat(A) - each(cache$mean)) / each(deviation)
  gradients <- function(dZ, normal, gamma, minus) {
    dgamma <- colSums(dZ * normal)
    dbeta <- colSums(dZ)
    inner <- dZ
    if (cache$training) {
      inner <- dZ + minus * (each(dbeta) + normal * each(dgamma)) / count
    }
    list(dA_prev = each(gamma / deviation) * inner, dgamma = dgamma, dbeta = dbeta)
  }
  gamma <- as.vector(bare(cache$gamma))
  values <- gradients(flat(dZ), normal, gamma, -1)
  values$dA_prev <- like(as.vector(values$dA_prev), doubled(cache$A_prev))
  values$dgamma <- like(values$dgamma, doubled(cache$gamma))
  values$dbeta <- like(values$dbeta, doubled(cache$gamma))
  scales <- gradients(abs(flat(dZ)), (abs(flat(A)) + each(abs(bare(cache$mean)))) / each(deviation),
                      abs(gamma), 1)
  Map(about, values, scales, relative = 1e-10)
}

reference_dropout_forward <- function(A_prev, rate, training = TRUE) {
  if (!training) {
    return(list(A = doubled(A_prev), cache = list(mask = NULL, rate = as.double(rate))))
  }
  satisfying(function(value) {
    mask <- value$cache$mask
    kept <- as.vector(bare(A_prev)) * as.vector(mask) / (1 - as.double(rate))
    expected <- list(A = about(like(kept, doubled(A_prev))),
                     cache = list(mask = mask, rate = as.double(rate)))
    is.logical(mask) && !anyNA(mask) && (rate > 0 || all(mask)) &&
      identical(attributes(mask), attributes(A_prev)) && is.null(disagreement(value, expected))
  })
}

reference_dropout_backward <- function(dA, cache) {
  if (is.null(cache$mask)) {
    return(doubled(dA))
  }
  kept <- as.vector(bare(dA)) * as.vector(cache$mask) / (1 - as.double(cache$rate))
  about(like(kept, doubled(dA)))
}

reference_softmax <- function(x) {
  probs <- by_row(x, function(row) exp(row - row_shift(row)) / sum(exp(row - row_shift(row))))
  list(probs = about(like(as.vector(probs), doubled(x))), cache = doubled(x))
}

reference_logsumexp <- function(x) {
  sums <- by_row(x, function(row) row_shift(row) + log(sum(exp(row - row_shift(row)))))
  largest <- by_row(x, function(row) max(1, abs(row)))
  about(as.vector(sums), largest)
}

# A matrix of f(row), a row a row; a vector is one row.
by_row <- function(x, f) {
  x <- bare(x)
  if (!is.matrix(x)) x <- matrix(x, 1)
  if (nrow(x) == 0) numeric() else do.call(rbind, lapply(seq_len(nrow(x)), function(i) f(x[i, ])))
}

row_shift <- function(row) if (is.finite(max(row))) max(row) else 0

reference_cross_entropy_cost <- function(AL, Y, batch_size = nrow(AL), classes = NULL) {
  columns <- if (!is.null(classes)) classes else if (is.factor(Y)) levels(Y) else sort(unique(Y))
  column <- match(as.character(Y), as.character(columns))
  index <- cbind(seq_len(nrow(AL)), column, deparse.level = 0)
  terms <- suppressWarnings(log(bare(AL)[index]))
  list(loss = about(-sum(terms) / nrow(AL), sum(abs(terms))),
       cache = list(AL = doubled(AL), Y.index = index))
}

reference_cross_entropy_backward <- function(cache) {
  AL <- bare(cache$AL)
  index <- bare(cache$Y.index)
  AL[index] <- AL[index] - 1
  about(like(as.vector(AL), doubled(cache$AL)))
}

layer_references <- list(
  pad3d = function(input, stride = 1) {
    window <- naive_window(dim(input)[2:3], c(1, 1), list(stride = 1, pad = as.double(stride)))
    naive_pad(bare(input), window)
  },
  conv_single_step = function(a_slice_prev, W, b) {
    terms <- as.vector(bare(a_slice_prev)) * as.vector(bare(W))
    about(sum(terms) + as.vector(bare(b)), sum(abs(terms)) + abs(as.vector(bare(b))))
  },
  conv_forward = reference_conv_forward,
  conv_backward = reference_conv_backward,
  pool_forward = reference_pool_forward,
  pool_backward = reference_pool_backward,
  create_mask_from_window = function(x) {
    mask <- bare(x)
    mask[] <- as.double(as.vector(mask) == max(mask))
    # Of the attributes only the shape is promised.
    satisfying(function(actual) identical(bare(actual), mask))
  },
  distribute_value = function(dz, shape) {
    shape <- as.double(shape)
    about(matrix(as.double(dz) / (shape[1] * shape[2]), shape[1], shape[2]))
  },
  sigmoid = reference_activation("sigmoid"),
  relu = reference_activation("relu"),
  leaky_relu = reference_activation("leaky_relu"),
  tanh_activation = reference_activation("tanh"),
  sigmoid_backward = reference_activation_backward("sigmoid"),
  relu_backward = reference_activation_backward("relu"),
  leaky_relu_backward = reference_activation_backward("leaky_relu"),
  tanh_backward = reference_activation_backward("tanh"),
  arr2col = function(X) {
    m <- dim(X)[1]
    list(output = matrix(as.vector(bare(X)), m, prod(dim(X)[-1])), cache = doubled(X))
  },
  col2arr = function(X, cache) array(as.vector(bare(X)), dim(cache)),
  batchnorm_forward = reference_batchnorm_forward,
  batchnorm_backward = reference_batchnorm_backward,
  dropout_forward = reference_dropout_forward,
  dropout_backward = reference_dropout_backward,
  affine_forward = reference_affine_forward,
  affine_backward = reference_affine_backward,
  affine_activation_forward = reference_affine_activation_forward,
  affine_activation_backward = reference_affine_activation_backward,
  logsumexp = reference_logsumexp,
  softmax = reference_softmax,
  cross_entropy_cost = reference_cross_entropy_cost,
  cross_entropy_backward = reference_cross_entropy_backward
)
