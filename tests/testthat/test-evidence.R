evidence_fit <- function(...) {
  set.seed(2)
  x <- array(rnorm(9 * 9 * 7 * 2), c(9, 9, 7, 2))
  layers <- list(
    first = layer_conv(3, f = 3, activation = "none"), layer_batchnorm(activation = "relu"),
    layer_pool(2),
    layer_residual(list(layer_conv(3, f = 2, pad = "same", activation = "tanh"))), layer_affine(4)
  )
  list(x = x[1:3, , , ], fit = cnn(x, factor(rep(c("a", "b", "d"), 3)), layers, epochs = 3,
                                   batch_size = 3, verbose = FALSE, ...))
}

test_that("saliency() is the largest absolute gradient over the channels", {
  made <- evidence_fit()
  G <- input_gradient(made$fit, made$x, "b")
  expect_identical(saliency(made$fit, made$x, "b"), apply(abs(G), 1:3, max))
  expect_identical(dim(saliency(made$fit, made$x[0, , , , drop = FALSE])), c(0L, 9L, 7L))
})

# The outputs of the net from the output of the residual layer on, in plain R.
rest_of_net <- function(fit, A) {
  hidden <- matrix(A, 1) %*% fit$params$affine1$W + as.vector(fit$params$affine1$b)
  pmax(hidden, 0) %*% fit$params$output$W + as.vector(fit$params$output$b)
}

test_that("grad_cam() is what Selvaraju et al. define", {
  made <- evidence_fit()
  found <- grad_cam(made$fit, made$x, c("a", "d", "b"), layer = "residual1")
  A <- layer_outputs(made$fit, made$x)$residual1
  expect_identical(dim(A), c(3L, 3L, 2L, 3L))
  for (i in 1:3) {
    k <- c(1, 3, 2)[i]
    slope <- A[i, , , ]
    for (cell in seq_along(slope)) {
      step <- replace(0 * slope, cell, 1e-5)
      up <- rest_of_net(made$fit, A[i, , , ] + step)[k]
      slope[cell] <- (up - rest_of_net(made$fit, A[i, , , ] - step)[k]) / 2e-5
    }
    map <- matrix(0, 3, 2)
    for (k in 1:3) map <- map + mean(slope[, , k]) * A[i, , , k]
    map <- pmax(map, 0)
    # Three rows become nine as upsampling has it; two columns seven, at these places.
    tall <- upsample_forward(array(map, c(1, 3, 2, 1)), c(3, 1), "bilinear")$A[1, , , 1]
    place <- pmin(pmax((1:7 - 0.5) * 2 / 7 - 0.5, 0), 1)
    for (column in 1:7) {
      expect_equal(found[i, , column],
                   (1 - place[column]) * tall[, 1] + place[column] * tall[, 2], tolerance = 1e-6)
    }
  }
  expect_gt(max(found), 0)
  # The last convolution, which stands within the residual layer.
  expect_identical(grad_cam(made$fit, made$x, "a"),
                   grad_cam(made$fit, made$x, "a", "residual1/conv1"))
  expect_identical(dim(grad_cam(made$fit, made$x[1, , , ])), c(1L, 9L, 7L))
})

test_that("a map of one cell fills the image", {
  expect_equal(enlarge(matrix(2), c(3, 4)), matrix(2, 3, 4))
  expect_equal(enlarge(matrix(c(1, 5, 3, 8), 2), c(2, 2)), matrix(c(1, 5, 3, 8), 2))
})

test_that("occlusion() is the loss of the class under each window", {
  made <- evidence_fit()
  x <- made$x
  by_hand <- function(type, rows, columns, size, value, class) {
    whole <- predict(made$fit, x, type = type)[cbind(1:3, class)]
    lost <- covers <- array(0, c(3, 9, 7))
    for (r in rows) for (s in columns) {
      covered <- x
      for (n in 1:3) for (h in r + 1:size[1] - 1) for (w in s + 1:size[2] - 1) {
        covered[n, h, w, ] <- value
      }
      drop <- whole - predict(made$fit, covered, type = type)[cbind(1:3, class)]
      for (h in r + 1:size[1] - 1) for (w in s + 1:size[2] - 1) {
        lost[, h, w] <- lost[, h, w] + drop
        covers[, h, w] <- covers[, h, w] + 1
      }
    }
    lost / covers
  }
  expect_equal(
    occlusion(made$fit, x, c("d", "a", "b"), size = c(4, 3), stride = c(3, 2), value = c(1, -1)),
    by_hand("prob", c(1, 4, 6), c(1, 3, 5), c(4, 3), c(1, -1), c(3, 1, 2)), tolerance = 1e-12
  )
  means <- c(mean(x[, , , 1]), mean(x[, , , 2]))
  expect_equal(
    occlusion(made$fit, x, type = "logit"),
    by_hand("logit", 1:8, 1:7, c(2, 1), means, as.integer(predict(made$fit, x))),
    tolerance = 1e-12
  )
})

test_that("occlusion() follows numbers, a label and pixels", {
  x <- evidence_fit()$x
  set.seed(1)
  numbers <- cnn(x, cbind(u = 1:3, v = 3:1), layer_affine(3), epochs = 1, loss = "mse",
                 verbose = FALSE)
  covered <- x
  covered[, 8:9, 1:7, ] <- 0
  last <- function(fit, ...) {
    occlusion(fit, x, size = c(2, 7), stride = c(2, 7), value = 0, ...)[, 9, 1]
  }
  expect_equal(last(numbers, class = "v"), (predict(numbers, x) - predict(numbers, covered))[, 2])
  label <- cnn(x, c(TRUE, FALSE, TRUE), layer_affine(3), epochs = 1, loss = "binary",
               verbose = FALSE)
  lost <- predict(label, x, type = "prob") - predict(label, covered, type = "prob")
  expect_equal(last(label), lost)
  pixels <- cnn(x, array(rep_len(1:3, 189), c(3, 9, 7)), layer_conv(2, f = 3, pad = 1), epochs = 1,
                loss = "pixels", verbose = FALSE)
  lost <- predict(pixels, x, type = "prob") - predict(pixels, covered, type = "prob")
  expect_equal(last(pixels, class = 2), apply(lost[, , , "2"], 1, mean))
})

test_that("maps of a fit in single precision are near those in double", {
  made <- evidence_fit(precision = "single")
  double <- replace(made$fit, "precision", "double")
  for (map in list(saliency, grad_cam, occlusion)) {
    expect_equal(map(made$fit, made$x, "a"), map(double, made$x, "a"), tolerance = 1e-3)
  }
})

test_that("images of bytes give the maps of their numbers", {
  digits <- mnist_sample()$test
  numbers <- round(255 * digits$x[1:6, , , , drop = FALSE])
  x <- array(as.raw(numbers), dim(numbers))
  set.seed(1)
  fit <- cnn(x, digits$y[1:6], layer_conv(2, f = 5, stride = 2), epochs = 1, verbose = FALSE)
  for (map in list(saliency, grad_cam, occlusion)) {
    expect_equal(map(fit, x), suppressWarnings(map(fit, numbers)), tolerance = 1e-12)
  }
})

test_that("maps say what is wrong", {
  made <- evidence_fit()
  plain <- cnn(made$x, 1:3, layer_affine(3), epochs = 0)
  expect_snapshot(error = TRUE, {
    saliency(1, made$x)
    saliency(made$fit, made$x, "e")
    grad_cam(made$fit, made$x, layer = "conv9")
    grad_cam(made$fit, made$x, layer = "affine1")
    grad_cam(plain, made$x)
    grad_cam(made$fit, made$x, layer = list())
    occlusion(made$fit, made$x, size = 8)
    occlusion(made$fit, made$x, size = 2, stride = 3)
    occlusion(made$fit, made$x, size = "a")
    occlusion(made$fit, made$x, value = c(1, 2, 3))
    occlusion(made$fit, made$x, value = NA)
    occlusion(made$fit, made$x, type = "class")
  })
})
