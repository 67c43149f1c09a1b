# The published nets beside torchvision's: logits and gradients in float64 from the same random
# weights, and images a second, forward and in a training step, in both precisions. With the
# argument "compare" the first only.
source("tools/bench/common.R")

torch <- find_torch()
if (is.null(torch)) stop("This compares with PyTorch and torchvision, which are not there.")

maps <- list(
  resnet18 = c(output = "fc", shortcut = "downsample"),
  resnet34 = c(output = "fc", shortcut = "downsample"),
  vgg16 = c(output = "classifier.6"),
  mobilenet_v2 = c(output = "classifier.1")
)
nets <- list(resnet18 = resnet18(), resnet34 = resnet34(), vgg16 = vgg16(dropout = 0),
             mobilenet_v2 = mobilenet_v2(dropout = 0))
classes <- factor(sprintf("c%04d", 1:1000))
images <- function(size, n) array(sin(0.37 * (seq_len(n * size^2 * 3) - 1)), c(n, size, size, 3))
python <- function(...) {
  system2(torch$python, c("tools/bench/published_torch.py", ...), stdout = TRUE)
}
tensors_of <- function(file) {
  index <- convstep:::safetensors_index(file)
  Map(function(entry, name) convstep:::read_safetensor(file, entry, name), index, names(index))
}
worst <- function(ours, theirs) max(abs(ours - theirs)) / max(abs(theirs))

compare <- function(name, size) {
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  python(name, size, folder)
  file <- function(what) file.path(folder, paste0(name, what, ".safetensors"))
  x <- images(size, 2)
  fit <- cnn(x, classes[c(4, 8)], nets[[name]], epochs = 0, scale = 1)
  fit <- read_weights(fit, file(""), maps[[name]])
  logits <- worst(predict(fit, x, type = "logit"), t(tensors_of(file("-logits"))$logits))
  grads <- convstep:::batch_gradient(convstep:::fit_plan(fit), fit$params, fit$state, x, c(4L, 8L),
                                     fit$loss)$grads
  theirs <- tensors_of(file("-grads"))
  slots <- Filter(function(slot) slot$part == "params", convstep:::file_slots(fit, maps[[name]]))
  all <- max(abs(unlist(theirs, use.names = FALSE)))
  errors <- vapply(slots, function(slot) {
    max(abs(grads[[slot$layer]][[slot$term]] - slot$from_file(theirs[[slot$name]]))) / all
  }, 0)
  data.frame(net = name, pixels = paste(size, "x", size), logits = sprintf("%.1e", logits),
             gradients = sprintf("%.1e", max(errors)))
}

per_second <- function(step, batch) {
  step()
  times <- numeric()
  start <- proc.time()[["elapsed"]]
  while (proc.time()[["elapsed"]] - start < 5 || length(times) < 3) {
    times <- c(times, system.time(step())[["elapsed"]])
  }
  batch / min(times)
}

measure <- function(name, size, batch) {
  x <- images(size, batch)
  y <- classes[rep_len(1:10, batch)]
  rows <- list()
  for (precision in c("double", "single")) {
    fit <- cnn(x, y, nets[[name]], epochs = 0, scale = 1, precision = precision, batch_size = batch,
               optimizer = sgd(1e-4))
    forward <- per_second(function() predict(fit, x), batch)
    # An epoch of one batch is a training step.
    step <- per_second(function() cnn(x, y, epochs = 1, init = fit), batch)
    rows[[precision]] <- data.frame(net = name, by = paste("convstep", precision),
                                    forward = forward, step = step)
  }
  for (line in strsplit(python("time", name, size, batch), ",")) {
    rows[[line[1]]] <- data.frame(net = name, by = sub("torch.", "PyTorch ", line[1]),
                                  forward = as.numeric(line[2]), step = as.numeric(line[3]))
  }
  rows <- do.call(rbind, rows)
  rows[c("forward", "step")] <- lapply(rows[c("forward", "step")], round, 2)
  rows
}

compared <- do.call(rbind, list(
  compare("resnet18", 96), compare("resnet34", 64), compare("mobilenet_v2", 96),
  compare("vgg16", 224)
))
print(compared)
if (!identical(commandArgs(TRUE), "compare")) {
  timed <- do.call(rbind, lapply(c("resnet18", "vgg16", "mobilenet_v2"), measure, 224, 8))
  write_results(
    "published", "Published nets", NULL, torch,
    "The largest error of two images' logits, and of the gradients of their mean cross-entropy by all",
    "parameters, relative to the largest of them, against PyTorch in float64:", "",
    markdown_table(compared), "",
    "Images a second, the best of at least 5 s, 224 x 224, batches of 8:", "",
    markdown_table(timed)
  )
}
