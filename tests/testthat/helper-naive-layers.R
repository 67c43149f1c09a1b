# Oracles for the layers that newer nets have, as helper-naive.R has them for the notebook's.

# The cells of each set that is normalised together, as a matrix of one row a cell (its index in the
# array) and one column a set, in the order of the statistics: examples, or pixels, then groups.
naive_sets <- function(extents, groups, over) {
  rank <- length(extents)
  cells <- array(seq_len(prod(extents)), extents)
  example <- slice.index(cells, 1)
  group <- ceiling(slice.index(cells, rank) / (extents[rank] / groups))
  if (over == "channels") {
    # All but the channels.
    example <- (cells - 1) %% prod(extents[-rank]) + 1
  }
  split(as.vector(cells), list(as.vector(example), as.vector(group)))
}

naive_groupnorm <- function(A, gamma, beta, groups, over, epsilon) {
  channel <- slice.index(A, length(dim(A)))
  sets <- naive_sets(dim(A), groups, over)
  mean <- vapply(sets, function(set) sum(A[set]) / length(set), 0)
  variance <- as.double(mapply(function(set, m) sum((A[set] - m)^2) / length(set), sets, mean))
  Z <- A
  for (i in seq_along(sets)) {
    set <- sets[[i]]
    Z[set] <- (A[set] - mean[i]) / sqrt(variance[i] + epsilon) * gamma[channel[set]] +
      beta[channel[set]]
  }
  list(Z = Z, mean = matrix(mean, ncol = groups), variance = matrix(variance, ncol = groups))
}

# By the Jacobian of each set, written out; `signs` as it stands, or absolute values for a bound.
naive_groupnorm_backward <- function(dZ, A, gamma, mean, variance, groups, over, epsilon,
                                     bound = FALSE) {
  size <- function(x) if (bound) abs(x) else x
  channel <- slice.index(A, length(dim(A)))
  sets <- naive_sets(dim(A), groups, over)
  normal <- dA <- A
  for (i in seq_along(sets)) {
    set <- sets[[i]]
    spread <- sqrt(variance[i] + epsilon)
    normal[set] <- if (bound) (abs(A[set]) + abs(mean[i])) / spread else (A[set] - mean[i]) / spread
    slope <- size(gamma[channel[set]] * dZ[set])
    n <- length(set)
    jacobian <- (diag(n) + (if (bound) 1 else -1) * (1 + outer(normal[set], normal[set])) / n) /
      spread
    dA[set] <- jacobian %*% slope
  }
  by_channel <- function(x) {
    vapply(seq_along(gamma), function(c) sum(x[channel == c]), 0)
  }
  list(dA_prev = dA, dgamma = by_channel(size(dZ) * normal), dbeta = by_channel(size(dZ)))
}

# The weights of n cells in each of n * factor new ones: a matrix, a row a new cell.
naive_enlarging <- function(n, factor, mode) {
  weights <- matrix(0, n * factor, n)
  for (o in seq_len(n * factor)) {
    if (mode == "nearest") {
      weights[o, ceiling(o / factor)] <- 1
    } else {
      centres <- seq_len(n) - 0.5
      at <- min(max((o - 0.5) / factor, centres[1]), centres[n])
      weights[o, ] <- pmax(0, 1 - abs(at - centres))
    }
  }
  weights
}

naive_upsample <- function(A, factor, mode) {
  factor <- pair(factor)
  rows <- naive_enlarging(dim(A)[2], factor[1], mode)
  columns <- naive_enlarging(dim(A)[3], factor[2], mode)
  naive_resample(A, rows, columns)
}

naive_upsample_backward <- function(dA, extents, factor, mode) {
  factor <- pair(factor)
  rows <- naive_enlarging(extents[2], factor[1], mode)
  columns <- naive_enlarging(extents[3], factor[2], mode)
  naive_resample(dA, t(rows), t(columns))
}

# Only over weights that are not 0, so that an infinite cell stays where it is.
naive_resample <- function(A, rows, columns) {
  Z <- array(0, c(dim(A)[1], nrow(rows), nrow(columns), dim(A)[4]))
  for (h in seq_len(nrow(rows))) {
    for (w in seq_len(nrow(columns))) {
      for (i in which(rows[h, ] != 0)) {
        for (j in which(columns[w, ] != 0)) {
          Z[, h, w, ] <- Z[, h, w, , drop = FALSE] +
            rows[h, i] * columns[w, j] * A[, i, j, , drop = FALSE]
        }
      }
    }
  }
  Z
}

naive_conv_transpose_extents <- function(extents, f, hparameters) {
  stride <- pair(hparameters$stride)
  if (identical(hparameters$pad, "same")) {
    return(extents * stride)
  }
  pad <- if (identical(hparameters$pad, "valid")) 0 else hparameters$pad
  dilation <- pair(if (is.null(hparameters$dilation)) 1 else hparameters$dilation)
  output_pad <- pair(if (is.null(hparameters$output_pad)) 0 else hparameters$output_pad)
  (extents - 1) * stride + dilation * (f - 1) + 1 - 2 * pair(pad) + output_pad
}

# visit(h, w, i, j, y, x, k, c) for every input cell, tap, output channel k of it and input channel
# c that meet on an output cell.
naive_conv_transpose_cells <- function(A, W, hparameters, visit) {
  f <- dim(W)[1:2]
  out <- naive_conv_transpose_extents(dim(A)[2:3], f, hparameters)
  stride <- pair(hparameters$stride)
  dilation <- pair(if (is.null(hparameters$dilation)) 1 else hparameters$dilation)
  groups <- if (is.null(hparameters$groups)) 1 else hparameters$groups
  before <- vapply(1:2, function(axis) {
    naive_padding(hparameters$pad, out[axis], f[axis], stride[axis], dilation[axis], axis)[1]
  }, 0)
  per_group <- dim(A)[4] / groups
  for (h in seq_len(dim(A)[2])) {
    for (w in seq_len(dim(A)[3])) {
      for (i in seq_len(f[1])) {
        for (j in seq_len(f[2])) {
          y <- (h - 1) * stride[1] + (i - 1) * dilation[1] - before[1] + 1
          x <- (w - 1) * stride[2] + (j - 1) * dilation[2] - before[2] + 1
          if (y < 1 || x < 1 || y > out[1] || x > out[2]) next
          for (c in seq_len(dim(A)[4])) {
            group <- ceiling(c / per_group)
            for (own in seq_len(dim(W)[3])) {
              visit(h, w, i, j, y, x, (group - 1) * dim(W)[3] + own, c, own)
            }
          }
        }
      }
    }
  }
}

naive_conv_transpose <- function(A, W, b, hparameters) {
  groups <- if (is.null(hparameters$groups)) 1 else hparameters$groups
  out <- naive_conv_transpose_extents(dim(A)[2:3], dim(W)[1:2], hparameters)
  Z <- array(rep(as.vector(b), each = dim(A)[1] * prod(out)),
             c(dim(A)[1], out, dim(W)[3] * groups))
  naive_conv_transpose_cells(A, W, hparameters, function(h, w, i, j, y, x, k, c, own) {
    Z[, y, x, k] <<- Z[, y, x, k] + A[, h, w, c] * W[i, j, own, c]
  })
  Z
}

naive_conv_transpose_backward <- function(dZ, A, W, hparameters) {
  dA <- A * 0
  dW <- W * 0
  dA[] <- dW[] <- 0
  naive_conv_transpose_cells(A, W, hparameters, function(h, w, i, j, y, x, k, c, own) {
    dA[, h, w, c] <<- dA[, h, w, c] + dZ[, y, x, k] * W[i, j, own, c]
    dW[i, j, own, c] <<- dW[i, j, own, c] + sum(dZ[, y, x, k] * A[, h, w, c])
  })
  db <- vapply(seq_len(dim(dZ)[4]), function(k) sum(dZ[, , , k]), 0)
  list(dA_prev = dA, dW = dW, db = array(db, c(1, 1, 1, length(db))))
}
