test_that("early stopping waits, stops and restores the best weights", {
  train <- bars(40)
  # The wrong labels: what is learnt makes the validation worse.
  held <- bars(40, seed = 2)
  held$y <- factor(rev(levels(held$y))[held$y], levels(held$y))
  kept <- list()
  keep <- list(on_epoch_end = function(fit) {
    kept[[nrow(fit$history)]] <<- fit$params
  })
  set.seed(1)
  fit <- cnn(train$x, train$y, small_net(), epochs = 30, batch_size = 10, validation = held,
             optimizer = adam(0.01), early_stopping = early_stopping(3), callbacks = keep)
  best <- which.min(fit$history$val_loss)
  expect_identical(fit$best_epoch, best)
  expect_identical(nrow(fit$history), best + 3L)
  expect_identical(fit$params, kept[[best]])
  expect_equal(evaluate(fit, held$x, held$y)$loss, min(fit$history$val_loss))
  # On from the last epoch, not from the best.
  set.seed(1)
  whole <- cnn(train$x, train$y, small_net(), epochs = best + 1, batch_size = 10,
               validation = held, optimizer = adam(0.01), early_stopping = early_stopping(30))
  on <- cnn(train$x, train$y, init = whole, validation = held, epochs = 2)
  expect_identical(on$history[c("loss", "val_loss")], fit$history[1:(best + 3), c(2, 4)])
  expect_identical(on$last$params, fit$last$params)
  # Accuracies are better when larger.
  set.seed(1)
  fit <- cnn(train$x, train$y, small_net(), epochs = 6, batch_size = 10, optimizer = adam(0.01),
             early_stopping = early_stopping(6, monitor = "accuracy"))
  expect_identical(fit$best_epoch, which.max(fit$history$accuracy))
})

# A training that stops early: the validation has the wrong labels, so that all that is learnt makes
# it worse.
stopping_fit <- function(train, held, ...) {
  set.seed(1)
  cnn(train$x, train$y, small_net(), epochs = 30, batch_size = 10, validation = held,
      optimizer = adam(0.01), ...)
}

wrong_labels <- function(data) {
  data$y <- factor(rev(levels(data$y))[data$y], levels(data$y))
  data
}

test_that("going on without the rule goes on from the last epoch and keeps what is learnt", {
  train <- bars(40)
  held <- wrong_labels(bars(40, seed = 2))
  whole <- stopping_fit(train, held, callbacks = list(on_epoch_end = function(fit) {
    nrow(fit$history) < 8
  }))
  stopped <- stopping_fit(train, held, early_stopping = early_stopping(3))
  epochs <- nrow(stopped$history)
  expect_lt(stopped$best_epoch, epochs)
  expect_lt(epochs, 8)
  on <- cnn(train$x, train$y, init = stopped, validation = held, epochs = 8 - epochs,
            early_stopping = NULL)
  expect_identical(on$params, whole$params)
  expect_null(on$best_epoch)
  expect_null(on$last)
  expect_identical(predict(on, held$x, type = "logit"), predict(whole, held$x, type = "logit"))
  # Also without a further epoch.
  expect_identical(
    cnn(train$x, train$y, init = stopped, validation = held, epochs = 0,
        early_stopping = NULL)$params,
    stopped$last$params
  )
})

test_that("who asks for more after the patience has run out gets the patience again", {
  train <- bars(40)
  held <- wrong_labels(bars(40, seed = 2))
  stopped <- stopping_fit(train, held, early_stopping = early_stopping(3))
  on <- cnn(train$x, train$y, init = stopped, validation = held, epochs = 10)
  expect_identical(nrow(on$history), nrow(stopped$history) + 3L)
  expect_identical(on$best_epoch, stopped$best_epoch)
  expect_identical(on$params, stopped$params)
  # A training that was cut while it waited still waits for what is left.
  whole <- stopping_fit(train, held, early_stopping = early_stopping(5))
  cut <- stopping_fit(train, held, early_stopping = early_stopping(5), callbacks = list(
    on_epoch_end = function(fit) nrow(fit$history) < nrow(whole$history) - 2
  ))
  expect_identical(nrow(cut$history), nrow(whole$history) - 2L)
  expect_identical(comparable(cnn(train$x, train$y, init = cut, validation = held, epochs = 10)),
                   comparable(whole))
})

test_that("the best epoch by one measure is not held against another", {
  train <- bars(40)
  held <- wrong_labels(bars(40, seed = 2))
  stopped <- stopping_fit(train, held, early_stopping = early_stopping(2, "val_accuracy"))
  epochs <- nrow(stopped$history)
  on <- cnn(train$x, train$y, init = stopped, validation = held, epochs = 2,
            early_stopping = early_stopping(9, "loss"))
  expect_identical(on$best_epoch, epochs + which.min(on$history$loss[epochs + 1:2]))
})

test_that("a fit says why it ended and which weights it has", {
  train <- bars(40)
  held <- wrong_labels(bars(40, seed = 2))
  fit <- stopping_fit(train, held, early_stopping = early_stopping(3))
  ending <- paste0("Stopped early: 3 epochs without a better val_loss")
  expect_output(print(fit), ending, fixed = TRUE)
  expect_output(print(fit), paste0("Weights of epoch ", fit$best_epoch, ", the best by val_loss"),
                fixed = TRUE)
  expect_output(stopping_fit(train, held, early_stopping = early_stopping(3), verbose = TRUE),
                ending, fixed = TRUE)
  waiting <- cnn(train$x, train$y, init = fit, validation = held, epochs = 1)
  expect_no_match(capture.output(print(waiting)), "Stopped early")
})

test_that("a regression has no accuracy to wait for", {
  data <- bars(20)
  for (monitor in c("accuracy", "val_accuracy")) {
    expect_error(cnn(data$x, runif(20), small_net(), loss = "mse", validation = 0.5,
                     early_stopping = early_stopping(2, monitor)),
                 "Assertion on 'early_stopping' failed: Must monitor \"loss\" or \"val_loss\"")
  }
})

test_that("a fit's field 'best' is not taken for 'best_epoch'", {
  data <- bars(20)
  fit <- cnn(data$x, data$y, small_net(), epochs = 2, early_stopping = early_stopping(2, "loss"))
  expect_true("best" %in% names(fit))
  plain <- cnn(data$x, data$y, init = fit, epochs = 1, early_stopping = NULL)
  plain["best_epoch"] <- list(1L)
  expect_null(plain$best)
})
