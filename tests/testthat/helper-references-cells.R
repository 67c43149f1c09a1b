# Activations, batch normalisation and dropout, as helper-references.R has it for the other
# chapters.

ref_activation <- function(name) {
  function(Z, slope = 0.01) {
    value <- activation_definitions(as.double(slope))[[name]][[1]](bare(Z))
    Z <- doubled(Z)
    list(A = about(like(as.vector(value), Z)),
         cache = if (name == "leaky_relu") list(Z = Z, slope = as.double(slope)) else Z)
  }
}

ref_activation_backward <- function(name) {
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

ref_batchnorm_forward <- function(A_prev, gamma, beta, running = NULL, training = TRUE,
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

ref_batchnorm_backward <- function(dZ, cache) {
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

ref_dropout_forward <- function(A_prev, rate, training = TRUE) {
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

ref_dropout_backward <- function(dA, cache) {
  if (is.null(cache$mask)) {
    return(doubled(dA))
  }
  kept <- as.vector(bare(dA)) * as.vector(cache$mask) / (1 - as.double(cache$rate))
  about(like(kept, doubled(dA)))
}
