# Number i of a stream, as in oracle/branches-pytorch.py.
wave <- function(stream, dim, amplitude = 1) {
  array(amplitude * sin(stream + 12.9898 * (seq_len(prod(dim)) - 1)), dim)
}

every_layer <- function() {
  plain <- function(...) layer_conv(..., activation = "none")
  list(
    plain(4, f = 3, pad = 1), layer_batchnorm(activation = "gelu"),
    layer_residual(list(layer_conv(4, f = 3, pad = 1, activation = "silu"), layer_batchnorm()),
                   activation = "relu6"),
    layer_residual(layer_conv(6, f = 3, stride = 2, pad = 1, activation = "hard_swish")),
    layer_parallel(
      layer_conv(2, f = 1, activation = "elu"),
      list(layer_depthwise(f = 3, pad = 1, activation = "softplus"), layer_groupnorm(3)),
      list()
    ),
    layer_conv_transpose(3, f = 2, stride = 2, activation = "none"), layer_activation("tanh"),
    layer_layernorm(), layer_upsample(2, "bilinear"), layer_upsample(c(1, 2)),
    layer_conv(4, f = 3, pad = 1, activation = "leaky_relu"), layer_layernorm("channels"),
    layer_global_pool()
  )
}

# The losses of twenty steps of cnn() itself, as in test-cnn-pytorch.R.
twenty_losses <- function(optimizer) {
  x <- wave(0, c(80, 8, 6, 2))
  i <- 0:79
  y <- factor((7 * i * i + 3 * i) %% 13 %% 3)
  fit <- cnn(x, y, every_layer(), epochs = 0, batch_size = 4, optimizer = optimizer)
  stream <- 0
  for (path in names(fit$params)) {
    W <- fit$params[[path]]$W
    if (is.null(W)) next
    stream <- stream + 1
    b <- dim(fit$params[[path]]$b)
    fit$params[[path]] <- list(W = wave(stream, dim(W), if (length(dim(W)) == 4) 0.4 else 0.3),
                               b = wave(stream + 0.5, b, 0.1))
  }
  back <- order(with_stream(fit$seed, 1, 0, 0, sample.int(80)))
  losses <- double()
  cnn(x[back, , , ], y[back], epochs = 1, init = fit,
      callbacks = list(on_batch_end = function(info) losses <<- c(losses, info$loss)))
  losses
}

test_that("twenty steps of a net of every layer have PyTorch's losses", {
  oracle <- utils::read.csv(test_path("oracle", "branches-pytorch.csv"))
  optimizers <- list(adam = adam(0.005, eps = 1e-4), sgd = sgd(0.05, momentum = 0.9))
  for (name in names(optimizers)) {
    expected <- oracle$value[oracle$optimizer == name]
    expect_length(expected, 20)
    losses <- twenty_losses(optimizers[[name]])
    expect_lt(max(abs(losses / expected - 1)), 1e-9, label = name)
  }
})

test_that("every layer computes in single precision as in double, but for the digits", {
  x <- wave(0, c(12, 8, 6, 2))
  y <- factor(rep(1:3, 4))
  outputs <- lapply(c("double", "single"), function(precision) {
    set.seed(1)
    fit <- cnn(x, y, every_layer(), epochs = 2, batch_size = 6, optimizer = sgd(0.01),
               precision = precision)
    predict(fit, x, type = "logit")
  })
  expect_lt(max(abs(outputs[[2]] - outputs[[1]])), 1e-3)
  expect_gt(max(abs(outputs[[2]] - outputs[[1]])), 0)
})
