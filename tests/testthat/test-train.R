full_net <- function() {
  list(layer_conv(4, f = 3, pad = 1, activation = "none"), layer_batchnorm(activation = "relu"),
       layer_pool(2), layer_dropout(0.3), layer_affine(8))
}

test_that("a training cut in two gives the same bits as an uncut one", {
  data <- bars(70)
  train <- function(epochs, ...) {
    cnn(data$x, data$y, epochs = epochs, augment = augment_shift(1), ...)
  }
  for (optimizer in list(adam(schedule_cosine(0.02, 5)), sgd(0.05, nesterov = TRUE))) {
    start <- function(epochs) {
      set.seed(8)
      train(epochs, layers = full_net(), batch_size = 16, optimizer = optimizer, validation = 0.2,
            early_stopping = early_stopping(10))
    }
    whole <- start(5)
    first <- start(2)
    file <- tempfile(fileext = ".rds")
    saveRDS(first, file)
    halves <- train(3, init = readRDS(file))
    expect_identical(comparable(halves)$params, comparable(whole)$params)
    parts <- setdiff(names(comparable(whole)), "optimizer")
    expect_setequal(names(comparable(halves)), names(comparable(whole)))
    expect_identical(comparable(halves)[parts], comparable(whole)[parts])
    # A third way: epoch by epoch.
    steps <- start(0)
    for (epoch in 1:5) steps <- train(1, init = steps)
    expect_identical(steps$params, whole$params)
  }
})

test_that("going on takes what is not given from the fit, and what is given from the call", {
  data <- bars(60)
  fit <- cnn(data$x, data$y, small_net(), epochs = 1, batch_size = 20,
             optimizer = sgd(0.01), class_weights = c(1, 2), validation = 0.25)
  on <- cnn(data$x, data$y, init = fit, epochs = 1)
  kept <- c("batch_size", "optimizer", "class_weights", "validation", "loss", "scale", "seed", "n")
  expect_identical(on[kept], fit[kept])
  expect_identical(on$history$epoch, 1:2)
  expect_equal(on$optimizer_state$step, 2 * 3)
  other <- cnn(data$x, data$y, init = fit, epochs = 1, batch_size = 45, optimizer = adam(0.002))
  expect_identical(other$batch_size, 45L)
  expect_s3_class(other$optimizer, "adam")
  # Another kind of optimizer starts afresh.
  expect_equal(other$optimizer_state$step, 1)
})

test_that("raw, integer and logical images are trained on like the doubles they stand for", {
  data <- bars(60)
  bytes <- round(data$x * 255)
  fit_to <- function(x, ...) {
    set.seed(1)
    comparable(cnn(x, data$y, small_net(), epochs = 2, batch_size = 16, ...))
  }
  expected <- fit_to(bytes, scale = 1 / 255)
  whole <- array(as.integer(bytes), dim(bytes))
  raw <- array(as.raw(bytes), dim(bytes))
  expect_identical(fit_to(whole, scale = 1 / 255), expected)
  expect_identical(fit_to(raw), expected)
  expect_identical(fit_to(array(raw, dim(raw)[1:3])), expected)
  expect_identical(predict(expected, raw, type = "logit"),
                   predict(expected, bytes, type = "logit"))
  ones <- bytes > 128
  expect_identical(fit_to(ones), fit_to(ones + 0))
  expect_identical(fit_to(bytes, scale = 1 / 255)$scale, 1 / 255)
})

test_that("nothing the user holds is changed", {
  data <- bars(40)
  fit <- cnn(data$x, data$y, full_net(), epochs = 1, batch_size = 16)
  held <- list(x = data$x + 0, y = data$y, fit = unserialize(serialize(fit, NULL)))
  on <- cnn(data$x, data$y, init = fit, epochs = 2, augment = augment_shift(1))
  predict(on, data$x)
  expect_identical(data$x, held$x)
  expect_identical(fit$params, held$fit$params)
  expect_identical(fit$state, held$fit$state)
  expect_identical(fit$optimizer_state, held$fit$optimizer_state)
})

test_that("the history holds what the epochs did", {
  data <- bars(50)
  losses <- list()
  fit <- cnn(data$x, data$y, small_net(), epochs = 2, batch_size = 20,
             validation = bars(30, seed = 9),
             callbacks = list(on_batch_end = function(info) losses[[length(losses) + 1]] <<- info))
  expect_named(fit$history, c("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr",
                              "seconds"))
  # Every image once an epoch, the last batch short: 20, 20, 10.
  expect_equal(vapply(losses, function(l) l$batch, 0), rep(1:3, 2))
  weights <- c(20, 20, 10)
  for (epoch in 1:2) {
    now <- losses[3 * (epoch - 1) + 1:3]
    expect_equal(fit$history$loss[epoch],
                 weighted.mean(vapply(now, function(l) l$loss, 0), weights))
    expect_equal(fit$history$accuracy[epoch],
                 weighted.mean(vapply(now, function(l) l$accuracy, 0), weights))
  }
  held <- bars(30, seed = 9)
  score <- evaluate(fit, held$x, held$y)
  expect_equal(fit$history$val_loss[2], score$loss)
  expect_equal(fit$history$val_accuracy[2], score$accuracy)
})

test_that("each epoch goes through all images once, in another order", {
  x <- array(seq_len(10), c(10, 1, 1, 1))
  seen <- list()
  cnn(x, rep(0:1, 5), list(), epochs = 3, batch_size = 4, augment = function(batch) {
    seen[[length(seen) + 1]] <<- as.vector(batch)
    batch
  })
  expect_identical(lengths(seen), rep(c(4L, 4L, 2L), 3))
  orders <- split(unlist(seen), rep(1:3, each = 10))
  for (order in orders) expect_setequal(order, 1:10)
  expect_identical(anyDuplicated(orders), 0L)
})

test_that("callbacks see the fit, and FALSE ends the training", {
  data <- bars(40)
  epochs <- integer()
  fit <- cnn(data$x, data$y, small_net(), epochs = 9, callbacks = list(
    on_epoch_end = function(fit) {
      expect_s3_class(fit, "cnn")
      expect_length(predict(fit, data$x), 40)
      epochs <<- c(epochs, nrow(fit$history))
      nrow(fit$history) < 3
    }
  ))
  expect_identical(epochs, 1:3)
  expect_identical(nrow(fit$history), 3L)
  stopped <- cnn(data$x, data$y, small_net(), epochs = 9, batch_size = 10,
                 callbacks = list(on_batch_end = function(info) info$batch < 2))
  expect_identical(nrow(stopped$history), 1L)
  # What a callback draws is not missed.
  run <- function(callback) {
    set.seed(4)
    fit <- cnn(data$x, data$y, full_net(), epochs = 2, batch_size = 10,
               callbacks = list(on_batch_end = callback))
    fit$params
  }
  expect_identical(run(function(info) runif(3)), run(function(info) NULL))
})

test_that("class weights count in loss and gradient", {
  data <- bars(40)
  fit_with <- function(x, y, ...) {
    set.seed(3)
    cnn(x, y, small_net(), epochs = 2, batch_size = 100, optimizer = sgd(0.1), ...)
  }
  plain <- fit_with(data$x, data$y)
  expect_equal(fit_with(data$x, data$y, class_weights = c(1, 1))$params, plain$params)
  # Twice the weight is as good as being there twice, but for the division by the batch's size.
  rows <- c(1:40, which(data$y == "vertical"))
  twice <- fit_with(data$x[rows, , , , drop = FALSE], data$y[rows])
  weighted <- fit_with(data$x, data$y, class_weights = c(vertical = 2, horizontal = 1) * 40 / 60)
  expect_equal(weighted$params, twice$params, tolerance = 1e-10)
  expect_equal(weighted$history$loss, twice$history$loss, tolerance = 1e-10)
  uneven <- which(data$y == "vertical" | seq_along(data$y) <= 10)
  balanced <- fit_with(data$x[uneven, , , , drop = FALSE], data$y[uneven],
                       class_weights = "balanced")
  counts <- table(data$y[uneven])
  expect_equal(balanced$class_weights, c(counts[1], counts[2])^-1 * length(uneven) / 2,
               ignore_attr = TRUE)
})

test_that("numbers can be predicted", {
  set.seed(1)
  x <- array(runif(300 * 16), c(300, 4, 4, 1))
  y <- cbind(sum = rowSums(x) / 8, corner = x[, 1, 1, 1])
  set.seed(2)
  fit <- cnn(x, y, list(layer_affine(8, activation = "tanh")), epochs = 40, loss = "mse",
             optimizer = adam(0.01), validation = 0.1)
  expect_lt(fit$history$val_loss[40], 0.01)
  expect_true(all(is.na(fit$history$accuracy)))
  expect_identical(dim(predict(fit, x)), c(300L, 2L))
  expect_identical(colnames(predict(fit, x)), c("sum", "corner"))
  expect_named(evaluate(fit, unname(x), unname(y))$rmse, c("sum", "corner"))
  expect_output(print(evaluate(fit, x, y)), "RMSE\n +sum +corner *\n *0[.0-9]+ +0[.0-9]+")
  expect_identical(colnames(predict(cnn(x, unname(y), init = fit, epochs = 0), x)),
                   c("sum", "corner"))
  expect_null(colnames(predict(cnn(x, unname(y), list(), epochs = 0, loss = "mse"), x)))
  score <- evaluate(fit, x, y)
  expect_equal(score$loss, mean((predict(fit, x) - y)^2))
  expect_equal(unname(score$rmse), unname(sqrt(colMeans((predict(fit, x) - y)^2))))
  one <- cnn(x, y[, 1], list(), epochs = 1, loss = "mse")
  expect_null(dim(predict(one, x)))
  expect_length(predict(one, x), 300)
})

test_that("a loss that is not finite ends the training with what there is", {
  data <- bars(40)
  set.seed(1)
  expect_warning(
    fit <- cnn(data$x, data$y, list(layer_affine(4)), epochs = 50, batch_size = 40,
               optimizer = sgd(function(epoch) if (epoch < 3) 0.01 else 1e200)),
    "not finite any more in epoch [0-9]+, batch 1 .*: the fit is that after epoch"
  )
  expect_gte(nrow(fit$history), 3)
  expect_s3_class(fit, "cnn")
})

test_that("schedules give the rates they promise, and are asked once an epoch", {
  expect_identical(schedule_step(as.Date("1970-01-03"), factor = as.Date("1970-01-02"))(1:2),
                   c(2, 2))
  expect_equal(schedule_step(1, factor = 0.1, every = 3)(1:7), 10^-c(0, 0, 0, 1, 1, 1, 2))
  cosine <- schedule_cosine(1, epochs = 5, lr_min = 0.2)
  expect_equal(cosine(1:6), 0.2 + 0.8 * c(1, (1 + sqrt(0.5)) / 2, 0.5, (1 - sqrt(0.5)) / 2, 0, 0))
  expect_equal(schedule_cosine(1, epochs = 1)(1), 1)
  asked <- integer()
  data <- bars(20)
  cnn(data$x, data$y, small_net(), epochs = 3, batch_size = 5, optimizer = adam(function(epoch) {
    asked <<- c(asked, epoch)
    0.01
  }))
  expect_identical(asked, 1:3)
})

test_that("balanced weights count the images trained on, not those held back", {
  data <- bars(60)
  set.seed(5)
  fit <- cnn(data$x, data$y, small_net(), epochs = 1, validation = 0.3, class_weights = "balanced")
  held <- sort(with_stream(fit$seed, 0, 0, 0, sample.int(60, 18)))
  counts <- table(data$y[-held])
  expect_false(counts[1] == counts[2])
  expect_equal(fit$class_weights, 42 / (2 * c(counts)), ignore_attr = TRUE)
})

test_that("raw labels are the numbers they stand for", {
  data <- bars(24)
  y <- rep(c(3L, 200L), 12)
  run <- function(y) {
    set.seed(1)
    cnn(data$x, y, small_net(), epochs = 1)
  }
  fit <- run(as.raw(y))
  expect_identical(fit$levels, c("3", "200"))
  expect_identical(fit$params, run(y)$params)
  expect_identical(evaluate(fit, data$x, as.raw(y)), evaluate(fit, data$x, y))
  expect_identical(comparable(cnn(data$x, as.raw(y), init = fit, epochs = 1)),
                   comparable(cnn(data$x, y, init = fit, epochs = 1)))
})
