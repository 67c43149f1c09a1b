test_that("confusion counts, and evaluation follows from it", {
  train <- bars(60)
  set.seed(1)
  fit <- cnn(train$x, train$y, small_net(), epochs = 1, batch_size = 30)
  test <- bars(41, seed = 7)
  counts <- confusion(fit, test$x, test$y)
  expect_s3_class(counts, "table")
  expect_identical(names(dimnames(counts)), c("true", "predicted"))
  predicted <- predict(fit, test$x)
  for (t in levels(test$y)) {
    for (p in levels(test$y)) {
      expect_identical(counts[t, p], sum(test$y == t & predicted == p))
    }
  }
  score <- evaluate(fit, test$x, test$y)
  expect_equal(score$accuracy, sum(diag(counts)) / 41)
  expect_equal(score$recall, diag(counts) / rowSums(counts))
  expect_identical(score$n, 41L)
  prob <- predict(fit, test$x, type = "prob")
  expect_equal(score$loss, -mean(log(prob[cbind(1:41, as.integer(test$y))])))
  # Labels by name, in any order of levels; a class that does not occur has no recall.
  swapped <- factor(test$y, rev(levels(test$y)))
  expect_identical(evaluate(fit, test$x, swapped), score)
  only <- test$y == "vertical"
  expect_identical(evaluate(fit, test$x[only, , , , drop = FALSE], test$y[only])$recall[[1]], NaN)
})

test_that("a probability that rounds to 0 leaves the loss finite", {
  expect_equal(loss_value(loss_cross_entropy(), cbind(0, 2000), 1L, NULL, gradient = TRUE),
               list(sum = 2000, correct = 0, dZ = cbind(-1, 1)))
})

test_that("the loss of a net is the chapter's", {
  set.seed(1)
  Z <- matrix(rnorm(15), 5)
  y <- c(1L, 3L, 2L, 2L, 1L)
  AL <- softmax(Z)$probs
  cost <- cross_entropy_cost(AL, y, 5)
  loss <- loss_value(loss_cross_entropy(), Z, y, NULL, gradient = TRUE)
  expect_equal(loss$sum / 5, cost$loss)
  expect_equal(loss$dZ, cross_entropy_backward(cost$cache))
})
