# The training run of ./tools/demo.
library(convstep)

digits <- mnist_sample()
set.seed(1)
fit <- cnn(digits$train$x, digits$train$y, layers = lenet(), epochs = 10,
           validation = digits$test, verbose = TRUE)
print(summary(fit))

source("tools/report.R")
cat("pictures:", draw_report(fit, digits$test$x, digits$test$y, "demo-report.png"), "\n")
predicted <- predict(fit, digits$test$x)
cat(sprintf("test accuracy: %.2f %%\n", 100 * mean(predicted == digits$test$y)))
