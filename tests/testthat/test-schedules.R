test_that("a warm-up grows by the batch to the first rate of what follows", {
  rate <- schedule_warmup(schedule_cosine(0.1, epochs = 4, lr_min = 0.001), epochs = 2, start = 0.2)
  expect_equal(rate(c(1, 1.5, 2, 2.75)), 0.1 * (0.2 + 0.8 * c(0, 0.25, 0.5, 0.875)))
  expect_equal(rate(c(3, 3.5, 4, 6, 9)), schedule_cosine(0.1, 4, 0.001)(c(1, 1, 2, 4, 7)))
  expect_equal(schedule_warmup(0.5, epochs = 1)(c(1, 2, 3)), c(0.005, 0.5, 0.5))
})

test_that("one cycle rises and falls along half a cosine", {
  rate <- schedule_one_cycle(0.4, epochs = 10, rise = 0.25)
  progress <- (0:20) / 20
  expected <- ifelse(progress < 0.25, 0.4 + (0.016 - 0.4) * (1 + cos(pi * progress / 0.25)) / 2,
                     4e-5 + (0.4 - 4e-5) * (1 + cos(pi * (progress - 0.25) / 0.75)) / 2)
  expect_equal(rate(1 + 10 * progress), expected)
  expect_equal(rate(16.7), 4e-5)
})

test_that("a plateau cuts the rate each time the patience has run out", {
  rate <- function(values, monitor = "val_loss", ...) {
    history <- stats::setNames(data.frame(values), monitor)
    schedule_plateau(1, factor = 0.5, patience = 1, monitor = monitor, ...)(length(values) + 1,
                                                                            history)
  }
  expect_identical(rate(numeric()), 1)
  expect_identical(rate(c(3, 2)), 1)
  expect_identical(rate(c(3, 3)), 1)
  expect_identical(rate(c(3, 3, 3)), 0.5)
  expect_identical(rate(c(3, 3, 3, 3)), 0.5)
  expect_identical(rate(c(3, 3, 3, 3, 3)), 0.25)
  expect_identical(rate(c(3, 3, 2, 3, 3)), 0.5)
  expect_identical(rate(c(0.5, 0.6, 0.7), "val_accuracy"), 1)
  expect_identical(rate(c(0.5, 0.4, 0.4), "val_accuracy"), 0.5)
  expect_identical(rate(rep(3, 9), lr_min = 0.2), 0.2)
})

bars <- function(n = 64) {
  set.seed(1)
  list(x = array(runif(n * 16), c(n, 4, 4, 1)), y = factor(rep(c("a", "b"), n / 2)))
}

test_that("cnn() asks for the rate by epoch, by batch and with the history, and keeps the last", {
  data <- bars()
  layers <- list(layer_affine(3))
  asked <- list()
  by_epoch <- function(epoch) {
    asked[[length(asked) + 1]] <<- epoch
    0.01 / epoch
  }
  fit <- cnn(data$x, data$y, layers, epochs = 2, batch_size = 16, optimizer = sgd(by_epoch))
  expect_identical(unlist(asked), c(1L, 2L))
  expect_identical(fit$history$lr, c(0.01, 0.005))
  cycle <- schedule_one_cycle(0.1, epochs = 2)
  fit <- cnn(data$x, data$y, layers, epochs = 2, batch_size = 16, optimizer = sgd(cycle))
  expect_equal(fit$history$lr, cycle(c(1.75, 2.75)))
  fit <- cnn(data$x, data$y, layers, epochs = 4, batch_size = 16,
             optimizer = sgd(schedule_plateau(1e-9, patience = 0, monitor = "accuracy")))
  expect_identical(fit$history$lr[1:2], c(1e-9, 1e-9))
  stale <- which(diff(cummax(fit$history$accuracy)) == 0)[1] + 1
  if (!is.na(stale) && stale < 4) expect_equal(fit$history$lr[stale + 1], 1e-10)
})

test_that("schedules check what they are given", {
  expect_snapshot(error = TRUE, {
    schedule_warmup("fast")
    schedule_warmup(0.1, start = 2)
    schedule_one_cycle(0.1, epochs = 0)
    schedule_plateau(0.1, factor = 1.5)
    schedule_plateau(0.1, monitor = "luck")
    cnn(bars()$x, bars()$y, optimizer = adam(schedule_plateau(0.1)))
    cnn(bars()$x, bars()$y, list(), epochs = 1, optimizer = adam(function(epoch) -1))
  })
})
