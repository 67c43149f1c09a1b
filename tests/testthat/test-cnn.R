test_that("a small net learns bars", {
  train <- bars(200)
  test <- bars(100, seed = 2)
  set.seed(3)
  fit <- cnn(train$x, train$y, small_net(), epochs = 8, batch_size = 32, optimizer = adam(0.01),
             validation = test)
  expect_s3_class(fit, "cnn")
  expect_identical(fit$history$epoch, 1:8)
  expect_gt(fit$history$val_accuracy[8], 0.98)
  expect_equal(mean(predict(fit, test$x) == test$y), fit$history$val_accuracy[8])
  expect_lt(fit$history$loss[8], fit$history$loss[1] / 4)
})

test_that("set.seed() repeats a fit to the last bit, and leaves the generator alone", {
  data <- bars(70)
  run <- function() {
    set.seed(5)
    fit <- cnn(data$x, data$y, small_net(), epochs = 2, batch_size = 32, validation = 0.2)
    list(comparable(fit), after = runif(1))
  }
  first <- run()
  expect_identical(run(), first)
  # One draw for the seed, no more.
  set.seed(5)
  expect_identical(draw_seed(), first[[1]]$seed)
  expect_identical(runif(1), first$after)
  # Other kinds of generators give other seeds, but the same fit from a seed, and are kept.
  fit <- first[[1]]
  kinds <- RNGkind("Wichmann-Hill", "Box-Muller", "Rejection")
  on.exit(do.call(RNGkind, as.list(kinds))) # three kinds, or of newer R four
  again <- with_stream(fit$seed, 0, 0, 0, rnorm(3))
  expect_identical(RNGkind()[1:3], c("Wichmann-Hill", "Box-Muller", "Rejection"))
  do.call(RNGkind, as.list(kinds))
  expect_identical(with_stream(fit$seed, 0, 0, 0, rnorm(3)), again)
})

test_that("what is random does not depend on engine or instruction set, and predictions hardly do", {
  data <- bars(60)
  start <- function(epochs) {
    set.seed(5)
    cnn(data$x, data$y, small_net(), epochs = epochs, batch_size = 20, validation = 0.2)
  }
  fresh_fit <- start(0)
  trained <- start(1)
  expected <- predict(trained, data$x, type = "logit")
  for_each_kernel(function(engine, set, threads) {
    expect_identical(start(0)[c("params", "seed", "n")], fresh_fit[c("params", "seed", "n")])
    expect_close(predict(trained, data$x, type = "logit"), expected, 1e-13)
    # The same images in the same order: the same loss, as far as one epoch lets it.
    expect_equal(start(1)$history$loss, trained$history$loss, tolerance = 1e-3)
  })
})
