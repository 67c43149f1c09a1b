# What each function of the chapters must return for whatever arguments it did not refuse, by the
# definitions of helper-naive.R and helper-pool.R. A reference has the formals of its function and
# returns what disagreement() takes. The other helper-references-* files hold the rest.

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

ref_conv_forward <- function(A_prev, W, b, hparameters) {
  hp <- numeric_hparameters(hparameters)
  A <- bare(A_prev)
  filters <- bare(W)
  Z <- naive_conv_forward(A, filters, bare(b), hp)
  scale <- naive_conv_forward(abs(A), abs(filters), abs(bare(b)), hp)
  list(Z = about(Z, conv_scale(scale, TRUE)),
       cache = list(A_prev = doubled(A_prev), W = doubled(W), b = doubled(b),
                    hparameters = hparameters))
}

ref_conv_backward <- function(dZ, cache) {
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

ref_pool_forward <- function(A_prev, hparameters, mode = "max") {
  hp <- numeric_hparameters(hparameters)
  A <- naive_pool_forward(bare(A_prev), hp, mode)
  scale <- if (mode == "average") naive_pool_forward(abs(bare(A_prev)), hp, mode) else 0
  list(A = about(A, scale), cache = list(A_prev = doubled(A_prev), hparameters = hparameters))
}

ref_pool_backward <- function(dA, cache, mode = "max", ties = "all") {
  hp <- numeric_hparameters(cache$hparameters)
  backward <- function(g) naive_pool_backward(g, bare(cache$A_prev), hp, mode, ties)
  # R compares with NaN to NA; that it is NaN here is documented.
  about(backward(bare(dA)), backward(abs(bare(dA))), kinds = FALSE)
}

ref_affine_forward <- function(A_prev, W, b) {
  Z <- function(A, W, b) naive_product(A, W) + rep(as.vector(b), each = nrow(A))
  list(Z = about(Z(bare(A_prev), bare(W), bare(b)),
                 Z(abs(bare(A_prev)), abs(bare(W)), abs(bare(b)))),
       cache = list(A_prev = doubled(A_prev), W = doubled(W), b = doubled(b)))
}

ref_affine_backward <- function(dZ, cache) {
  gradients <- function(dZ, A, W) {
    m <- nrow(A)
    list(dA_prev = naive_product(dZ, t(W)), dW = naive_product(t(A), dZ) / m,
         db = naive_product(matrix(1, 1, m), dZ) / m)
  }
  A <- bare(cache$A_prev)
  W <- bare(cache$W)
  Map(about, gradients(bare(dZ), A, W), gradients(abs(bare(dZ)), abs(A), abs(W)))
}

ref_affine_activation_forward <- function(A_prev, W, b, activation = "relu") {
  affine <- ref_affine_forward(A_prev, W, b)
  if (activation == "NULL") {
    return(list(A = affine$Z,
                cache = list(affine_cache = affine$cache, activation_cache = affine$cache)))
  }
  # No slope is above 1.
  A <- ref_activation(activation)(affine$Z$value)$A
  A$error <- affine$Z$error + 1e-15
  list(A = A, cache = list(affine_cache = affine$cache, activation_cache = affine$Z))
}

ref_affine_activation_backward <- function(dA, cache, activation) {
  dZ <- doubled(dA)
  if (activation != "NULL") {
    dZ <- ref_activation_backward(activation)(dA, cache$activation_cache)$value
  }
  ref_affine_backward(dZ, cache$affine_cache)
}

ref_softmax <- function(x) {
  probs <- by_row(x, function(row) exp(row - row_shift(row)) / sum(exp(row - row_shift(row))))
  list(probs = about(like(as.vector(probs), doubled(x))), cache = doubled(x))
}

ref_logsumexp <- function(x) {
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

ref_cross_entropy_cost <- function(AL, Y, batch_size = nrow(AL), classes = NULL) {
  columns <- if (!is.null(classes)) classes else if (is.factor(Y)) levels(Y) else sort(unique(Y))
  column <- match(as.character(Y), as.character(columns))
  index <- cbind(seq_len(nrow(AL)), column, deparse.level = 0)
  terms <- suppressWarnings(log(bare(AL)[index]))
  list(loss = about(-sum(terms) / nrow(AL), sum(abs(terms))),
       cache = list(AL = doubled(AL), Y.index = index))
}

ref_cross_entropy_backward <- function(cache) {
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
  conv_forward = ref_conv_forward,
  conv_backward = ref_conv_backward,
  pool_forward = ref_pool_forward,
  pool_backward = ref_pool_backward,
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
  sigmoid = ref_activation("sigmoid"),
  relu = ref_activation("relu"),
  leaky_relu = ref_activation("leaky_relu"),
  tanh_activation = ref_activation("tanh"),
  sigmoid_backward = ref_activation_backward("sigmoid"),
  relu_backward = ref_activation_backward("relu"),
  leaky_relu_backward = ref_activation_backward("leaky_relu"),
  tanh_backward = ref_activation_backward("tanh"),
  arr2col = function(X) {
    m <- dim(X)[1]
    list(output = matrix(as.vector(bare(X)), m, prod(dim(X)[-1])), cache = doubled(X))
  },
  col2arr = function(X, cache) array(as.vector(bare(X)), dim(cache)),
  batchnorm_forward = ref_batchnorm_forward,
  batchnorm_backward = ref_batchnorm_backward,
  dropout_forward = ref_dropout_forward,
  dropout_backward = ref_dropout_backward,
  affine_forward = ref_affine_forward,
  affine_backward = ref_affine_backward,
  affine_activation_forward = ref_affine_activation_forward,
  affine_activation_backward = ref_affine_activation_backward,
  logsumexp = ref_logsumexp,
  softmax = ref_softmax,
  cross_entropy_cost = ref_cross_entropy_cost,
  cross_entropy_backward = ref_cross_entropy_backward
)
