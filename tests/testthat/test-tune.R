tune_bars <- function(cluster = NULL, grid = list(lr = c(1e-4, 0.02), filters = 2:3), ...,
                      epochs = 3, m = 60) {
  data <- bars(m)
  set.seed(5)
  cnn_tune(data$x, data$y, grid = grid, folds = 3, cluster = cluster, batch_size = 16,
           epochs = epochs, ..., arguments = function(lr, filters = 2) {
             list(layers = list(layer_conv(filters, f = 3), layer_pool(2), layer_dropout(0.2)),
                  optimizer = adam(lr))
           })
}

# Without what differs between two runs.
tuned_alike <- function(tuned) {
  tuned$results$seconds <- tuned$fits$seconds <- NULL
  tuned$models <- lapply(tuned$models, comparable)
  if (!is.null(tuned$fit)) tuned$fit <- comparable(tuned$fit)
  tuned
}

test_that("each image is held back once in a repeat, and classes are spread evenly", {
  y <- factor(rep(c("a", "b"), c(20, 10)))
  set.seed(1)
  folds <- tune_folds(5, y, 30, 2, list())
  expect_identical(folds$table[["repeat"]], rep(1:2, each = 5))
  expect_identical(anyDuplicated(folds$table$seed), 0L)
  for (i in 1:2) {
    held <- folds$held[folds$table[["repeat"]] == i]
    expect_identical(sort(unlist(held)), 1:30)
    for (rows in held) expect_identical(as.vector(table(y[rows])), c(4L, 2L))
  }
  expect_false(identical(folds$held[1:5], folds$held[6:10]))
  given <- rep(c("u", "v", "w"), 10)
  folds <- tune_folds(given, y, 30, 1, list())
  expect_identical(folds$held[[2]], which(given == "v"))
})

test_that("a fit is the one that cnn() makes of its fold's images", {
  tuned <- tune_bars(grid = list(lr = 0.02), refit = TRUE)
  data <- bars(60)
  set.seed(5)
  folds <- under_seed(draw_seed(), tune_folds(3, data$y, 60, 1, list()))
  for (i in 1:3) {
    held <- folds$held[[i]]
    part <- function(rows) list(x = data$x[rows, , , , drop = FALSE], y = data$y[rows])
    set.seed(folds$table$seed[i], "Mersenne-Twister", "Inversion", "Rejection")
    fit <- cnn(part(-held)$x, part(-held)$y, epochs = 3, batch_size = 16, optimizer = adam(0.02),
               validation = part(held),
               layers = list(layer_conv(2, f = 3), layer_pool(2), layer_dropout(0.2)))
    expect_identical(tuned$models[[i]]$params, fit$params)
    score <- evaluate(fit, part(held)$x, part(held)$y)
    expect_equal(tuned$fits$loss[i], score$loss)
    expect_equal(tuned$fits$accuracy[i], score$accuracy)
  }
  expect_equal(tuned$results$accuracy, mean(tuned$fits$accuracy))
  expect_equal(tuned$results$accuracy_se, sd(tuned$fits$accuracy) / sqrt(3))
  set.seed(folds$refit_seed)
  whole <- cnn(data$x, data$y, epochs = 3, batch_size = 16, optimizer = adam(0.02),
               layers = list(layer_conv(2, f = 3), layer_pool(2), layer_dropout(0.2)))
  expect_identical(tuned$fit$params, whole$params)
  expect_lt(object.size(tuned), 1e6) # none of the data
})

test_that("a grid is a data frame, or lists whose combinations are taken", {
  tuned <- tune_bars()
  expect_identical(tuned$results$lr, c(1e-4, 0.02, 1e-4, 0.02))
  expect_identical(tuned$results$filters, c(2L, 2L, 3L, 3L))
  expect_identical(tuned$fits$setting, rep(1:4, each = 3))
  best <- which.max(tuned$results$accuracy)
  expect_identical(tuned$best, best)
  expect_length(tuned$models, 3)
  some <- tune_bars(grid = data.frame(lr = 0.02, filters = 2:3))
  # Which other settings there are changes nothing.
  expect_identical(some$fits$loss, tuned$fits$loss[tuned$fits$setting %in% c(2, 4)])
  data <- bars(30)
  set.seed(1)
  named <- cnn_tune(data$x, data$y, folds = 2, epochs = 1, refit = FALSE, grid = list(
    layers = list(flat = list(), conv = list(layer_conv(2, 3))), batch_size = c(5, 10)
  ))
  expect_identical(named$results$layers, c("flat", "conv", "flat", "conv"))
  expect_identical(named$arguments$batch_size, named$results$batch_size[named$best])
})

test_that("abandoned settings stop, and the others are as if nothing had been", {
  whole <- tune_bars()
  halved <- tune_bars(abandon = 1:2)
  left <- which(is.na(halved$results$abandoned))
  expect_length(left, 1)
  expect_setequal(halved$results$abandoned, c(1, 2, NA))
  expect_identical(halved$fits$epochs, ifelse(is.na(halved$results$abandoned), 3,
                                              halved$results$abandoned)[halved$fits$setting])
  expect_identical(halved$results[left, c("loss", "accuracy")],
                   whole$results[left, c("loss", "accuracy")])
  expect_identical(halved$best, left)
  # The first rung keeps the better half by what was measured after one epoch.
  first <- tune_bars(epochs = 1)$results
  expect_setequal(which(halved$results$abandoned %in% 1), order(-first$accuracy)[3:4])
})

test_that("early stopping in the folds sets the epochs of the refit", {
  tuned <- tune_bars(grid = list(lr = 0.02), epochs = 8, early_stopping = early_stopping(1),
                     abandon = 4)
  best <- vapply(tuned$models, function(fit) fit$best_epoch, 0)
  expect_identical(tuned$fits$epochs, best)
  expect_identical(nrow(tuned$fit$history), as.integer(round(mean(best))))
})

test_that("a regression is chosen by its loss, and one split may stand for folds", {
  data <- bars(40)
  y <- rowMeans(data$x)
  set.seed(1)
  tuned <- cnn_tune(data$x, y, list(batch_size = c(5, 20)), folds = 1, repeats = 3, loss = "mse",
                    layers = list(), validation = 0.25, epochs = 2)
  expect_identical(tuned$best, which.min(tuned$results$loss))
  expect_null(tuned$results$accuracy)
  expect_identical(tuned$results$fits, c(3L, 3L))
  ensemble <- Reduce(`+`, lapply(tuned$models, predict, data$x)) / 3
  expect_equal(predict(tuned, data$x), ensemble)
  expect_identical(tuned$fit$n, 40L)
})

test_that("an ensemble predicts the mean of its nets", {
  tuned <- tune_bars(grid = list(lr = 0.02), refit = FALSE)
  new <- bars(5, seed = 3)$x
  prob <- predict(tuned, new, type = "prob")
  expect_equal(prob, Reduce(`+`, lapply(tuned$models, predict, new, type = "prob")) / 3)
  expect_identical(as.character(predict(tuned, new)), colnames(prob)[max.col(prob)])
  expect_null(tuned$fit)
})

test_that("a fit that fails is told of, and the others count", {
  data <- bars(30)
  expect_warning(
    tuned <- cnn_tune(data$x, data$y, list(filters = c(2, 3)), folds = 2, epochs = 1, refit = FALSE,
                      arguments = function(filters) {
                        list(layers = list(layer_conv(filters, f = if (filters == 2) 3 else 99)))
                      }),
    "2 of 4 fits"
  )
  expect_identical(tuned$results$fits, c(2L, 0L))
  expect_match(tuned$fits$note[3:4], "Layer 1", all = TRUE)
  expect_identical(tuned$best, 1L)
  expect_error(cnn_tune(data$x, data$y, list(layers = list(list(layer_conv(2, f = 99))))), "Layer 1")
})

test_that("what cannot be tuned is an error at once", {
  data <- bars(30)
  tune <- function(...) cnn_tune(data$x, data$y, ...)
  expect_error(tune(list(1:2)), "'grid' failed: Must be a data frame or a list of vectors")
  expect_error(tune(list(depth = 1:2)), "sets \"depth\"", fixed = TRUE)
  expect_error(tune(list(epochs = 1), checkpoint = "a"), "sets \"checkpoint\"", fixed = TRUE)
  expect_error(tune(list(lr = 1), arguments = function(lr) lr), "'arguments' failed: Must return")
  expect_error(tune(folds = 31), "'folds' failed: Must be at most the images, 30")
  expect_error(tune(folds = 1), "or 'validation' be given")
  expect_error(tune(folds = 2, validation = 0.1), "Must be 1 where 'validation' is given")
  expect_error(tune(folds = 1:3), "the fold of each image (30)", fixed = TRUE)
  expect_error(tune(abandon = 0.5), "'abandon' failed")
  expect_error(tune(metric = "auc"), "'metric' failed")
  expect_error(tune(cluster = 2), "'cluster' failed: Must be a cluster such as")
})

test_that("results print and are drawn", {
  halved <- tune_bars(abandon = 1, refit = FALSE)
  expect_output(print(halved), "12 fits of 4 settings, by accuracy")
  expect_output(print(halved, n = 2), "and 2 more in \\$results")
  pdf(NULL)
  on.exit(dev.off())
  expect_identical(plot(halved), halved)
  plot(halved, metric = "loss", max = 1)
  expect_error(plot(halved, metric = "rmse"), "'metric' failed")
  expect_identical(setting_labels(data.frame(lr = c(1e-4, 0.02), net = c("a", "b"))),
                   c("lr = 1e-04, net = a", "lr = 0.02, net = b"))
})

test_that("the workers of a cluster make the same fits, whoever makes which", {
  alone <- tuned_alike(tune_bars(abandon = 1))
  with_workers(function(cl) {
    expect_identical(tuned_alike(tune_bars(cl, abandon = 1)), alone)
    # As it was before, and with nothing of ours in its streams.
    expect_identical(parallel::clusterCall(cl, function() 1 + 1), list(2, 2))
    kept <- parallel::clusterCall(cl, function() asNamespace("convstep")$worker$store)
    expect_identical(kept, list(NULL, NULL))
    # A worker that dies in the middle of a fit.
    ids <- process_ids(cl)
    killer <- function(images) {
      if (Sys.getpid() == ids[2]) tools::pskill(ids[2], tools::SIGKILL)
      images
    }
    expect_warning(lost <- tune_bars(cl, augment = killer), "Worker 2 .* is lost")
    expect_identical(tuned_alike(lost)$fits, tuned_alike(tune_bars(augment = identity))$fits)
    # And the other one.
    slayer <- function(images) {
      if (Sys.getpid() == ids[1]) tools::pskill(ids[1], tools::SIGKILL)
      images
    }
    expect_warning(expect_warning(expect_warning(
      last <- tune_bars(cl, augment = slayer),
      "Worker 2 is lost"), "Worker 1 .* is lost .*: none is left"), "this session makes the other")
    expect_identical(tuned_alike(last)$fits, tuned_alike(lost)$fits)
  })
})
