# The layers that newer nets have, as helper-references.R has it for the notebook's.

ref_groupnorm_forward <- function(A_prev, gamma, beta, groups, over, epsilon) {
  A <- bare(A_prev)
  groups <- as.double(groups)
  epsilon <- as.double(epsilon)
  out <- naive_groupnorm(A, bare(gamma), bare(beta), groups, over, epsilon)
  size <- max(0, abs(A[is.finite(A)]))
  each <- slice.index(A, length(dim(A)))
  scale <- (abs(bare(gamma)) * 2 * size)[each] / sqrt(epsilon) + abs(bare(beta))[each]
  list(Z = about(like(as.vector(out$Z), doubled(A_prev)), scale, 1e-10),
       cache = list(A_prev = doubled(A_prev), gamma = doubled(gamma),
                    mean = about(out$mean, rep(size, length(out$mean)), 1e-10),
                    variance = about(out$variance, rep(size^2, length(out$mean)), 1e-10),
                    groups = as.integer(groups), over = over, epsilon = epsilon))
}

ref_groupnorm_backward <- function(dZ, cache) {
  extents <- dim(cache$A_prev)
  numbers <- unlist(lapply(list(dZ, cache$A_prev, cache$gamma, cache$mean, cache$variance), bare))
  if (!all(is.finite(numbers)) || any(abs(numbers) > 1e100)) {
    # Which of NaN and Inf comes out depends on the order of the terms.
    return(satisfying(function(value) {
      identical(names(value), c("dA_prev", "dgamma", "dbeta")) &&
        identical(dim(value$dA_prev), extents)
    }))
  }
  gradients <- function(bound) {
    naive_groupnorm_backward(bare(dZ), bare(cache$A_prev), bare(cache$gamma),
                             as.vector(bare(cache$mean)), as.vector(bare(cache$variance)),
                             as.double(cache$groups), cache$over, as.double(cache$epsilon), bound)
  }
  values <- gradients(FALSE)
  values$dA_prev <- like(as.vector(values$dA_prev), doubled(cache$A_prev))
  values$dgamma <- like(values$dgamma, doubled(cache$gamma))
  values$dbeta <- like(values$dbeta, doubled(cache$gamma))
  Map(about, values, gradients(TRUE), relative = 1e-10, kinds = FALSE)
}

named_references <- function(name) {
  references <- list(ref_activation(name), ref_activation_backward(name))
  stats::setNames(references, paste0(name, c("", "_backward")))
}

modern_references <- c(
  unlist(lapply(c("elu", "gelu", "silu", "hard_swish", "softplus", "relu6"), named_references)),
  list(
    groupnorm_forward = function(A_prev, gamma, beta, groups, epsilon = 1e-5) {
      ref_groupnorm_forward(A_prev, gamma, beta, groups, "example", epsilon)
    },
    layernorm_forward = function(A_prev, gamma, beta, over = "example", epsilon = 1e-5) {
      ref_groupnorm_forward(A_prev, gamma, beta, 1, over, epsilon)
    },
    groupnorm_backward = ref_groupnorm_backward,
    layernorm_backward = ref_groupnorm_backward,
    upsample_forward = function(A_prev, factor, mode = "nearest") {
      factor <- as.double(factor)
      A <- bare(A_prev)
      list(A = about(naive_upsample(A, factor, mode), naive_upsample(abs(A), factor, mode)),
           cache = list(dim = dim(A), factor = pair_of(factor), mode = mode))
    },
    upsample_backward = function(dA, cache) {
      back <- function(dA) {
        naive_upsample_backward(dA, as.vector(cache$dim), as.double(cache$factor), cache$mode)
      }
      about(back(bare(dA)), back(abs(bare(dA))))
    },
    conv_transpose_forward = function(A_prev, W, b, hparameters) {
      hp <- numeric_hparameters(hparameters)
      A <- bare(A_prev)
      Z <- naive_conv_transpose(A, bare(W), bare(b), hp)
      scale <- naive_conv_transpose(abs(A), abs(bare(W)), abs(bare(b)), hp)
      list(Z = about(Z, conv_scale(scale, TRUE)),
           cache = list(A_prev = doubled(A_prev), W = doubled(W), b = doubled(b),
                        hparameters = hparameters))
    },
    conv_transpose_backward = function(dZ, cache) {
      hp <- numeric_hparameters(cache$hparameters)
      back <- function(dZ, A, W) naive_conv_transpose_backward(dZ, A, W, hp)
      A <- bare(cache$A_prev)
      values <- back(bare(dZ), A, bare(cache$W))
      scales <- back(abs(bare(dZ)), abs(A), abs(bare(cache$W)))
      list(dA_prev = about(values$dA_prev, conv_scale(scales$dA_prev, TRUE)),
           dW = about(values$dW, conv_scale(scales$dW, FALSE)), db = about(values$db, scales$db))
    }
  )
)
