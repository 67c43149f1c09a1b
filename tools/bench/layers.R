# Pooling, activations and the affine layer, both directions, beside PyTorch in float64 and float32.
#   Rscript tools/bench/layers.R        writes tools/bench/results/layers.md
source("tools/bench/common.R")

machine <- measure_machine()
torch <- find_torch()

random <- function(...) array(rnorm(prod(...)), c(...))

# name = (forward, backward), as the PyTorch script names them.
pooling <- function(extents, f, stride, mode) {
  A <- random(extents)
  out <- pool_forward(A, list(f = f, stride = stride), mode)
  dA <- random(dim(out$A))
  list(forward = function() pool_forward(A, list(f = f, stride = stride), mode),
       backward = function() pool_backward(dA, out$cache, mode, ties = "first"))
}
activation <- function(extents, f, f_backward) {
  Z <- random(extents)
  dA <- random(extents)
  list(forward = function() f(Z), backward = function() f_backward(dA, Z))
}
affine <- function(m, D, U) {
  A <- matrix(rnorm(m * D), m)
  W <- matrix(rnorm(D * U), D)
  out <- affine_forward(A, W, rep(0, U))
  dZ <- matrix(rnorm(m * U), m)
  list(forward = function() affine_forward(A, W, rep(0, U)),
       backward = function() affine_backward(dZ, out$cache))
}

# Made one at a time, so that each runs in a session that holds nothing else.
cases <- list(
  "max pool 2/2, 64x28x28x8" = function() pooling(c(64, 28, 28, 8), 2, 2, "max"),
  "max pool 2/2, 32x112x112x16" = function() pooling(c(32, 112, 112, 16), 2, 2, "max"),
  "max pool 3/2, 32x56x56x64" = function() pooling(c(32, 56, 56, 64), 3, 2, "max"),
  "average pool 2/2, 64x28x28x8" = function() pooling(c(64, 28, 28, 8), 2, 2, "average"),
  "average pool 2/2, 32x112x112x16" = function() pooling(c(32, 112, 112, 16), 2, 2, "average"),
  "average pool 3/2, 32x56x56x64" = function() pooling(c(32, 56, 56, 64), 3, 2, "average"),
  "relu, 64x28x28x8" = function() activation(c(64, 28, 28, 8), relu, relu_backward),
  "relu, 32x112x112x16" = function() activation(c(32, 112, 112, 16), relu, relu_backward),
  "sigmoid, 64x28x28x8" = function() activation(c(64, 28, 28, 8), sigmoid, sigmoid_backward),
  "sigmoid, 32x112x112x16" = function() activation(c(32, 112, 112, 16), sigmoid, sigmoid_backward),
  "affine, 64x784 to 128" = function() affine(64, 784, 128),
  "affine, 256x4096 to 1000" = function() affine(256, 4096, 1000)
)

torch_times <- if (!is.null(torch)) run_torch(torch, "layers_torch.py", threads)
rows <- list()
for (i in seq_along(cases)) {
  case <- cases[[i]]()
  gc()
  for (direction in c("forward", "backward")) {
    ms <- 1e3 * best_time(case[[direction]])
    f64 <- 1e3 * torch_times[paste("f64", i, direction, sep = "_")]
    f32 <- 1e3 * torch_times[paste("f32", i, direction, sep = "_")]
    rows[[length(rows) + 1]] <- data.frame(
      layer = names(cases)[i], direction, ms, f64 = unname(f64), f32 = unname(f32)
    )
  }
}
times <- do.call(rbind, rows)
table <- with(times, data.frame(
  layer, direction, "convstep ms" = formatC(ms, 3, format = "f"),
  "PyTorch f64 ms" = formatC(f64, 3, format = "f"),
  "PyTorch f32 ms" = formatC(f32, 3, format = "f"),
  "against f64" = sprintf("%.1fx", f64 / ms), "against f32" = sprintf("%.1fx", f32 / ms),
  check.names = FALSE
))
kinds <- grepl("pool|relu", times$layer)
write_results(
  "layers", "Pooling, activations, affine", machine, torch,
  paste("Whole calls from R in double, warm, the best of several rounds. `max pool 2/2` is a",
        "window of 2 with stride 2; its backward pass is that of ties = \"first\", as in PyTorch."),
  "", markdown_table(table), "",
  if (!is.null(torch)) {
    sprintf("- pooling and relu against PyTorch float64: geometric mean %.1fx, lowest %.1fx (%s)",
            geometric_mean((times$f64 / times$ms)[kinds]), min((times$f64 / times$ms)[kinds]),
            with(times[kinds, ], paste(layer, direction)[which.min(f64 / ms)]))
  }
)
