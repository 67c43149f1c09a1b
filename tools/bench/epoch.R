# One epoch of training over 60,000 images of 28 x 28, beside PyTorch in float32 and float64.
#   Rscript tools/bench/epoch.R         writes tools/bench/results/epoch.md
# The images are Fashion-MNIST's where Debian's package dataset-fashion-mnist is installed, else
# noise: the time does not depend on what they show.
source("tools/bench/common.R")

torch <- find_torch()
layers <- list(
  layer_conv(8, f = 5, pad = 2), layer_pool(2), layer_conv(16, f = 5, pad = 2), layer_pool(2),
  layer_affine(128)
)
folder <- "/usr/share/datasets/fashion-mnist"
files <- file.path(folder, c("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"))
if (all(file.exists(files))) {
  x <- read_idx(files[1], type = "raw")
  y <- factor(read_idx(files[2]))
  source_of_data <- "Fashion-MNIST"
} else {
  x <- array(as.raw(sample(0:255, 60000 * 784, TRUE)), c(60000, 28, 28))
  y <- factor(sample(0:9, 60000, TRUE))
  source_of_data <- "noise of its size"
}

measure <- function() {
  fit <- cnn(x, y, layers = layers, epochs = 3, batch_size = 64, optimizer = adam(),
             verbose = FALSE)
  min(fit$history$seconds)
}
ours <- measure()
rows <- data.frame(what = "convstep, double", seconds = ours, threads = threads)
if (!is.null(torch)) {
  for (type in c("float32", "float64")) {
    epochs <- if (type == "float32") 2 else 1
    times <- run_torch(torch, "epoch_torch.py", c(threads, type, epochs))
    rows <- rbind(rows, data.frame(what = paste("PyTorch", type), seconds = times[["epoch"]],
                                   threads = threads))
  }
}
rows$ratio <- sprintf("%.1fx", rows$seconds / ours)
rows$seconds <- sprintf("%.2f", rows$seconds)
rows$images <- sprintf("%.0f", 60000 / as.numeric(rows$seconds))
names(rows)[5] <- "images per second"
write_results(
  "epoch", "One epoch of training", NULL, torch,
  paste0("60,000 images of 28 x 28 (", source_of_data, "), batch 64, Adam, 2 x [5x5 convolution",
         " of 8 and 16 filters, ReLU, max pooling], 128 hidden units, 10 classes; the best of ",
         "three epochs (float32: of two; float64: one), shuffling included."),
  "", markdown_table(rows)
)
