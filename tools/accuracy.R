# The measurement of ./tools/accuracy.
library(convstep)
source("tools/digits.R")

digits <- mnist_sample()
accuracy <- vapply(1:5, function(seed) {
  fit <- train_digits(digits, seed)
  accuracy <- evaluate(fit, digits$test$x, digits$test$y)$accuracy
  cat(sprintf("seed %d: %.2f %% after %d epochs in %.1f s\n", seed, 100 * accuracy,
              nrow(fit$history), sum(fit$history$seconds)))
  accuracy
}, 0)
cat(sprintf("median test accuracy: %.2f %%\n", 100 * median(accuracy)))
