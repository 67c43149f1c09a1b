no_seconds <- function(lines) {
  lines <- sub("in [0-9.]+ s$", "in N s", lines)
  sub("[0-9.]+ s$", "N s", lines)
}

test_that("fits, layers and optimizers print", {
  data <- bars(60)
  set.seed(1)
  layers <- list(layer_conv(4, f = c(3, 5), pad = "same", activation = "none"),
                 layer_batchnorm(activation = "relu"), layer_pool(2), layer_dropout(0.2),
                 layer_affine(8))
  fit <- cnn(data$x, data$y, layers, epochs = 2, validation = 0.1)
  expect_snapshot(transform = no_seconds, print(fit))
  expect_snapshot({
    summary(fit)
    cnn(data$x, data$y, layers, epochs = 0)
    layers[[1]]
    lenet()
    adam()
    sgd(schedule_step(0.1))
    early_stopping()
    lapply(coef(fit), lengths)
  })
  set.seed(2)
  numbers <- cnn(data$x, seq_len(60) / 60, list(), epochs = 3, loss = "mse", validation = 0.2,
                 early_stopping = early_stopping())
  expect_snapshot(transform = no_seconds, print(numbers))
  expect_snapshot({
    evaluate(fit, data$x, data$y)
    evaluate(fit, data$x[1, , , 1], data$y[1])
    evaluate(numbers, data$x, seq_len(60) / 60)
    confusion(fit, data$x, data$y)
  })
})

test_that("a training speaks in plain lines where there is no terminal, and only if asked", {
  data <- bars(60)
  run <- function(...) {
    set.seed(1)
    invisible(cnn(data$x, data$y, small_net(), epochs = 2, ...))
  }
  expect_snapshot(transform = no_seconds, {
    run(verbose = TRUE, validation = 0.2)
    run(verbose = TRUE)
  })
  expect_silent(run(verbose = FALSE))
})

test_that("summary counts parameters and multiply-adds", {
  x <- array(runif(6 * 10 * 9 * 4), c(6, 10, 9, 4))
  layers <- list(layer_conv(6, f = c(3, 2), stride = c(2, 1), groups = 2), layer_batchnorm(),
                 layer_global_pool(), layer_affine(5))
  fit <- cnn(x, rep(1:3, 2), layers, epochs = 0)
  about <- summary(fit)
  expect_identical(about$layer, c("conv1", "batchnorm1", "global_pool1", "affine1", "output"))
  # Rows (10 - 3) %/% 2 + 1 = 4, columns 9 - 2 + 1 = 8.
  expect_identical(about$output, c("4 x 8 x 6", "4 x 8 x 6", "1 x 1 x 6", "5", "3"))
  expect_equal(about$parameters, c(3 * 2 * 2 * 6 + 6, 12, 0, 6 * 5 + 5, 5 * 3 + 3))
  expect_equal(about$multiply_adds, c(4 * 8 * 6 * 3 * 2 * 2, 0, 0, 30, 15))
  expect_equal(sum(about$parameters), length(unlist(coef(fit))))
})

test_that("the rest of R's usual generics", {
  data <- bars(30)
  fit <- cnn(data$x, data$y, small_net(), epochs = 1, validation = 0.2)
  expect_identical(nobs(fit), 24L)
  expect_identical(coef(fit, "conv1"), fit$params$conv1)
  expect_identical(coef(fit, 4), fit$params$output)
  expect_named(coef(fit), c("conv1", "affine1", "output"))
  call <- update(fit, epochs = 3, validation = NULL, evaluate = FALSE)
  expect_identical(call, quote(cnn(x = data$x, y = data$y, layers = small_net(), epochs = 3,
                                   validation = NULL)))
  again <- update(fit, epochs = 3)
  expect_identical(again$history$epoch, 1:3)
  expect_identical(nobs(update(fit, validation = NULL)), 30L)
  expect_error(update(fit, 3), "a name for each argument")
  other <- structure(list(n = "many"), class = "cnn")
  expect_error(nobs(other), "Assertion on 'object' failed: Must be a fit as cnn() returned it",
               fixed = TRUE)
  expect_error(update(other, epochs = 3), "Assertion on 'object' failed: Must be a fit")
  expect_error(update(fit, evaluate = NA), "Assertion on 'evaluate' failed: Must be TRUE or FALSE")
})

test_that("a fit survives saveRDS()", {
  data <- bars(30)
  fit <- cnn(data$x, data$y, small_net(), epochs = 1)
  file <- tempfile(fileext = ".rds")
  saveRDS(fit, file)
  expect_identical(predict(readRDS(file), data$x), predict(fit, data$x))
})
