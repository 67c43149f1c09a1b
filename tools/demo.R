# The training of ./tools/demo, and its page of pictures.
library(convstep)
source("tools/digits.R")

digits <- mnist_sample()
fit <- train_digits(digits, seed = 1, validation = digits$test, verbose = TRUE)
print(summary(fit))

source("tools/report.R")
page <- draw_report(fit, digits$test$x, digits$test$y, "demo-report.png")
cat("pictures: ", page, "\n", sep = "")
predicted <- predict(fit, digits$test$x)
cat(sprintf("test accuracy: %.2f %%\n", 100 * mean(predicted == digits$test$y)))
