# The training of ./tools/fashion: fashion.R FOLDER.
library(convstep)

folder <- commandArgs(trailingOnly = TRUE)[1]
part <- function(name) {
  path <- function(kind) file.path(folder, paste0(name, "-", kind, "-ubyte.gz"))
  list(x = read_idx(path("images-idx3"), type = "raw"), y = factor(read_idx(path("labels-idx1"))))
}
train <- part("train")
test <- part("t10k")

set.seed(1)
epochs <- 5
fit <- cnn(train$x, train$y, layers = lenet(filters = c(16, 32)), epochs = epochs,
           optimizer = adam(schedule_cosine(0.003, epochs)), validation = test, verbose = TRUE)
print(summary(fit))
result <- evaluate(fit, test$x, test$y)
print(result)
cat(sprintf("%d epochs in %.0f s\n", epochs, sum(fit$history$seconds)))
cat(sprintf("test accuracy: %.2f %%\n", 100 * result$accuracy))
