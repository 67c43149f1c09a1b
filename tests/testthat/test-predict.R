test_that("types of prediction agree with each other", {
  train <- bars(80)
  set.seed(1)
  fit <- cnn(train$x, train$y, small_net(), epochs = 2, batch_size = 16)
  x <- bars(21, seed = 4)$x
  logit <- predict(fit, x, type = "logit")
  prob <- predict(fit, x, type = "prob")
  expect_identical(dimnames(prob), list(NULL, c("horizontal", "vertical")))
  expect_equal(prob, exp(logit) / rowSums(exp(logit)))
  class <- predict(fit, x)
  expect_identical(levels(class), levels(train$y))
  expect_identical(as.character(class), colnames(prob)[apply(prob, 1, which.max)])
})

test_that("the batch size changes no result beyond rounding, one image at a time", {
  train <- bars(40)
  fit <- cnn(train$x, train$y, small_net(), epochs = 1)
  x <- bars(11, seed = 4)$x
  whole <- predict(fit, x, type = "logit")
  expect_equal(predict(fit, x, type = "logit", batch_size = 1), whole, tolerance = 1e-12)
  expect_equal(predict(fit, x, type = "logit", batch_size = 4), whole, tolerance = 1e-12)
})

test_that("one image may come without its first extent, and none gives none", {
  train <- bars(40)
  fit <- cnn(train$x, train$y, small_net(), epochs = 1)
  expect_equal(predict(fit, train$x[3, , , 1], type = "logit"),
               predict(fit, train$x[3, , , , drop = FALSE], type = "logit"))
  expect_equal(predict(fit, train$x[1:4, , , 1]), predict(fit, train$x[1:4, , , , drop = FALSE]))
  none <- train$x[0, , , , drop = FALSE]
  expect_identical(predict(fit, none), factor(character(), levels(train$y)))
  expect_identical(dim(predict(fit, none, type = "prob")), c(0L, 2L))
  expect_identical(evaluate(fit, none, factor(character()))$loss, NaN)
  colour <- array(runif(6 * 48), c(6, 4, 4, 3))
  fit <- cnn(colour, rep(1:2, 3), list(), epochs = 1)
  expect_equal(predict(fit, colour[2, , , ], type = "logit"),
               predict(fit, colour[2, , , , drop = FALSE], type = "logit"))
})

test_that("prediction uses the running statistics and drops nothing", {
  train <- bars(50)
  layers <- list(layer_conv(3, f = 3, activation = "none"), layer_batchnorm(momentum = 0.5),
                 layer_dropout(0.5), layer_affine(4))
  set.seed(2)
  fit <- cnn(train$x, train$y, layers, epochs = 3, batch_size = 25)
  p <- fit$params
  hidden <- conv_forward(train$x, p$conv1$W, p$conv1$b, list(stride = 1, pad = 0))$Z
  for (k in 1:3) {
    hidden[, , , k] <- p$batchnorm1$gamma[k] * (hidden[, , , k] - fit$state$batchnorm1$mean[k]) /
      sqrt(fit$state$batchnorm1$variance[k] + 1e-5) + p$batchnorm1$beta[k]
  }
  flat <- arr2col(hidden)$output
  hidden <- affine_activation_forward(flat, p$affine1$W, p$affine1$b, "relu")$A
  expected <- affine_forward(hidden, p$output$W, p$output$b)$Z
  expect_equal(unname(predict(fit, train$x, type = "logit")), expected, tolerance = 1e-12)
})

test_that("the functions of the chapters, one after the other, give the net's outputs", {
  train <- bars(20)
  fit <- cnn(train$x, train$y, small_net(), epochs = 1)
  p <- fit$params
  Z <- conv_forward(train$x, p$conv1$W, p$conv1$b, list(stride = 1, pad = 1))$Z
  A <- relu(Z)$A
  pooled <- pool_forward(A, list(f = 2, stride = 2))$A
  hidden <- relu(affine_forward(arr2col(pooled)$output, p$affine1$W, p$affine1$b)$Z)$A
  logits <- affine_forward(hidden, p$output$W, p$output$b)$Z
  expect_equal(unname(predict(fit, train$x, type = "logit")), logits, tolerance = 1e-12)
  # And so do the outputs layer by layer, where the pooling comes after the activation.
  expect_equal(layer_outputs(fit, train$x),
               list(conv1 = A, pool1 = pooled, affine1 = hidden, output = logits),
               tolerance = 1e-12)
  expect_identical(dim(layer_outputs(fit, train$x[1, , , 1])$conv1), c(1L, 8L, 8L, 4L))
})
