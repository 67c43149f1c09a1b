# PyTorch 1.13, float64: torch.nn.functional with reduction = "none", of outputs, targets and class
# weights below, made by tests/testthat/oracle/losses.py.
Z <- matrix(3 * sin(1:12), 4)
Y <- matrix(cos(1:12), 4)
classes <- c(3L, 1L, 2L, 3L)
weights <- c(0.5, 2, 1.5)
shares <- rbind(c(0.2, 0.3, 0.5), c(1, 0, 0), c(0, 0.5, 0.5), c(0.1, 0.1, 0.8))
oracle <- read.csv(test_path("oracle", "losses.csv"))

expect_as_pytorch <- function(name, loss, y, weights = NULL) {
  value <- loss_value(loss, Z, y, weights, gradient = TRUE)
  expect_equal(value$sum, sum(oracle[[name]][1]), tolerance = 1e-14, label = name)
  expect_equal(as.vector(value$dZ), oracle[[name]][-1], tolerance = 1e-13, label = name)
  alone <- loss_value(loss, Z, y, weights, gradient = FALSE)
  expect_identical(alone[c("sum", "correct")], value[c("sum", "correct")])
  expect_null(alone$dZ)
}

test_that("losses and gradients are PyTorch's", {
  expect_as_pytorch("cross_entropy", loss_cross_entropy(), classes, weights)
  expect_as_pytorch("smoothed", loss_cross_entropy(0.2), classes, weights)
  expect_as_pytorch("shares", loss_cross_entropy(0.1), shares, weights)
  expect_as_pytorch("huber", loss_huber(0.7), Y)
  expect_as_pytorch("mse", loss_mse(), Y)
  expect_as_pytorch("binary", loss_binary(), (Y > 0) + 0, weights)
})

test_that("shares that are 0 and 1 are classes", {
  one_hot <- diag(3)[classes, ]
  expect_equal(loss_value(loss_cross_entropy(), Z, one_hot, weights, TRUE),
               loss_value(loss_cross_entropy(), Z, classes, weights, TRUE))
})

test_that("a class without weight counts nothing, whatever its output", {
  infinite <- replace(Z, 1, -Inf)
  value <- loss_value(loss_cross_entropy(), infinite, classes, c(0, 1, 1), TRUE)
  expect_equal(value$dZ[2, ], c(0, 0, 0))
  expect_true(is.finite(value$sum))
})

test_that("the loss of many pixels is that of one after the other", {
  many <- matrix(sin(1:9000 * 1.7), 3000)
  truth <- rep_len(1:3, 3000)
  expected <- sum(log(rowSums(exp(many))) - many[cbind(1:3000, truth)])
  value <- loss_value(loss_cross_entropy(), many, truth, NULL, TRUE)
  expect_equal(value$sum, expected)
  expect_identical(value$correct, sum(max.col(many, "first") == truth) + 0)
  # Image (2, 5, 300, 3): the same numbers, a mean over 1500 pixels.
  pixels <- loss_value(loss_pixels(), array(many, c(2, 5, 300, 3)), array(truth, c(2, 5, 300)), NULL,
                       TRUE)
  expect_equal(pixels$sum, expected / 1500)
  expect_identical(dim(pixels$dZ), as.integer(c(2, 5, 300, 3)))
  expect_equal(as.vector(pixels$dZ), as.vector(value$dZ) / 1500)
})

# Nets with each loss: the gradient of the mean loss by central differences.
x <- array(sin(1:96 * 0.7), c(3, 4, 4, 2))
layers <- list(layer_conv(2, 3, pad = 1, activation = "tanh"))
absolute <- loss_own(function(outputs, y) {
  list(value = rowMeans(abs(outputs - y)), gradient = sign(outputs - y) / ncol(y))
})
nets <- list(
  list(y = factor(c("a", "b", "a")), loss = loss_cross_entropy(0.1), class_weights = c(1, 3)),
  list(y = rbind(c(a = 0.3, b = 0.7), c(1, 0), c(0.5, 0.5)), loss = loss_cross_entropy()),
  list(y = matrix(cos(1:6), 3), loss = loss_huber(0.5)),
  list(y = matrix(c(TRUE, FALSE, TRUE, TRUE, FALSE, FALSE), 3), loss = loss_binary(),
       class_weights = c(2, 0.5)),
  list(y = array(rep_len(c(0L, 7L, 7L, 3L, 0L), 48), c(3, 4, 4)), loss = loss_pixels(0.1),
       class_weights = "balanced"),
  list(y = matrix(cos(1:6), 3), loss = absolute)
)

test_that("gradients of whole nets are those of central differences", {
  for (net in nets) {
    fit <- do.call(cnn, c(list(x), net["y"], list(layers, epochs = 1, loss = net$loss,
                                                  class_weights = net$class_weights)))
    expect_s3_class(fit, "cnn")
    y <- check_new_target(net$y, "y", fit, 3)
    plan <- fit_plan(fit)
    mean_loss <- function(params) {
      result <- batch_gradient(plan, params, fit$state, x, y, fit$loss, fit$class_weights)
      list(loss = result$sum / 3, grads = result$grads)
    }
    grads <- mean_loss(fit$params)$grads
    for (layer in names(grads)) {
      for (name in names(grads[[layer]])) {
        f <- function(values) {
          params <- fit$params
          params[[layer]][[name]][] <- values
          mean_loss(params)$loss
        }
        check <- check_gradient(f, fit$params[[layer]][[name]], grads[[layer]][[name]])
        expect_true(check$ok, label = paste(loss_name(net$loss), layer, name))
      }
    }
  }
})

test_that("predictions, evaluations and confusions are of the loss's kind", {
  fit_of <- function(net) {
    do.call(cnn, c(list(x), net["y"], list(layers, epochs = 1, loss = net$loss)))
  }
  soft <- fit_of(nets[[2]])
  expect_identical(soft$levels, c("a", "b"))
  expect_identical(levels(predict(soft, x)), c("a", "b"))
  expect_identical(sum(confusion(soft, x, nets[[2]]$y)), 3L)
  # Columns are known by their names.
  expect_equal(evaluate(soft, x, nets[[2]]$y[, 2:1]), evaluate(soft, x, nets[[2]]$y))

  labels <- nets[[4]]
  colnames(labels$y) <- c("round", "even")
  binary <- fit_of(labels)
  logits <- predict(binary, x, "logit")
  expect_identical(predict(binary, x), logits > 0)
  expect_equal(predict(binary, x, "prob"), 1 / (1 + exp(-logits)))
  expect_identical(colnames(logits), c("round", "even"))
  scores <- evaluate(binary, x, labels$y)
  expect_equal(scores$accuracy, mean((logits > 0) == labels$y))
  expect_equal(scores$recall, colSums((logits > 0) & labels$y) / colSums(labels$y))
  expect_equal(scores$precision, colSums((logits > 0) & labels$y) / colSums(logits > 0))
  expect_identical(as.data.frame(scores)$of, c(NA, "round", "even"))

  pixels <- fit_of(nets[[5]])
  predicted <- predict(pixels, x)
  expect_identical(dim(predicted), c(3L, 4L, 4L))
  expect_true(all(predicted %in% c(0L, 3L, 7L)))
  probabilities <- predict(pixels, x, "prob")
  expect_equal(unname(apply(probabilities, 1:3, sum)), array(1, c(3, 4, 4)))
  expect_identical(dimnames(probabilities)[[4]], c("0", "3", "7"))
  most <- apply(probabilities, 1:3, which.max)
  expect_identical(predicted, array(c(0L, 3L, 7L)[most], c(3, 4, 4)))
  scores <- evaluate(pixels, x, nets[[5]]$y)
  iou <- vapply(c(0, 3, 7), function(k) {
    sum(predicted == k & nets[[5]]$y == k) / sum(predicted == k | nets[[5]]$y == k)
  }, 0)
  expect_equal(unname(scores$iou), iou)
  expect_equal(scores$mean_iou, mean(iou, na.rm = TRUE))
  expect_equal(scores$accuracy, mean(predicted == nets[[5]]$y))
  expect_identical(unname(confusion(pixels, x, nets[[5]]$y)[2, 1]),
                   sum(predicted == 0 & nets[[5]]$y == 3))

  own <- fit_of(nets[[6]])
  expect_identical(dim(predict(own, x)), c(3L, 2L))
  expect_equal(evaluate(own, x, nets[[6]]$y)$loss, mean(abs(predict(own, x) - nets[[6]]$y)))
})

test_that("an own loss may have other outputs than targets, or classes", {
  # The mean and the logarithm of the standard deviation of one number.
  normal <- loss_own(outputs = 2, function(outputs, y) {
    deviation <- exp(outputs[, 2])
    standard <- (y[, 1] - outputs[, 1]) / deviation
    list(value = standard^2 / 2 + outputs[, 2],
         gradient = cbind(-standard / deviation, 1 - standard^2))
  })
  fit <- cnn(x, cos(1:3), layers, epochs = 2, loss = normal)
  expect_identical(dim(predict(fit, x)), c(3L, 2L))
  expect_identical(evaluate(fit, x, cos(1:3))$n, 3L)
  again <- cnn(x, cos(1:3), epochs = 1, init = fit)
  expect_identical(nrow(again$history), 3L)

  margin <- function(outputs, y) {
    own <- outputs[cbind(seq_along(y), y)]
    other <- outputs[cbind(seq_along(y), 3 - y)]
    wrong <- pmax(0, 1 - own + other)
    gradient <- matrix(0, length(y), 2)
    gradient[cbind(seq_along(y), y)] <- -(wrong > 0)
    gradient[cbind(seq_along(y), 3 - y)] <- wrong > 0
    list(value = wrong, gradient = gradient)
  }
  fit <- cnn(x, nets[[1]]$y, layers, epochs = 1, loss = margin)
  expect_identical(levels(predict(fit, x)), c("a", "b"))
  expect_identical(evaluate(fit, x, nets[[1]]$y)$accuracy, mean(predict(fit, x) == nets[[1]]$y))
})

test_that("a fit with each loss survives saveRDS() and goes on", {
  for (net in nets) {
    set.seed(1)
    whole <- do.call(cnn, c(list(x), net["y"], list(layers, epochs = 3, loss = net$loss)))
    set.seed(1)
    half <- do.call(cnn, c(list(x), net["y"], list(layers, epochs = 1, loss = net$loss)))
    file <- tempfile()
    saveRDS(half, file)
    again <- do.call(cnn, c(list(x), net["y"], list(epochs = 2, init = readRDS(file))))
    expect_identical(again$params, whole$params, label = loss_name(net$loss))
  }
})

test_that("targets that do not fit are refused", {
  net <- function(y, loss, ...) cnn(x, y, layers, epochs = 1, loss = loss, ...)
  expect_snapshot(error = TRUE, {
    net(c(0.2, 1, 0), "binary")
    net(cbind(a = 1:3, b = 0), "binary")
    net(matrix(0.5, 3, 2), "cross_entropy")
    net(cbind(a = c(0.5, 1, 1), b = c(0.5, 0.5, 0)), "cross_entropy")
    net(1:3, "pixels")
    net(array(0:1, c(3, 4, 5)), "pixels")
    net(array(1L, c(3, 4, 4)), "pixels")
    net(array(c(0, 0.5), c(3, 4, 4)), "pixels")
    net(1:3, "squared")
    net(1:3, function(outputs, y) 1)
    net(1:3, function(outputs, y) list(value = 1, gradient = outputs))
    net(matrix(0:1, 3, 2), "binary", class_weights = c(a = 1, b = 2))
    net(1:3, "huber", class_weights = 1:2)
    net(1:3, loss_huber(0))
    net(factor(c("a", "b", "a")), loss_own(sum, outputs = 3))
    cnn(x, array(rep_len(0:1, 48), c(3, 4, 4)), list(layer_affine(3)), loss = "pixels")
    cnn(x, 1:3, loss = "huber", init = cnn(x, 1:3, layers, epochs = 1, loss = "mse"))
  })
})

test_that("losses print", {
  expect_snapshot({
    loss_binary()
    loss_cross_entropy(0.1)
    evaluate(cnn(x, nets[[5]]$y, layers, epochs = 0, loss = "pixels"), x[0, , , , drop = FALSE],
             nets[[5]]$y[0, , , drop = FALSE])
  })
})

test_that("shares of the classes have the loss of their definition, and its gradient", {
  set.seed(1)
  Z <- matrix(rnorm(5 * 4, sd = 3), 5)
  q <- matrix(rexp(5 * 4), 5)
  q <- q / rowSums(q)
  q[2, ] <- c(0, 1, 0, 0)
  for (weights in list(NULL, c(0.5, 2, 1, 3))) {
    w <- if (is.null(weights)) rep(1, 4) else weights
    definition <- function(Z) {
      P <- exp(Z) / rowSums(exp(Z))
      sum(-log(P) * q * rep(w, each = 5))
    }
    loss <- loss_value(loss_cross_entropy(), Z, q, weights, gradient = TRUE)
    expect_equal(loss$sum, definition(Z), tolerance = 1e-13)
    expect_identical(loss_value(loss_cross_entropy(), Z, q, weights, gradient = FALSE),
                     list(sum = loss$sum, correct = loss$correct, dZ = NULL))
    expect_equal(loss$correct, sum(max.col(Z, "first") == max.col(q, "first")))
    slopes <- vapply(seq_along(Z), function(i) {
      step <- replace(0 * Z, i, 1e-5)
      (definition(Z + step) - definition(Z - step)) / 2e-5
    }, 0)
    expect_equal(as.vector(loss$dZ), slopes, tolerance = 1e-8)
    # Whole shares are classes.
    y <- c(3L, 1L, 4L, 4L, 2L)
    expect_equal(loss_value(loss_cross_entropy(), Z, diag(4)[y, ], weights, TRUE),
                 loss_value(loss_cross_entropy(), Z, y, weights, TRUE), tolerance = 1e-14)
  }
  far <- loss_value(loss_cross_entropy(), cbind(0, 1000, -Inf), cbind(0.5, 0.5, 0), NULL, TRUE)
  expect_identical(far, list(sum = 500, correct = 0, dZ = cbind(-0.5, 0.5, 0)))
})
