# The rounding errors of every engine.
#   Rscript tools/bench/accuracy.R      writes tools/bench/results/accuracy.md
# Oracle: cells drawn at random, each the sum() of R, which adds in the long double of the C
# compiler (64 bits of fraction on x86). Errors are relative to the largest of these cells.
source("tools/bench/common.R")

cells <- 300

# The oracle's Z, dA and dW at random cells: list(at = index matrix, value) each.
draw <- function(extents) vapply(extents, function(n) sample.int(n, cells, TRUE), numeric(cells))

oracle <- function(A, W, dZ, pad) {
  m <- dim(A)[1]
  size <- dim(A)[2]
  f <- dim(W)[1]
  padded <- array(0, dim(A) + c(0, 2 * pad, 2 * pad, 0))
  padded[, pad + seq_len(size), pad + seq_len(size), ] <- A
  beyond <- f - 1 - pad
  padded_dZ <- array(0, dim(dZ) + c(0, 2 * beyond, 2 * beyond, 0))
  padded_dZ[, beyond + seq_len(dim(dZ)[2]), beyond + seq_len(dim(dZ)[3]), ] <- dZ
  taps <- seq_len(f)
  along <- seq_len(dim(dZ)[2])
  at <- list(Z = draw(dim(dZ)), dA_prev = draw(c(m, size, size, dim(A)[4])), dW = draw(dim(W)))
  list(
    Z = list(at = at$Z, value = apply(at$Z, 1, function(i) {
      sum(padded[i[1], i[2] + taps - 1, i[3] + taps - 1, ] * W[, , , i[4]])
    })),
    dA_prev = list(at = at$dA_prev, value = apply(at$dA_prev, 1, function(i) {
      sum(padded_dZ[i[1], i[2] + taps - 1, i[3] + taps - 1, ] * W[rev(taps), rev(taps), i[4], ])
    })),
    dW = list(at = at$dW, value = apply(at$dW, 1, function(i) {
      sum(padded[, i[1] + along - 1, i[2] + along - 1, i[3]] * dZ[, , , i[4]])
    }))
  )
}

errors <- function(A, W, dZ, pad, expected, engine, set) {
  convstep_engine(engine)
  convstep_simd(set)
  out <- conv_forward(A, W, rep(0, dim(W)[4]), list(stride = 1, pad = pad))
  results <- c(out["Z"], conv_backward(dZ, out$cache))
  vapply(names(expected), function(name) {
    x <- expected[[name]]
    sprintf("%.1e", max(abs(results[[name]][x$at] - x$value)) / max(abs(x$value)))
  }, "")
}

layers <- list(                        # m, size, channels, filters, f
  "F(4,3): 32,32,64,64,3" = c(32, 32, 64, 64, 3),
  "F(4,3): 32,16,128,128,3" = c(32, 16, 128, 128, 3),
  "F(4,3): 16,16,512,16,3" = c(16, 16, 512, 16, 3),
  "F(6,3): 32,30,64,64,3" = c(32, 30, 64, 64, 3),
  "F(2,5): 32,6,64,64,5" = c(32, 6, 64, 64, 5),
  "F(4,5): 64,14,32,64,5" = c(64, 14, 32, 64, 5)
)
set.seed(1)
rows <- do.call(rbind, lapply(names(layers), function(name) {
  l <- layers[[name]]
  pad <- (l[5] - 1) / 2
  A <- array(rnorm(prod(l[c(1, 2, 2, 3)])), l[c(1, 2, 2, 3)])
  W <- array(rnorm(prod(l[c(5, 5, 3, 4)])), l[c(5, 5, 3, 4)])
  dZ <- array(rnorm(prod(l[c(1, 2, 2, 4)])), l[c(1, 2, 2, 4)])
  expected <- oracle(A, W, dZ, pad)
  do.call(rbind, lapply(setdiff(convstep_engines(), "auto"), function(engine) {
    do.call(rbind, lapply(convstep_simd_sets(), function(set) {
      error <- errors(A, W, dZ, pad, expected, engine, set)
      data.frame("winograd's tile: m, size, C, K, f" = name, engine, set, Z = error[[1]],
                 dA = error[[2]], dW = error[[3]], check.names = FALSE)
    }))
  }))
}))
write_results(
  "accuracy", "Rounding errors", NULL, NULL,
  paste("Inputs, filters and output gradients from the standard normal distribution; the largest",
        "error of", cells, "random cells of each result, relative to the largest of them."),
  "", markdown_table(rows)
)
