# The training of ./tools/demo, and its page of pictures.
library(convstep)
source("tools/digits.R")

digits <- mnist_sample()
fit <- train_digits(digits, seed = 1, validation = digits$test, verbose = TRUE)
print(summary(fit))

source("tools/report.R")
cat("pictures:", draw_report(fit, digits$test$x, digits$test$y, "demo-report.png"), "\n")
predicted <- predict(fit, digits$test$x)
wrong <- which(predicted != digits$test$y)

page <- file.path(getwd(), "demo-report.png")
grDevices::png(page, 2400, 1800, res = 150)
graphics::layout(matrix(1:4, 2))
plot(fit, which = "loss")
plot_filters(fit, 1)
plot_confusion(fit, digits$test$x, digits$test$y)
some <- utils::head(wrong, 40)
plot_images(digits$test$x[some, , , , drop = FALSE],
            paste(digits$test$y[some], "as", predicted[some]))
invisible(grDevices::dev.off())
cat("pictures: ", page, "\n", sep = "")
cat(sprintf("test accuracy: %.2f %%\n", 100 * mean(predicted == digits$test$y)))
