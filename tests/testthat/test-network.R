# The loss of a net on a batch as a function of all its parameters, and its gradient.
loss_of <- function(plan, params, state, data, seed, gradient = FALSE) {
  with_stream(seed, 1, 1, 1, {
    forward <- network_forward(plan, params, state, data$x, training = TRUE)
    loss <- loss_value(check_loss(data$loss), forward$Z, data$y, data$weights, gradient = TRUE)
    if (gradient) {
      network_backward(plan, params, forward$caches, loss$dZ)
    } else {
      loss$sum / dim(data$x)[1]
    }
  })
}

# The largest difference between the gradient and central differences, for `entries` entries of
# each parameter, relative to the largest gradient of that parameter.
gradient_error <- function(plan, params, state, data, seed, entries = 12) {
  grads <- loss_of(plan, params, state, data, seed, gradient = TRUE)
  worst <- 0
  for (layer in names(params)) {
    for (name in names(params[[layer]])) {
      g <- grads[[layer]][[name]]
      stopifnot(identical(length(g), length(params[[layer]][[name]])))
      for (i in unique(c(which.max(abs(g)), sample.int(length(g), min(entries, length(g)))))) {
        shifted <- function(by) {
          moved <- params
          moved[[layer]][[name]][i] <- moved[[layer]][[name]][i] + by
          loss_of(plan, moved, state, data, seed)
        }
        # The shorter step for where the longer one goes over a kink.
        apart <- vapply(c(1e-5, 1e-6), function(h) {
          abs((shifted(h) - shifted(-h)) / (2 * h) - g[i])
        }, 0)
        # A bias before a batch normalisation has the gradient 0, and so no scale of its own.
        worst <- max(worst, min(apart) / max(abs(g), 1e-3))
      }
    }
  }
  worst
}

random_layers <- function() {
  pick <- function(...) sample(list(...), 1)[[1]]
  activation <- function() sample(activations, 1)
  maybe <- function(layer) if (runif(1) < 0.5) list(layer)
  same <- function(filters, f = 3) layer_conv(filters, f, pad = "same", activation = activation())
  branches <- function() {
    pick(
      layer_residual(c(list(same(4)), maybe(layer_batchnorm())), activation = activation()),
      layer_residual(layer_conv(3, f = 2, stride = 2, pad = "same", activation = activation()),
                     activation = activation()),
      layer_residual(list(same(4), layer_residual(same(4, c(1, 3)))), shortcut = same(4, 1)),
      layer_parallel(list(), same(3), c(list(), maybe(layer_dropout(0.3))), join = "concat"),
      layer_parallel(a = layer_residual(same(3)), b = list(layer_activation("tanh"), same(3)),
                     join = "add")
    )
  }
  modern <- function() {
    pick(
      layer_depthwise(pick(3, c(2, 3)), stride = pick(1, c(2, 1)), pad = pick(1, "same"),
                      activation = activation(), multiplier = pick(1, 2)),
      layer_conv_transpose(4, f = pick(2, 3), stride = pick(1, c(1, 2)), pad = pick(0, "same"),
                           activation = activation(), groups = pick(1, 2)),
      layer_upsample(pick(2, c(1, 2)), mode = pick("nearest", "bilinear")),
      layer_groupnorm(2, activation = activation()),
      layer_layernorm(pick("example", "channels"), activation = activation())
    )
  }
  c(
    list(layer_conv(4, f = pick(3, c(2, 3), c(3, 1)), stride = pick(1, c(2, 1)),
                    pad = pick(0, 1, c(0, 2), "same"), dilation = pick(1, c(1, 2)),
                    groups = pick(1, 2), activation = activation())),
    maybe(layer_batchnorm(activation = activation())),
    list(layer_pool(2, stride = pick(1, 2), mode = pick("max", "average"), pad = pick(0, 1))),
    list(modern = modern(), branches = branches()),
    maybe(layer_conv(6, f = 2, pad = "same", activation = activation())),
    maybe(layer_dropout(0.3)),
    maybe(layer_global_pool(pick("average", "max"))),
    pick(list(), list(layer_affine(5, activation = activation())),
         list(layer_affine(5, activation = activation()), layer_residual(layer_affine(5)))),
    maybe(layer_batchnorm(activation = activation()))
  )
}

test_that("gradients of whole random nets agree with central differences", {
  kinds <- character()
  for (seed in 1:60) {
    set.seed(seed)
    layers <- random_layers()
    outputs <- sample(2:4, 1)
    m <- sample(3:6, 1)
    data <- list(x = array(rnorm(m * 7 * 8 * 2), c(m, 7, 8, 2)))
    if (runif(1) < 0.5) {
      data <- c(data, list(loss = "mse", y = matrix(rnorm(m * outputs), m)))
    } else {
      data <- c(data, list(loss = "cross_entropy", y = sample(outputs, m, replace = TRUE),
                           weights = if (runif(1) < 0.5) runif(outputs, 0.5, 2)))
    }
    layers <- with_output(layers, outputs)
    plan <- network_plan(layers, c(7, 8, 2))
    # Biases and the like away from where they start.
    params <- lapply(network_init(plan), lapply, function(p) p + rnorm(length(p), sd = 0.1))
    error <- gradient_error(plan, params, network_init_state(plan), data, seed)
    expect_lt(error, 1e-6, label = paste("seed", seed, paste(names(layers), collapse = " ")))
    kinds <- c(kinds, unlist(lapply(plan$layers, function(layer) {
      c(class(layer$layer)[1], unlist(layer$layer[c("activation", "mode", "join", "over")]))
    })), data$loss, if (!is.null(data$weights)) "weights")
  }
  # Every kind of layer, activation and loss was among them.
  every <- c(grep("^layer_", getNamespaceExports("convstep"), value = TRUE), activations, "max",
             "average", "nearest", "bilinear", "concat", "add", "example", "channels", "mse",
             "cross_entropy", "weights")
  expect_setequal(setdiff(every, kinds), c("layer_conv1d", "layer_pool1d", "layer_outputs"))
})
