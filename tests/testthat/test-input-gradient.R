# Every kind of node that differs between training and prediction, with running statistics that are
# not those of any batch.
odd_fit <- function(..., y = NULL, channels = 2, layers = NULL) {
  set.seed(3)
  x <- array(rnorm(12 * 7 * 6 * channels, 1, 2), c(12, 7, 6, channels))
  if (is.null(y)) y <- factor(rep(c("a", "b", "d"), 4))
  if (is.null(layers)) {
    layers <- list(
      layer_conv(4, f = 3, pad = 1, activation = "none"), layer_batchnorm(activation = "relu"),
      layer_residual(list(layer_conv(4, f = 3, pad = 1, activation = "tanh"), layer_batchnorm())),
      layer_pool(2, mode = "max"), layer_dropout(0.5),
      layer_conv(5, f = c(2, 3), activation = "silu"),
      layer_affine(6, activation = "sigmoid"), layer_batchnorm()
    )
  }
  list(x = x, fit = cnn(x, y, layers, epochs = 2, batch_size = 4, verbose = FALSE, ...))
}

# Central differences of the outputs of all images at once: they do not see each other.
numeric_gradient <- function(fit, x, output, step = 1e-4) {
  slopes <- x
  for (i in seq_len(prod(dim(x)[-1]))) {
    cell <- arrayInd(i, dim(x)[-1])
    moved <- function(by) {
      x[, cell[1], cell[2], cell[3]] <- x[, cell[1], cell[2], cell[3]] + by
      Z <- matrix(predict(fit, x, type = "logit"), nrow(x))
      Z[cbind(seq_len(nrow(x)), output)]
    }
    slopes[, cell[1], cell[2], cell[3]] <- (moved(step) - moved(-step)) / (2 * step)
  }
  slopes
}

test_that("input_gradient() is the slope of the predicted logits", {
  made <- odd_fit()
  x <- made$x[1:4, , , , drop = FALSE]
  chosen <- c("d", "a", "b", "d")
  expect_equal(input_gradient(made$fit, x, chosen), numeric_gradient(made$fit, x, c(3, 1, 2, 3)),
               tolerance = 1e-6)
  # A class for all, and for each the one predicted; one image alone.
  found <- input_gradient(made$fit, x, "b")
  expect_equal(found, numeric_gradient(made$fit, x, rep(2, 4)), tolerance = 1e-6)
  expect_identical(input_gradient(made$fit, x),
                   input_gradient(made$fit, x, predict(made$fit, x)))
  expect_equal(input_gradient(made$fit, x[2, , , ], factor("b")), found[2, , , , drop = FALSE],
               tolerance = 1e-12)
  expect_identical(dim(input_gradient(made$fit, x[0, , , , drop = FALSE])), c(0L, 7L, 6L, 2L))
})

test_that("input_gradient() is on the scale of the images, whatever the net sees", {
  made <- odd_fit(scale = "standardise")
  x <- made$x[1:2, , , , drop = FALSE]
  expect_equal(input_gradient(made$fit, x, "a"), numeric_gradient(made$fit, x, c(1, 1)),
               tolerance = 1e-6)
  made <- odd_fit(scale = 0.25)
  expect_equal(input_gradient(made$fit, x, "a"), numeric_gradient(made$fit, x, c(1, 1)),
               tolerance = 1e-6)
})

test_that("input_gradient() follows numbers, labels and pixels", {
  x <- odd_fit()$x[1:2, , , , drop = FALSE]
  y <- cbind(up = sin(1:12), down = cos(1:12))
  numbers <- odd_fit(y = y, loss = "mse")$fit
  expect_equal(input_gradient(numbers, x, 2), numeric_gradient(numbers, x, c(2, 2)),
               tolerance = 1e-6)
  expect_identical(input_gradient(numbers, x, c("down", "up")), input_gradient(numbers, x, 2:1))
  label <- odd_fit(y = y[, 1] > 0, loss = "binary")$fit
  expect_equal(input_gradient(label, x), numeric_gradient(label, x, c(1, 1)), tolerance = 1e-6)
  # An image is a branch by itself here.
  pixels <- odd_fit(
    y = array(rep_len(1:3, 12 * 42), c(12, 7, 6)), loss = "pixels",
    layers = list(layer_parallel(list(), layer_conv(3, f = 3, pad = 1, activation = "tanh")))
  )$fit
  sums <- function(x) sum(predict(pixels, x, type = "logit")[, , , "2"])
  found <- input_gradient(pixels, x, 2)
  for (i in c(1, 30, 77, 168)) {
    step <- replace(array(0, dim(x)), i, 1e-4)
    expect_equal(found[i], (sums(x + step) - sums(x - step)) / 2e-4, tolerance = 1e-6)
  }
})

test_that("input_gradient() goes through newer layers, branches and series", {
  layers <- list(
    layer_depthwise(3, multiplier = 2, pad = 1), layer_groupnorm(2, activation = "gelu"),
    layer_conv_transpose(4, f = 2, stride = 2), layer_layernorm("channels"),
    layer_pool(3, stride = 2, pad = 1),
    layer_parallel(layer_conv(2, f = 1), list(layer_conv(2, f = 3, pad = 1), layer_dropout(0.5)),
                   list()),
    layer_upsample(2, mode = "bilinear"), layer_global_pool("max"), layer_affine(8),
    layer_residual(layer_affine(8))
  )
  made <- odd_fit(layers = layers)
  x <- made$x[1:2, , , , drop = FALSE]
  expect_equal(input_gradient(made$fit, x, c("b", "d")), numeric_gradient(made$fit, x, 2:3),
               tolerance = 1e-6)
  series <- array(sin(1:180), c(6, 10, 3))
  set.seed(1)
  fit <- cnn(series, rep(c("a", "b"), 3), list(layer_conv1d(4, 3), layer_pool1d(2)), epochs = 1,
             verbose = FALSE)
  images <- array(series, c(6, 10, 1, 3))
  expect_equal(input_gradient(fit, series, "b"), numeric_gradient(fit, images, rep(2, 6)),
               tolerance = 1e-6)
  expect_identical(dim(grad_cam(fit, series)), c(6L, 10L, 1L))
})

test_that("input_gradient() in single precision is that in double to its rounding", {
  single <- odd_fit(precision = "single")
  double <- replace(single$fit, "precision", "double")
  expect_equal(input_gradient(single$fit, single$x, "d"), input_gradient(double, single$x, "d"),
               tolerance = 1e-4)
})

test_that("input_gradient() says what is wrong", {
  made <- odd_fit()
  numbers <- odd_fit(y = cbind(up = sin(1:12), down = cos(1:12)), loss = "mse")$fit
  expect_snapshot(error = TRUE, {
    input_gradient(list(), made$x)
    input_gradient(made$fit, made$x[, 1:3, , , drop = FALSE])
    input_gradient(made$fit, made$x, "e")
    input_gradient(made$fit, made$x, c("a", "b"))
    input_gradient(made$fit, made$x, NA)
    input_gradient(made$fit, made$x, list("a"))
    input_gradient(numbers, made$x)
    input_gradient(numbers, made$x, 3)
    input_gradient(numbers, made$x, "left")
  })
})
