skip_if_not_installed("jsonlite")

# A net of PyTorch's with branches, groups, a transposed convolution and an image that is flattened;
# made by oracle/weights.py.
file <- test_path("oracle", "weights.safetensors")
x <- array(sin(0.37 * (0:119)), c(2, 6, 5, 2))
y <- factor(c("a", "b"), levels = c("a", "b", "d"))
layers <- list(
  first = layer_conv(3, c(2, 3)),
  block = layer_residual(
    list(conv1 = layer_conv(4, c(3, 1), pad = c(1, 0), activation = "none", bias = FALSE),
         bn1 = layer_batchnorm()),
    shortcut = list(`0` = layer_conv(4, 1, activation = "none")), activation = "relu"
  ),
  up = layer_conv_transpose(2, c(2, 3), stride = 2, activation = "none"),
  norm = layer_groupnorm(2, activation = "tanh"),
  hidden = layer_affine(5, "sigmoid")
)
map <- c(output = "fc", shortcut = "downsample")
start <- cnn(x, y, layers, epochs = 0)

test_that("PyTorch's weights give PyTorch's outputs", {
  fit <- read_weights(start, file, map)
  logits <- as.matrix(read.csv(test_path("oracle", "weights.csv"), header = FALSE))
  expect_equal(unname(predict(fit, x, type = "logit")), unname(logits), tolerance = 1e-13)
  expect_identical(nrow(fit$history), 0L)
  trained <- cnn(x, y, epochs = 1, init = fit)
  expect_identical(nrow(trained$history), 1L)
})

test_that("what is written has PyTorch's names, shapes and bytes, and comes back", {
  fit <- read_weights(start, file, map)
  written <- tempfile()
  expect_identical(write_weights(fit, written, map, "F32"), written)
  theirs <- safetensors_index(file)
  theirs <- theirs[!grepl("num_batches", names(theirs))]
  ours <- safetensors_index(written)
  expect_setequal(names(ours), names(theirs))
  for (name in names(ours)) {
    expect_identical(ours[[name]]$shape, theirs[[name]]$shape, label = name)
    expect_identical(read_safetensor(written, ours[[name]], name),
                     read_safetensor(file, theirs[[name]], name), label = name)
  }
  write_weights(fit, written)
  expect_identical(coef(read_weights(start, written)), coef(fit))
  expect_identical(read_weights(start, written)$state, fit$state)
  renamed <- function(names) paste0("net.", names)
  write_weights(fit, written, renamed)
  expect_identical(coef(read_weights(start, written, renamed)), coef(fit))
})

test_that("with strict = FALSE another head stays as it is", {
  other <- cnn(x, factor(c("a", "b")), layers, epochs = 0)
  fit <- read_weights(other, file, map = c(shortcut = "downsample"), strict = FALSE)
  expect_identical(coef(fit, "output"), coef(other, "output"))
  expect_identical(coef(fit, "hidden"), coef(read_weights(start, file, map), "hidden"))
})

test_that("each mismatch is named", {
  refused <- function(...) {
    message <- expect_error(read_weights(...))$message
    cat(gsub(file, "FILE", message, fixed = TRUE), "\n")
  }
  wide <- cnn(x, y, replace(layers, "hidden", list(layer_affine(6))), epochs = 0)
  short <- cnn(x, y, layers[1:2], epochs = 0)
  expect_snapshot({
    refused(start, file)
    refused(start, file, map = c(output = "fc"))
    refused(short, file, map = map)
    refused(wide, file, map = map)
    refused(start, file, map = toupper)
    refused(start, file, map = function(names) names[1])
    refused(start, file, map = c(conv1 = "x", bn1 = "x"))
    refused(start, file, map = 1)
    refused("net", file)
  })
})

test_that("the published nets have the parameters of torchvision's", {
  # sum(p.numel() for p in torchvision.models.resnet18(num_classes = 10).parameters())
  known <- c(resnet18 = 11181642, resnet34 = 21289802, mobilenet_v2 = 2236682)
  image <- array(0L, c(1, 32, 32, 3))
  for (name in names(known)) {
    plan <- network_plan(with_output(get(name)(), 10), c(32, 32, 3))
    sizes <- vapply(unlist(plan$params, recursive = FALSE), function(param) param$size, 0)
    expect_identical(sum(sizes), known[[name]], label = name)
  }
  plan <- network_plan(with_output(vgg16(), 1000), c(224, 224, 3))
  sizes <- vapply(unlist(plan$params, recursive = FALSE), function(param) param$size, 0)
  expect_identical(sum(sizes), 138357544)
})
