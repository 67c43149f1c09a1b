# A net small enough to train in no time, on two classes that differ by a bright half.
half <- function(m) {
  y <- rep(c("left", "right"), length.out = m)
  x <- array(stats::runif(m * 36, 0, 0.3), c(m, 6, 6, 1))
  x[y == "left", , 1:3, 1] <- x[y == "left", , 1:3, 1] + 0.7
  x[y == "right", , 4:6, 1] <- x[y == "right", , 4:6, 1] + 0.7
  list(x = x, y = factor(y))
}
set.seed(3)
data <- half(60)
layers <- list(layer_conv(3, f = 3, pad = 1), layer_pool(2), layer_conv(4, f = c(2, 3)),
               layer_affine(12))
fit <- cnn(data$x, data$y, layers, epochs = 3, batch_size = 10, validation = 0.2, verbose = FALSE)

test_that("learning curves: both panels, each curve in its colour", {
  pixels <- pixels_of(plot(fit), 800, 400)
  for (side in list(1:400, 401:800)) {
    expect_gt(sum(pixels[, side] == theme$blue), 50)
    expect_gt(sum(pixels[, side] == theme$vermilion), 50)
  }
  tall <- pixels_of(plot(fit), 300, 600)
  for (part in list(1:300, 301:600)) expect_gt(sum(tall[part, ] == theme$blue), 50)
})

test_that("learning curves: a higher loss lies higher", {
  at <- function(loss) {
    fit$history <- data.frame(epoch = 1:2, loss = c(1, loss), accuracy = 0.5, val_loss = NA,
                              val_accuracy = NA, seconds = 1)
    pixels <- pixels_of(plot(fit, "loss"), 400, 300)
    # The last point, left of the name of the curve.
    blue <- which(pixels[, 1:270] == theme$blue, arr.ind = TRUE)
    mean(blue[blue[, 2] > max(blue[, 2]) - 6, 1])
  }
  expect_lt(at(0.9), at(0.2))
})

test_that("learning curves: one epoch, no validation, values that are not finite", {
  for (change in list(list(1, 0.5), list(1:3, c(0.5, NaN, 0.2)), list(1:2, c(NaN, NaN)))) {
    other <- fit
    other$history <- data.frame(epoch = change[[1]], loss = change[[2]], accuracy = change[[2]],
                                val_loss = NA_real_, val_accuracy = NA_real_, seconds = 1)
    expect_identical(undrawn(plot(other)), other)
  }
})

test_that("learning curves: a small figure has room for its curves", {
  # The part of the panel's width and height that the curves span.
  steep <- fit
  steep$history$loss <- c(1, 0.3, 0.05)
  spans <- function(width, height) {
    pixels <- pixels_of(plot(steep, "loss"), width, height)
    lines <- pixels == theme$blue | pixels == theme$vermilion
    lines[seq_len(0.25 * height), ] <- FALSE # the names of the curves may lie above
    apply(which(lines, arr.ind = TRUE), 2, function(at) diff(range(at))) / c(height, width)
  }
  for (size in list(c(200, 300), c(400, 300), c(900, 600))) {
    span <- spans(size[1], size[2])
    expect_gt(span[["col"]], 0.6)
    expect_gt(span[["row"]], 0.3)
  }
})

test_that("learning curves: the best epoch is marked, the title and the limits are the user's", {
  best <- fit
  best$best_epoch <- 2
  best$early_stopping <- early_stopping(3)
  best["best"] <- list(c(list(epoch = 2, value = fit$history$val_loss[2], waiting_since = 2),
                         fit[c("params", "state")]))
  plain <- pixels_of(plot(fit, "loss"))
  marked <- pixels_of(plot(best, "loss"))
  expect_identical(sum(plain == theme$ink), sum(pixels_of(plot(fit, "loss")) == theme$ink))
  # A line and its name, near the middle of three epochs.
  changed <- which(plain != marked, arr.ind = TRUE)
  expect_gt(nrow(changed), 100)
  lines <- which(plain == theme$blue, arr.ind = TRUE)[, "col"]
  expect_lt(abs(mean(changed[, "col"]) - mean(range(lines))), 0.2 * diff(range(lines)))
  titled <- pixels_of(plot(fit, "loss", main = "M"))
  expect_false(identical(titled, plain))
  expect_identical(pixels_of(plot(fit, "loss", main = "Loss")), plain)
  # With limits ten times as high the curves lie at the bottom.
  rows <- function(pixels) which(pixels == theme$blue, arr.ind = TRUE)[, "row"]
  high <- pixels_of(plot(fit, "loss", ylim = c(0, 10 * max(fit$history$loss))))
  expect_gt(min(tail(sort(rows(high)), 100)), mean(rows(plain)))
})

test_that("a single panel stands among others", {
  pixels <- pixels_of({
    graphics::par(mfrow = c(1, 2))
    plot(fit, "loss")
    plot_confusion(fit, data$x, data$y)
  }, 800, 400)
  expect_gt(sum(pixels[, 1:400] == theme$blue), 50)
  expect_gt(length(unique(c(pixels[, 401:800]))), 5)
})

test_that("a regression has a loss only", {
  set.seed(4)
  line <- cnn(data$x, stats::rnorm(60), layers, loss = "mse", epochs = 1, verbose = FALSE)
  expect_identical(undrawn(plot(line)), line)
  expect_equal(dim(undrawn(plot_activations(line, data$x[1, , , ], "output"))), c(1, 1))
  expect_snapshot(error = TRUE, {
    plot(line, "accuracy")
    plot_confusion(line, data$x, data$y)
  })
})

test_that("filters are those of the layer", {
  expect_identical(undrawn(plot_filters(fit)), coef(fit, "conv1")$W)
  expect_identical(undrawn(plot_filters(fit, 3)), coef(fit, "conv2")$W)
  expect_identical(undrawn(plot_filters(fit, "conv2", max = 2)),
                   coef(fit, "conv2")$W[, , 1:2, 1:2, drop = FALSE])
})

test_that("a sheet of filters: rows are filters, columns channels, upright", {
  fit$params$conv2$W[] <- 0
  fit$params$conv2$W[1, 3, 1, 4] <- 5
  pixels <- pixels_of(plot_filters(fit, "conv2"), 400, 400)
  dark <- centre_of(pixels, diverging_colours()[255])
  frames <- which(pixels == theme$rule, arr.ind = TRUE)
  size <- unname(apply(frames, 2, range))
  # Fourth of four rows, first of three columns; the upper right cell in it.
  expect_equal(ceiling(4 * (dark[1] - size[1, 1]) / diff(size[, 1])), 4)
  expect_equal(ceiling(3 * (dark[2] - size[1, 2]) / diff(size[, 2])), 1)
  tile <- diff(size[, 2]) / 3
  expect_gt((dark[2] - size[1, 2]) / tile, 0.5)
})

test_that("filters of a first layer on colours are in colour", {
  set.seed(5)
  x <- array(stats::runif(20 * 36 * 3), c(20, 6, 6, 3))
  colour <- cnn(x, rep(1:2, 10), list(layer_conv(2, f = 2)), epochs = 1, verbose = FALSE)
  colour$params$conv1$W[] <- 0
  colour$params$conv1$W[, , 1, ] <- 1
  pixels <- pixels_of(plot_filters(colour), 400, 300)
  expect_gt(sum(pixels == "#FF8080"), 1000)
})

test_that("activations are the layers' outputs, worked out one by one", {
  image <- data$x[1, , , , drop = FALSE]
  weights <- coef(fit)
  hparameters <- list(stride = 1, pad = 1)
  A1 <- relu(conv_forward(image, weights$conv1$W, weights$conv1$b, hparameters)$Z)$A
  expect_equal(undrawn(plot_activations(fit, image)), A1)
  A2 <- pool_forward(A1, list(f = 2, stride = 2))$A
  expect_equal(undrawn(plot_activations(fit, data$x[1, , , 1], "pool1")), A2)
  logits <- predict(fit, image, type = "logit")
  expect_equal(c(undrawn(plot_activations(fit, image, "output"))), c(logits))
  expect_equal(dim(undrawn(plot_activations(fit, image, "affine1"))), c(1, 12))
})

test_that("units without names have numbers and a scale", {
  image <- data$x[1, , , ]
  # Bars while there are few; a sheet of cells, whose colours a scale explains, beyond.
  bars <- pixels_of(plot_activations(fit, image, "affine1"))
  expect_gt(sum(bars == theme$ink), 50)
  set.seed(6)
  wide <- cnn(data$x, data$y, list(layer_affine(90, "tanh")), epochs = 1, verbose = FALSE)
  values <- undrawn(plot_activations(wide, image, "affine1"))
  pixels <- pixels_of(plot_activations(wide, image, "affine1"), 600, 400)
  ramp <- diverging_colours()
  # Every value's own colour is there, and nearly all of the scale, which the values do not use up.
  drawn <- toupper(colours_of(values, ramp, c(-1, 1) * max(abs(values))))
  expect_true(all(drawn %in% pixels))
  expect_gt(mean(toupper(ramp) %in% pixels), 0.6)
  # The numbers of the rows' first units.
  expect_gt(sum(pixels == theme$muted | pixels == theme$ink), 50)
})

test_that("the confusion matrix of a fit is that of confusion()", {
  expect_identical(undrawn(plot_confusion(fit, data$x, data$y)), confusion(fit, data$x, data$y))
})

test_that("settings are left as they were", {
  expect_settings_kept(function() plot(fit, "loss"))
  expect_settings_kept(function() plot_filters(fit, "conv2"))
  expect_settings_kept(function() plot_activations(fit, data$x[1, , , ], "output"))
  expect_settings_kept(function() plot_confusion(fit, data$x, data$y))
})

test_that("arguments that do not fit are errors", {
  untrained <- cnn(data$x, data$y, layers, epochs = 0, verbose = FALSE)
  flat <- cnn(data$x, data$y, list(layer_affine(3)), epochs = 1, verbose = FALSE)
  expect_snapshot(error = TRUE, {
    plot(fit, "speed")
    plot(fit, col = "red")
    plot(fit, main = 1:3)
    plot(fit, ylim = c(0, 1))
    plot(fit, "loss", ylim = c(1, 0))
    plot(untrained)
    plot_filters("fit")
    plot_filters(fit, "pool1")
    plot_filters(fit, "conv9")
    plot_filters(flat)
    plot_filters(fit, max = 0)
    plot_activations(fit, data$x[1:2, , , , drop = FALSE])
    plot_activations(fit, matrix(0, 5, 5))
    plot_activations(fit, data$x[1, , , ], 9)
    plot_confusion(1:3)
    plot_confusion(as.table(matrix(1:6, 2)))
    plot_confusion(as.table(matrix(c(1, NA, 2, 3), 2)))
    plot_confusion(as.table(matrix(c("a", "b", "c", "d"), 2)))
    plot(fit, character())
    plot(fit, c("loss", "loss"))
    plot(structure(list(), class = "cnn"))
    plot(replace(fit, "history", list(fit$history[3:1, ])))
    plot(replace(fit, "best_epoch", "first"))
  })
})
