digits <- mnist_sample()$test
few <- list(x = digits$x[1:120, , , , drop = FALSE], y = digits$y[1:120])
layers <- list(first = layer_conv(2, 3), layer_pool(4), layer_batchnorm())
set.seed(1)
fit <- cnn(few$x, few$y, layers, epochs = 2, validation = 0.2)
numbers <- cbind(ones = as.integer(few$y), halves = as.integer(few$y) / 2)
set.seed(1)
regression <- cnn(few$x, numbers, layers, epochs = 1, loss = "mse")

test_that("evaluate() serves other packages' generic, and that one serves us", {
  skip_if_not_installed("generics")
  expected <- evaluate(fit, few$x, few$y)
  expect_identical(generics::evaluate(fit, few$x, few$y), expected)
  # An object of another package, whose method is registered with that generic alone.
  registerS3method("evaluate", "others_model", function(x, ...) paste("theirs", ...),
                   envir = asNamespace("generics"))
  other <- structure(list(), class = "others_model")
  expect_identical(evaluate(other, "well"), "theirs well")
  expect_error(evaluate(1), "no applicable method")
})

test_that("without another generic the error is ours", {
  out <- child_value("c(isNamespaceLoaded('generics'),
                        tryCatch(evaluate(1), error = conditionMessage))")
  expect_identical(out[1], "FALSE")
  expect_match(out[2], "Assertion on 'fit' failed: Must be a fit that cnn\\(\\) returned")
})

test_that("tidy() has a row for each array of parameters", {
  skip_if_not_installed("generics")
  rows <- generics::tidy(fit)
  expect_identical(rows$layer, c("first", "first", "batchnorm1", "batchnorm1", "output", "output"))
  expect_identical(rows$term, c("W", "b", "gamma", "beta", "W", "b"))
  expect_identical(rows$dim[c(1, 3)], c("3 x 3 x 1 x 2", "2"))
  W <- coef(fit, "first")$W
  expect_equal(unlist(rows[1, c("n", "mean", "sd", "min", "max")]),
               c(n = 18, mean = mean(W), sd = sd(W), min = min(W), max = max(W)))
})

test_that("glance() is one row, of the best epoch if there is one", {
  skip_if_not_installed("generics")
  row <- generics::glance(fit)
  expect_identical(nrow(row), 1L)
  expect_identical(row$n, 96L)
  expect_identical(row$val_loss, fit$history$val_loss[2])
  expect_identical(row$best_epoch, NA)
  # A learning rate of nearly 0 from the second epoch on, so that the first is the best.
  stopped <- cnn(few$x, few$y, layers, epochs = 2, early_stopping = early_stopping(5, "loss", 0.5),
                 optimizer = adam(function(epoch) if (epoch == 1) 1e-3 else 1e-12))
  expect_identical(generics::glance(stopped)$best_epoch, stopped$best_epoch)
  expect_identical(generics::glance(stopped)$loss, stopped$history$loss[stopped$best_epoch])
  untrained <- cnn(few$x, few$y, layers, epochs = 0)
  expect_identical(generics::glance(untrained)$loss, NA_real_)
})

test_that("augment() has a row an image", {
  skip_if_not_installed("generics")
  rows <- generics::augment(fit, few$x, few$y)
  expect_identical(rows$.pred_class, predict(fit, few$x))
  expect_identical(as.matrix(rows[paste0(".pred_", fit$levels)], dimnames = NULL),
                   `colnames<-`(predict(fit, few$x, type = "prob"), paste0(".pred_", fit$levels)),
                   ignore_attr = TRUE)
  expect_identical(rows$.truth, factor(few$y, fit$levels))
  expect_false(".truth" %in% names(generics::augment(fit, few$x)))
  two <- generics::augment(regression, few$x, numbers)
  expect_identical(two[[2]], unname(as.matrix(predict(regression, few$x))[, 2]))
  expect_identical(two[[4]], numbers[, 2])
})

test_that("an evaluation is a data frame on request", {
  scores <- evaluate(fit, few$x, few$y)
  rows <- as.data.frame(scores)
  expect_identical(rows$of, c(NA, fit$levels))
  expect_identical(rows$accuracy, c(scores$accuracy, rep(NA, 10)))
  expect_identical(rows$recall, c(NA, unname(scores$recall)))
  expect_identical(rows$n[1], scores$n)
  errors <- evaluate(regression, few$x, numbers)
  expect_identical(as.data.frame(errors)$rmse, c(NA, as.vector(errors$rmse)))
})

test_that("caret and yardstick take a confusion turned around", {
  counts <- confusion(fit, few$x, few$y)
  accuracy <- evaluate(fit, few$x, few$y)$accuracy
  for (package in c("caret", "yardstick")) {
    if (!suppressWarnings(requireNamespace(package, quietly = TRUE))) skip(paste(package, "is missing"))
  }
  by_caret <- getExportedValue("caret", "confusionMatrix")(t(counts))
  expect_equal(by_caret$overall[["Accuracy"]], accuracy)
  expect_equal(by_caret$byClass[, "Sensitivity"], ignore_attr = TRUE,
               evaluate(fit, few$x, few$y)$recall)
  # It warns of classes that were never predicted.
  by_yardstick <- suppressWarnings(summary(getExportedValue("yardstick", "conf_mat")(t(counts))))
  expect_equal(by_yardstick$.estimate[by_yardstick$.metric == "accuracy"], accuracy)
})

test_that("autoplot() draws the history", {
  skip_if_not_installed("ggplot2")
  plot <- ggplot2::autoplot(fit)
  expect_setequal(unique(plot$data$measure), c("loss", "accuracy"))
  drawn <- ggplot2::layer_data(plot, 2)
  expect_equal(sort(drawn$y), sort(c(fit$history$loss, fit$history$accuracy, fit$history$val_loss,
                                     fit$history$val_accuracy)))
})
