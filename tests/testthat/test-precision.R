# In single precision results are those of double precision but for the rounding of floats. Where
# the two differ they differ relative to the largest cell.
relative_difference <- function(actual, expected) {
  largest <- max(abs(expected))
  if (largest == 0) max(abs(actual)) else max(abs(actual - expected)) / largest
}

in_single <- function(code) {
  former <- convstep_precision("single")
  on.exit(convstep_precision(former))
  code
}

# The floats nearest to `x`, by R's own conversion.
nearest_floats <- function(x) {
  raw <- writeBin(as.vector(x), raw(), size = 4)
  array(readBin(raw, "double", length(x), size = 4), dim(x))
}

conv_case <- function(m, height, width, channels, filters, f, stride = 1, pad = 0, dilation = 1,
                      groups = 1) {
  hparameters <- list(stride = stride, pad = pad, dilation = dilation, groups = groups)
  x <- list(A = random_array(m, height, width, channels),
            W = random_array(f, f, channels / groups, filters), b = rnorm(filters),
            hparameters = hparameters)
  x$dZ <- random_array(dim(conv_forward(x$A, x$W, x$b, hparameters)$Z))
  x
}

passes <- function(x) {
  out <- conv_forward(x$A, x$W, x$b, x$hparameters)
  poison_memory(length(x$A))
  c(out["Z"], conv_backward(x$dZ, out$cache))
}

test_that("the precision is selected and the former one comes back", {
  expect_identical(convstep_precision(), "double")
  expect_identical(withVisible(convstep_precision("single")),
                   list(value = "double", visible = FALSE))
  expect_identical(convstep_precision(), "single")
  expect_identical(convstep_precision("double"), "single")
  expect_error(convstep_precision("half"), "Must be one of \"double\", .*\"single\".* is \"half\"")
  expect_identical(convstep_precision(), "double")
})

test_that("every engine and instruction set agrees with double precision", {
  set.seed(41)
  cases <- list(
    conv_case(1, 24, 2, 1, 8, 1), conv_case(48, 1, 1, 5, 33, 1), conv_case(49, 3, 3, 3, 9, 2),
    conv_case(17, 9, 8, 3, 5, 3, pad = 1), conv_case(16, 13, 12, 20, 17, 3, pad = 1),
    conv_case(5, 10, 7, 9, 16, 5, pad = 2), conv_case(33, 9, 9, 4, 3, 3, stride = 2, pad = 1),
    conv_case(3, 11, 9, 2, 5, 3, stride = 3, dilation = 2, pad = 3),
    conv_case(4, 6, 5, 6, 12, 3, pad = 1, groups = 3), conv_case(64, 1, 1, 700, 20, 1),
    conv_case(7, 8, 8, 130, 3, 3, pad = 1)
  )
  for (x in cases) {
    expected <- passes(x)
    bits <- list()
    for_each_kernel(function(engine, set, threads) {
      actual <- in_single(passes(x))
      for (name in names(expected)) {
        expect_identical(dim(actual[[name]]), dim(expected[[name]]))
        expect_lt(relative_difference(actual[[name]], expected[[name]]),
                  if (engine == "winograd") 2e-5 else 2e-6)
      }
      # Of a set and engine, whatever the threads.
      key <- paste(engine, set)
      if (is.null(bits[[key]])) bits[[key]] <<- actual
      expect_identical(actual, bits[[key]])
      if (engine == "direct") expect_false(identical(actual$Z, expected$Z) && x$A[1] != 0)
    }, engines = c("direct", "winograd"), threads = c(1, 2))
  }
})

test_that("long sums keep their digits", {
  set.seed(42)
  # All terms of one sign: what a sum in one go would lose most of.
  A <- array(runif(400 * 30 * 30), c(400, 30, 30, 1))
  W <- array(runif(9), c(3, 3, 1, 1))
  hparameters <- list(stride = 1, pad = 1)
  out <- conv_forward(A, W, 0, hparameters)
  dZ <- array(runif(length(out$Z)), dim(out$Z))
  expected <- conv_backward(dZ, out$cache)
  for_each_kernel(function(...) {
    actual <- in_single(conv_backward(dZ, out$cache))
    expect_lt(relative_difference(actual$dW, expected$dW), 1e-5)
    expect_lt(relative_difference(actual$db, expected$db), 1e-5)
  }, engines = c("direct", "winograd"))
})

test_that("values that are not finite go where they go in double precision", {
  set.seed(43)
  x <- conv_case(20, 8, 8, 3, 4, 3, pad = 1)
  x$A[cbind(c(2, 7, 19), c(1, 5, 8), c(3, 3, 8), c(1, 2, 3))] <- c(NaN, Inf, -Inf)
  expected <- passes(x)
  spoilt <- x
  spoilt$W[2, 2, 1, 1] <- Inf
  expected_spoilt <- passes(spoilt)
  for_each_kernel(function(...) {
    for (pair in list(list(in_single(passes(x)), expected),
                      list(in_single(passes(spoilt)), expected_spoilt))) {
      for (name in names(expected)) {
        expect_identical(is.nan(pair[[1]][[name]]), is.nan(pair[[2]][[name]]))
        infinite <- is.infinite(pair[[2]][[name]])
        expect_identical(pair[[1]][[name]][infinite], pair[[2]][[name]][infinite])
      }
    }
  }, engines = c("direct", "winograd"))
})

test_that("what a float cannot hold becomes infinite, and only that", {
  A <- array(0, c(3, 4, 4, 9))
  A[2, 2, 2, 1] <- 1e300
  A[3, 2, 2, 1] <- 3e38
  W <- array(10, c(3, 3, 9, 8))
  for_each_kernel(function(...) {
    Z <- in_single(conv_forward(A, W, rep(0, 8), list(stride = 1, pad = 1))$Z)
    expect_true(all(Z[1, , , ] == 0))
    expect_true(all(Z[2:3, 1:3, 1:3, ] == Inf))
    expect_true(all(Z[2:3, 4, , ] == 0))
  }, engines = c("direct", "winograd"))
})

test_that("affine layers compute in the precision chosen", {
  set.seed(44)
  A <- matrix(rnorm(37 * 90), 37)
  W <- matrix(rnorm(90 * 11), 90)
  out <- affine_forward(A, W, rnorm(11))
  rounded <- in_single(affine_forward(A, W, out$cache$b))
  difference <- relative_difference(rounded$Z, out$Z)
  expect_gt(difference, 1e-9)
  expect_lt(difference, 2e-6)
})

test_that("floats come and go as the nearest ones", {
  set.seed(45)
  x <- array(rnorm(7 * 5 * 3 * 11) * 10^runif(1155, -50, 50), c(7, 5, 3, 11))
  for_each_kernel(function(...) {
    floats <- to_single_cpp(x)
    expect_type(floats, "integer")
    expect_identical(dim(floats), dim(x))
    expect_identical(to_double_cpp(floats), nearest_floats(x))
  }, engines = "auto")
  expect_identical(to_double_cpp(x), x)
  pixels <- array(as.raw(0:23), c(4, 3, 2, 1))
  expect_identical(to_double_cpp(gather_images(pixels, c(3L, 1L), 0.1, TRUE)),
                   nearest_floats(gather_images(pixels, c(3L, 1L), 0.1)))
})

test_that("the layers between convolutions do the same to floats as to doubles", {
  set.seed(46)
  x <- nearest_floats(array(rnorm(19 * 7 * 6 * 3, sd = 3), c(19, 7, 6, 3)))
  dy <- nearest_floats(array(rnorm(length(x)), dim(x)))
  x1 <- to_single_cpp(x)
  dy1 <- to_single_cpp(dy)
  expect_same <- function(floats, doubles, tolerance = 3e-7) {
    expect_type(floats, "integer")
    expect_lt(relative_difference(to_double_cpp(floats), doubles), tolerance)
  }
  gamma <- runif(3, 0.5, 2)
  beta <- rnorm(3)
  for_each_kernel(function(...) {
    for (rule in activation_table) {
      expect_same(rule$forward(x1), rule$forward(x))
      expect_same(rule$backward(dy1, x1), rule$backward(dy, x))
    }
    window <- c(2L, 1L, 1L, 0L, 1L, 1L)
    for (average in c(FALSE, TRUE)) {
      z <- pool_forward_cpp(x, c(3L, 2L), window, average)
      expect_same(pool_forward_cpp(x1, c(3L, 2L), window, average), z)
      dz <- nearest_floats(array(rnorm(length(z)), dim(z)))
      for (first in c(FALSE, TRUE)) {
        expect_same(pool_backward_cpp(to_single_cpp(dz), x1, c(3L, 2L), window, average, first),
                    pool_backward_cpp(dz, x, c(3L, 2L), window, average, first))
      }
    }
    step <- batchnorm_train_cpp(x, gamma, beta, 1e-5)
    step1 <- batchnorm_train_cpp(x1, gamma, beta, 1e-5)
    expect_same(step1$Z, step$Z, 1e-6)
    expect_equal(step1[c("mean", "variance")], step[c("mean", "variance")], tolerance = 1e-6)
    back <- batchnorm_backward_cpp(dy, x, gamma, step$mean, step$variance, 1e-5, TRUE)
    back1 <- batchnorm_backward_cpp(dy1, x1, gamma, step$mean, step$variance, 1e-5, TRUE)
    expect_same(back1$dA_prev, back$dA_prev, 2e-6)
    expect_equal(back1[-1], back[-1], tolerance = 1e-5)
    expect_same(add_arrays_cpp(list(x1, dy1, x1)), x + dy + x)
    expect_identical(to_double_cpp(concat_arrays_cpp(list(x1, dy1))), concat_arrays_cpp(list(x, dy)))
    expect_identical(lapply(split_array_cpp(x1, c(1L, 2L)), to_double_cpp),
                     split_array_cpp(x, c(1L, 2L)))
    logits <- matrix(x, 19)
    y <- sample.int(ncol(logits), 19, TRUE)
    for (weights in list(NULL, runif(ncol(logits)))) {
      loss <- softmax_loss_cpp(logits, y, 0, weights, TRUE)
      loss1 <- softmax_loss_cpp(to_single_cpp(logits), y, 0, weights, TRUE)
      expect_same(loss1$dZ, loss$dZ, 1e-6)
      expect_equal(loss1[c("sum", "correct")], loss[c("sum", "correct")], tolerance = 1e-6)
    }
    drop <- dropout_forward_cpp(x, 0.3, c(0.2, 0.7))
    drop1 <- dropout_forward_cpp(x1, 0.3, c(0.2, 0.7))
    expect_identical(drop1$mask, drop$mask)
    expect_same(drop1$A, drop$A)
    expect_same(dropout_backward_cpp(dy1, drop1$mask, 0.3), dropout_backward_cpp(dy, drop$mask, 0.3))
    expect_same(pad3d_cpp(x1, c(2L, 1L)), pad3d_cpp(x, c(2L, 1L)))
  }, engines = "auto")
})

test_that("exponentials of floats end where floats end", {
  x <- to_single_cpp(matrix(c(-Inf, -200, -104, -88, -1e-30, 0, 88, 200, Inf, NaN), 1))
  for_each_kernel(function(...) {
    expect_equal(to_double_cpp(sigmoid_cpp(x)),
                 matrix(c(0, 0, exp(-104), exp(-88), 0.5, 0.5, 1, 1, 1, NaN), 1), tolerance = 1e-6)
    expect_equal(to_double_cpp(tanh_cpp(x)),
                 matrix(c(-1, -1, -1, -1, -1e-30, 0, 1, 1, 1, NaN), 1), tolerance = 1e-6)
  }, engines = "auto")
})

# The gradients of a net with a layer of every kind, and its running statistics.
net_gradients <- function(single) {
  layers <- list(
    layer_conv(6, 3, pad = 1, activation = "tanh"),
    layer_residual(list(layer_conv(6, 3, pad = 1), layer_batchnorm()), activation = "relu"),
    layer_parallel(layer_conv(3, 1), layer_conv(4, 3, pad = 1, activation = "sigmoid")),
    layer_pool(2), layer_dropout(0.2), layer_affine(9, "leaky_relu"), layer_affine(4, "none")
  )
  set.seed(47)
  x <- random_array(12, 8, 8, 2)
  y <- rep(1:4, 3)
  plan <- network_plan(name_layers(layers), c(8, 8, 2))
  params <- network_init(plan)
  for (path in names(params)) {
    for (name in names(params[[path]])) {
      size <- length(params[[path]][[name]])
      params[[path]][[name]] <- params[[path]][[name]] + rnorm(size, sd = 0.1)
    }
  }
  set.seed(48)
  batch_gradient(plan, params, network_init_state(plan), if (single) to_single_cpp(x) else x, y,
                 loss_cross_entropy())
}

test_that("the gradients of a net in single precision are those in double", {
  expected <- net_gradients(FALSE)
  actual <- net_gradients(TRUE)
  expect_equal(actual$sum, expected$sum, tolerance = 1e-5)
  expect_identical(actual$correct, expected$correct)
  expect_identical(rapply(actual$grads, typeof, how = "unlist"),
                   rapply(expected$grads, typeof, how = "unlist"))
  expect_equal(actual$state, expected$state, tolerance = 1e-5)
  for (path in names(expected$grads)) {
    for (name in names(expected$grads[[path]])) {
      # A bias before batch normalisation has the gradient 0.
      scale <- max(abs(unlist(expected$grads[[path]])))
      difference <- actual$grads[[path]][[name]] - expected$grads[[path]][[name]]
      expect_lt(max(abs(difference)) / scale, 5e-5)
    }
  }
})

test_that("cnn() trains in single precision, goes on in it and predicts in it", {
  digits <- mnist_sample()
  x <- digits$train$x[1:600, , , , drop = FALSE]
  y <- digits$train$y[1:600]
  train <- function(...) {
    set.seed(49)
    cnn(x, y, list(layer_conv(6, 5, stride = 2), layer_batchnorm(), layer_affine(20)), ...)
  }
  exact <- train(epochs = 3)
  fit <- train(epochs = 3, precision = "single")
  expect_identical(c(exact$precision, fit$precision), c("double", "single"))
  expect_output(print(fit), "Computes in single precision")
  expect_equal(fit$history$loss, exact$history$loss, tolerance = 1e-2)
  expect_equal(fit$history$loss[1], exact$history$loss[1], tolerance = 1e-4)
  expect_false(identical(fit$params, exact$params))
  expect_true(all(rapply(fit$params, is.double, how = "unlist")))
  halves <- cnn(x, y, init = train(epochs = 1, precision = "single"), epochs = 2)
  expect_identical(halves$precision, "single")
  expect_identical(halves$params, fit$params)
  former <- convstep_threads(1)
  on.exit(convstep_threads(former))
  expect_identical(train(epochs = 3, precision = "single")$params, fit$params)

  logits <- predict(fit, x[1:50, , , , drop = FALSE], type = "logit")
  expect_type(logits, "double")
  doubled <- fit
  doubled$precision <- "double"
  difference <- relative_difference(logits, predict(doubled, x[1:50, , , , drop = FALSE], "logit"))
  expect_gt(difference, 0)
  expect_lt(difference, 1e-5)
  expect_true(all(rapply(layer_outputs(fit, x[1:2, , , , drop = FALSE]), is.double, how = "unlist")))
  fit$precision <- "half"
  expect_error(predict(fit, x), "its 'precision' is not as it was")
  expect_error(train(precision = "half"), "Assertion on 'precision' failed")
})

test_that("a regression and an augmentation in single precision", {
  set.seed(50)
  x <- random_array(60, 6, 6, 1)
  y <- apply(x, 1, mean)
  train <- function(precision) {
    set.seed(51)
    cnn(x, y, list(layer_conv(4, 3, activation = "tanh")), loss = "mse", epochs = 2,
        augment = augment_shift(1), precision = precision)
  }
  fit <- train("single")
  expect_equal(fit$history$loss, train("double")$history$loss, tolerance = 1e-4)
  expect_type(predict(fit, x), "double")
})
