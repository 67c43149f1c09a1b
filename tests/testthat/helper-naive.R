# Oracles: the definitions as R loops, written from the formulas and sharing no code with the
# package. Slow on purpose; the geometries in the tests are small.

pair <- function(x) rep_len(x, 2)

# Padding (before, after) of one axis with n cells and a window of f taps.
naive_padding <- function(pad, n, f, stride, dilation, axis) {
  if (identical(pad, "valid")) {
    c(0, 0)
  } else if (identical(pad, "same")) {
    total <- max(0, (ceiling(n / stride) - 1) * stride + dilation * (f - 1) + 1 - n)
    c(floor(total / 2), ceiling(total / 2))
  } else {
    rep(pair(pad)[axis], 2)
  }
}

# Everything a loop needs to know of a convolution or pooling window.
naive_window <- function(extents, f, hparameters) {
  stride <- pair(hparameters$stride)
  dilation <- pair(if (is.null(hparameters$dilation)) 1 else hparameters$dilation)
  pad_spec <- if (is.null(hparameters$pad)) 0 else hparameters$pad
  pad <- lapply(1:2, function(axis) {
    naive_padding(pad_spec, extents[axis], f[axis], stride[axis], dilation[axis], axis)
  })
  padded <- extents + vapply(pad, sum, 0)
  list(
    padded = padded,
    out = floor((padded - dilation * (f - 1) - 1) / stride) + 1,
    # Real cells of the padded axis. A function, as the axis of an empty batch may be of any length.
    inside = function(axis) pad[[axis]][1] + seq_len(extents[axis]),
    # Cells of the padded axis under window o.
    cells = function(axis, o) (o - 1) * stride[axis] + (seq_len(f[axis]) - 1) * dilation[axis] + 1
  )
}

naive_pad <- function(A, window, fill = 0) {
  padded <- array(fill, c(dim(A)[1], window$padded, dim(A)[4]))
  if (dim(A)[1] == 0) {
    return(padded)
  }
  padded[, window$inside(1), window$inside(2), ] <- A
  padded
}

# visit(n, h, w, k, rows, columns, channels) for every output cell.
naive_conv_cells <- function(A, W, hparameters, visit) {
  window <- naive_window(dim(A)[2:3], dim(W)[1:2], hparameters)
  groups <- if (is.null(hparameters$groups)) 1 else hparameters$groups
  per_group <- dim(W)[4] / groups
  for (n in seq_len(dim(A)[1])) {
    for (h in seq_len(window$out[1])) {
      for (w in seq_len(window$out[2])) {
        for (k in seq_len(dim(W)[4])) {
          channels <- (ceiling(k / per_group) - 1) * dim(W)[3] + seq_len(dim(W)[3])
          visit(n, h, w, k, window$cells(1, h), window$cells(2, w), channels)
        }
      }
    }
  }
  invisible()
}

naive_conv_forward <- function(A, W, b, hparameters) {
  window <- naive_window(dim(A)[2:3], dim(W)[1:2], hparameters)
  padded <- naive_pad(A, window)
  Z <- array(0, c(dim(A)[1], window$out, dim(W)[4]))
  naive_conv_cells(A, W, hparameters, function(n, h, w, k, rows, columns, channels) {
    Z[n, h, w, k] <<- sum(padded[n, rows, columns, channels] * W[, , , k]) + b[k]
  })
  Z
}

naive_conv_backward <- function(dZ, A, W, hparameters) {
  window <- naive_window(dim(A)[2:3], dim(W)[1:2], hparameters)
  padded <- naive_pad(A, window)
  d_padded <- array(0, dim(padded))
  dW <- array(0, dim(W))
  db <- array(0, c(1, 1, 1, dim(W)[4]))
  if (dim(A)[1] == 0) {
    return(list(dA_prev = array(0, dim(A)), dW = dW, db = db))
  }
  naive_conv_cells(A, W, hparameters, function(n, h, w, k, rows, columns, channels) {
    g <- dZ[n, h, w, k]
    d_padded[n, rows, columns, channels] <<- d_padded[n, rows, columns, channels] + W[, , , k] * g
    dW[, , , k] <<- dW[, , , k] + padded[n, rows, columns, channels] * g
    db[k] <<- db[k] + g
  })
  dA <- d_padded[, window$inside(1), window$inside(2), , drop = FALSE]
  list(dA_prev = dA, dW = dW, db = db)
}

naive_product <- function(x, y) {
  out <- matrix(0, nrow(x), ncol(y))
  for (i in seq_len(nrow(x))) {
    for (j in seq_len(ncol(y))) out[i, j] <- sum(x[i, ] * y[, j])
  }
  out
}

# By channel, the last axis; by the batch's own statistics or by given ones.
naive_batchnorm <- function(A, gamma, beta, epsilon, mean = NULL, variance = NULL) {
  flat <- matrix(A, ncol = length(gamma))
  for (c in seq_along(gamma)) {
    x <- flat[, c]
    center <- if (is.null(mean)) sum(x) / length(x) else mean[c]
    spread <- if (is.null(variance)) sum((x - center)^2) / length(x) else variance[c]
    flat[, c] <- (x - center) / sqrt(spread + epsilon) * gamma[c] + beta[c]
  }
  array(flat, dim(A))
}

# The value and the derivative of each activation.
activation_definitions <- function(slope) {
  list(
    sigmoid = list(function(Z) 1 / (1 + exp(-Z)), function(Z) stats::dlogis(Z)),
    relu = list(function(Z) pmax(Z, 0), function(Z) ifelse(Z < 0, 0, 1)),
    leaky_relu = list(function(Z) pmax(Z, 0) + slope * pmin(Z, 0),
                      function(Z) ifelse(Z < 0, slope, 1)),
    tanh = list(tanh, function(Z) 1 / cosh(Z)^2),
    elu = list(function(Z) pmax(Z, 0) + expm1(pmin(Z, 0)), function(Z) exp(pmin(Z, 0))),
    # Each is 0, and so is its slope, at minus infinity; the slope is 1 at infinity.
    gelu = list(function(Z) pmax(Z, -50) * stats::pnorm(Z),
                function(Z) stats::pnorm(Z) + pmin(pmax(Z, -50), 50) * stats::dnorm(Z)),
    silu = list(function(Z) pmax(Z, -1000) * stats::plogis(Z), function(Z) {
      stats::plogis(Z) * (1 + pmin(pmax(Z, -1000), 1000) * stats::plogis(-Z))
    }),
    hard_swish = list(function(Z) {
      inner <- pmin(pmax(Z, -3), 3)
      replace(inner * (inner + 3) / 6, which(Z > 3), Z[which(Z > 3)])
    }, function(Z) replace(replace(Z / 3 + 1 / 2, which(Z < -3), 0), which(Z >= 3), 1)),
    softplus = list(function(Z) pmax(Z, 0) + log1p(exp(-abs(Z))), function(Z) stats::plogis(Z)),
    relu6 = list(function(Z) pmin(pmax(Z, 0), 6), function(Z) {
      replace(replace(Z, which(!is.na(Z)), 1), which(Z <= 0 | Z >= 6), 0)
    })
  )
}

random_array <- function(...) {
  extents <- c(...)
  array(rnorm(prod(extents)), extents)
}

# A convolution small enough for the loops: list(A, W, b, hparameters).
random_conv <- function() {
  repeat {
    groups <- sample(c(1, 1, 1, 2, 3), 1)
    f <- sample(1:4, 2, TRUE)
    hparameters <- list(
      stride = sample(1:4, sample(1:2, 1), TRUE),
      pad = sample(list(0, 1, 2, c(0, 1), c(3, 1), 9, "same", "valid"), 1)[[1]],
      dilation = sample(c(1, 1, 2, 3), sample(1:2, 1), TRUE),
      groups = groups
    )
    extents <- sample(c(1, 2, 5, 6, 7), 2, TRUE)
    if (all(naive_window(extents, f, hparameters)$out >= 1)) break
  }
  channels <- sample(1:3, 1)
  filters <- sample(1:3, 1) * groups
  list(
    A = random_array(sample(c(1, 2, 3, 5), 1), extents, channels * groups),
    W = random_array(f, channels, filters),
    b = rnorm(filters),
    hparameters = hparameters
  )
}

# The largest difference, relative to the largest value of the oracle. NA, NaN and infinite values
# must stand in the same places.
expect_close <- function(actual, expected, tolerance = 1e-10) {
  testthat::expect_identical(dim(actual), dim(expected))
  actual <- as.vector(actual)
  expected <- as.vector(expected)
  testthat::expect_identical(which(is.na(actual)), which(is.na(expected)))
  finite <- is.finite(expected)
  infinite <- is.infinite(expected)
  testthat::expect_identical(actual[infinite], expected[infinite])
  scale <- max(abs(expected[finite]), 1e-300)
  testthat::expect_lt(max(abs(actual[finite] - expected[finite]), 0) / scale, tolerance)
}

# Fills R's free memory with NaN, so that a result cell that is never written shows.
poison_memory <- function(size) {
  blocks <- replicate(4, rep(NaN, size), simplify = FALSE)
  rm(blocks)
  invisible(gc(full = FALSE))
}

# Central differences of sum(f(x) * weights) with respect to each entry of x.
numeric_gradient <- function(f, x, weights, h = 1e-5) {
  gradient <- x
  for (i in seq_along(x)) {
    up <- down <- x
    up[i] <- up[i] + h
    down[i] <- down[i] - h
    gradient[i] <- sum((f(up) - f(down)) * weights) / (2 * h)
  }
  gradient
}

# Numbers of threads to test with: CRAN's machines lend two cores.
allowed_threads <- function(counts) {
  if (identical(Sys.getenv("NOT_CRAN"), "true")) counts else pmin(counts, 2)
}

# Runs code(engine, set, threads) for each combination in turn, and asserts which one is on.
for_each_kernel <- function(code, engines = convstep_engines(), sets = convstep_simd_sets(),
                            threads = 1) {
  former <- list(convstep_engine(), convstep_simd(), convstep_threads(threads[1]))
  on.exit({
    convstep_engine(former[[1]])
    convstep_simd(former[[2]])
    convstep_threads(former[[3]])
  })
  for (engine in engines) {
    for (set in sets) {
      for (n in threads) {
        convstep_engine(engine)
        convstep_simd(set)
        convstep_threads(n)
        testthat::expect_identical(c(convstep_engine(), convstep_simd()), c(engine, set))
        code(engine, set, n)
      }
    }
  }
}

# Pins the messages of errors. Each expression of the block must fail; unlike
# expect_snapshot(error = TRUE), what is stored does not depend on testthat's version.
expect_error_snapshot <- function(block) {
  expressions <- as.list(substitute(block))[-1]
  env <- parent.frame()
  lines <- vapply(expressions, function(expression) {
    message <- tryCatch({
      eval(expression, env)
      NULL
    }, error = conditionMessage)
    code <- paste(deparse(expression), collapse = "\n")
    testthat::expect_type(message, "character")
    paste0("> ", code, "\n", message)
  }, "")
  testthat::expect_snapshot_output(cat(lines, sep = "\n\n"))
}
