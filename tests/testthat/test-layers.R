test_that("the ready nets have the shapes they promise", {
  x <- array(runif(4 * 28 * 28), c(4, 28, 28))
  about <- summary(cnn(x, c(1, 2, 1, 2), lenet(dropout = 0.1), epochs = 0))
  expect_identical(about$output, c("28 x 28 x 8", "14 x 14 x 8", "14 x 14 x 16", "7 x 7 x 16",
                                   "128", "128", "2"))
  expect_identical(about$kind, c("conv", "pool", "conv", "pool", "affine", "dropout", "affine"))
  colour <- array(runif(4 * 32 * 32 * 3), c(4, 32, 32, 3))
  about <- summary(cnn(colour, c(1, 2, 1, 2), vgg_small(), epochs = 0))
  expect_identical(about$output[about$kind == "pool"],
                   c("16 x 16 x 32", "8 x 8 x 64", "4 x 4 x 128"))
  expect_identical(about$output[about$kind == "global_pool"], "1 x 1 x 128")
  expect_equal(about$parameters[about$kind == "conv"],
               9 * c(3, 32, 32, 64, 64, 128) * c(32, 32, 64, 64, 128, 128) +
                 c(32, 32, 64, 64, 128, 128))
})

test_that("a small relative of VGG learns colours", {
  set.seed(1)
  x <- array(runif(60 * 8 * 8 * 3, 0, 0.5), c(60, 8, 8, 3))
  y <- rep(c("red", "green", "blue"), 20)
  for (i in 1:60) x[i, , , match(y[i], c("red", "green", "blue"))] <- runif(64, 0.2, 0.9)
  fit <- cnn(x, y, vgg_small(filters = c(4, 8)), epochs = 12, batch_size = 20,
             optimizer = adam(0.01))
  expect_gt(evaluate(fit, x, y)$accuracy, 0.95)
  expect_identical(fit$levels, c("blue", "green", "red"))
})

test_that("layers may have names, and lists of them may be put together", {
  data <- bars(8)
  layers <- c(list(stem = layer_conv(2, f = 3)), list(layer_pool(2), head = layer_affine(4)))
  fit <- cnn(data$x, data$y, layers, epochs = 0)
  expect_named(fit$layers, c("stem", "pool1", "head", "output"))
  expect_named(coef(fit), c("stem", "head", "output"))
  expect_identical(dim(coef(fit, "stem")$W), c(3L, 3L, 1L, 2L))
  # One layer alone, and none: a linear classifier.
  expect_named(cnn(data$x, data$y, layer_affine(3), epochs = 0)$layers, c("affine1", "output"))
  expect_named(cnn(data$x, data$y, list(), epochs = 0)$layers, "output")
})

test_that("weights start as He et al. have it", {
  x <- array(0.5, c(2, 16, 16, 8))
  set.seed(1)
  fit <- cnn(x, 1:2, list(
    layer_conv(64, f = 5), layer_conv(64, f = 3, groups = 4, activation = "tanh"), layer_affine(9)
  ), epochs = 0)
  spread <- function(layer) stats::sd(coef(fit, layer)$W)
  expect_equal(spread("conv1"), sqrt(2 / (5 * 5 * 8)), tolerance = 0.02)
  expect_equal(spread("conv2"), sqrt(1 / (3 * 3 * 16)), tolerance = 0.03)
  expect_equal(spread("affine1"), sqrt(2 / (10 * 10 * 64)), tolerance = 0.02)
  expect_equal(mean(coef(fit, "affine1")$W), 0, tolerance = 1e-3)
  expect_true(all(coef(fit, "conv1")$b == 0))
})

test_that("a maximum before or after a monotone activation is one and the same", {
  for (activation in c("relu", "leaky_relu", "sigmoid", "tanh")) {
    layers <- with_output(list(layer_conv(3, f = 3, pad = 1, activation = activation),
                               layer_pool(3, stride = 2, pad = 1)), 2)
    fused <- network_plan(layers, c(7, 6, 2))
    plain <- network_plan(layers, c(7, 6, 2), fuse = FALSE)
    kinds <- function(plan) vapply(plan$nodes, function(op) op$kind, "")
    expect_identical(kinds(fused), c("conv", "pool", "activation", "affine"))
    expect_identical(kinds(plain), c("conv", "activation", "pool", "affine"))
    set.seed(1)
    params <- network_init(fused)
    x <- array(rnorm(5 * 84), c(5, 7, 6, 2))
    dZ <- matrix(rnorm(10), 5)
    run <- function(plan) {
      forward <- network_forward(plan, params, network_init_state(plan), x, training = TRUE)
      list(forward$Z, network_backward(plan, params, forward$caches, dZ))
    }
    expect_equal(run(fused), run(plain), tolerance = 1e-13)
  }
  # Average pooling stays where it is, and so does a window that may see padding only.
  stays <- function(pool) {
    layers <- with_output(list(layer_conv(3, f = 3), pool), 2)
    identical(network_plan(layers, c(9, 9, 1))$nodes[[2]]$kind, "activation")
  }
  expect_true(stays(layer_pool(2, mode = "average")))
  expect_true(stays(layer_pool(2, pad = 2)))
  expect_false(stays(layer_pool(2, pad = 1)))
})
