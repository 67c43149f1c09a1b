# Number i of a stream, as in oracle/cnn-pytorch.py.
wave <- function(stream, dim, amplitude = 1) {
  array(amplitude * sin(stream + 12.9898 * (seq_len(prod(dim)) - 1)), dim)
}

oracle_net <- function() {
  list(
    layer_conv(3, f = 3, pad = 1, activation = "none"), layer_batchnorm(activation = "relu"),
    layer_pool(2), layer_conv(4, f = 3, pad = 1, activation = "leaky_relu"),
    layer_pool(2, stride = 1, mode = "average"), layer_affine(6, activation = "tanh")
  )
}

# The losses of ten steps of cnn() itself: one epoch of ten batches of four, from weights that
# replace those of an untrained fit, on images arranged so that the epoch's shuffling brings them
# into the oracle's order.
ten_losses <- function(optimizer, loss) {
  x <- wave(0, c(40, 8, 7, 2))
  i <- 0:39
  y <- if (loss == "mse") wave(0.25, c(40, 3)) else factor((7 * i * i + 3 * i) %% 13 %% 3)
  fit <- cnn(x, y, oracle_net(), epochs = 0, batch_size = 4, optimizer = optimizer, loss = loss)
  # The stream of a layer is its place in PyTorch's list of modules.
  streams <- c(conv1 = 1, conv2 = 5, affine1 = 9, output = 11)
  for (layer in names(streams)) {
    stream <- streams[[layer]]
    dims <- lapply(fit$params[[layer]], dim)
    amplitude <- if (startsWith(layer, "conv")) 0.4 else 0.3
    fit$params[[layer]] <- list(W = wave(stream, dims$W, amplitude),
                                b = wave(stream + 0.5, dims$b, 0.1))
  }
  back <- order(with_stream(fit$seed, 1, 0, 0, sample.int(40)))
  y <- if (loss == "mse") y[back, ] else y[back]
  losses <- double()
  cnn(x[back, , , ], y, epochs = 1, init = fit,
      callbacks = list(on_batch_end = function(info) losses <<- c(losses, info$loss)))
  losses
}

test_that("ten steps have PyTorch's losses, for every optimizer and loss", {
  oracle <- utils::read.csv(test_path("oracle", "cnn-pytorch.csv"))
  optimizers <- list(
    adam = adam(0.01),
    adam_decay = adamw(0.01, beta1 = 0.8, beta2 = 0.95, eps = 1e-4, weight_decay = 0.1),
    sgd = sgd(0.1, momentum = 0.9),
    sgd_nesterov = sgd(0.1, momentum = 0.8, nesterov = TRUE),
    sgd_clip = sgd(0.1, momentum = 0.9, clip_value = 0.05, clip_norm = 0.1)
  )
  expect_setequal(oracle$optimizer, names(optimizers))
  for (name in names(optimizers)) {
    for (loss in c("cross_entropy", "mse")) {
      expected <- oracle$value[oracle$optimizer == name & oracle$loss == loss]
      expect_length(expected, 10)
      losses <- ten_losses(optimizers[[name]], loss)
      expect_lt(max(abs(losses / expected - 1)), 1e-9, label = paste(name, loss))
    }
  }
})
