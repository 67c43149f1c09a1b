# Seconds of whole calls from R, many samples of each, for threads.R:
#   Rscript tools/bench/threads_calls.R THREADS LIBRARY FILE     writes a list of vectors to FILE
arguments <- commandArgs(trailingOnly = TRUE)
library(convstep, lib.loc = arguments[2])
convstep_threads(as.integer(arguments[1]))

random <- function(...) array(stats::rnorm(prod(...)), c(...))

conv <- function(m, H, C, K, f, stride = 1) {
  A <- random(m, H, H, C)
  W <- random(f, f, C, K)
  hp <- list(stride = stride, pad = f %/% 2)
  out <- conv_forward(A, W, numeric(K), hp)
  list(forward = function() conv_forward(A, W, numeric(K), hp),
       backward = function() conv_backward(out$Z, out$cache))
}
pool <- function(mode) {
  A <- random(64, 28, 28, 8)
  hp <- list(f = 2, stride = 2)
  out <- pool_forward(A, hp, mode)
  list(forward = function() pool_forward(A, hp, mode),
       backward = function() pool_backward(out$A, out$cache, mode, ties = "first"))
}
affine <- function(m, D, U) {
  A <- random(m, D)
  W <- random(D, U)
  out <- affine_forward(A, W, numeric(U))
  list(forward = function() affine_forward(A, W, numeric(U)),
       backward = function() affine_backward(out$Z, out$cache))
}
activation <- function(f, f_backward) {
  Z <- random(64, 28, 28, 8)
  list(forward = function() f(Z), backward = function() f_backward(Z, Z))
}
training <- function() {
  digits <- mnist_sample()$train
  x <- digits$x[1:512, , , , drop = FALSE]
  y <- digits$y[1:512]
  list(epoch = function() cnn(x, y, layers = lenet(), epochs = 1, verbose = FALSE))
}

cases <- list(
  lenet1 = function() conv(64, 28, 1, 8, 5), lenet2 = function() conv(64, 14, 32, 64, 5),
  cifar1 = function() conv(64, 32, 3, 64, 3), vgg64 = function() conv(32, 32, 64, 64, 3),
  vgg128 = function() conv(32, 16, 128, 128, 3), res_s2 = function() conv(16, 56, 64, 128, 3, 2),
  pw1x1 = function() conv(32, 28, 256, 64, 1), stem7 = function() conv(1, 224, 3, 64, 7, 2),
  "max pool" = function() pool("max"), "average pool" = function() pool("average"),
  relu = function() activation(relu, relu_backward),
  sigmoid = function() activation(sigmoid, sigmoid_backward),
  "affine 64x784 to 128" = function() affine(64, 784, 128),
  "affine 256x4096 to 1000" = function() affine(256, 4096, 1000),
  "lenet(), 512 digits" = training
)

now <- function() as.numeric(Sys.time())
samples <- list()
for (name in names(cases)) {
  calls <- cases[[name]]()
  gc()
  for (direction in names(calls)) {
    calls[[direction]]()
    times <- numeric()
    begin <- now()
    while (length(times) < 5 || now() - begin < 0.3) {
      start <- now()
      calls[[direction]]()
      times <- c(times, now() - start)
    }
    samples[[paste(name, direction)]] <- times
  }
}
saveRDS(samples, arguments[3])
