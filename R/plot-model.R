#' Draw the learning curves of a network
#'
#' Loss and accuracy by epoch, on the training images and, where there are any, on the validation
#' images.
#'
#' @param x A fit that [cnn()] returned.
#' @param which `"loss"`, `"accuracy"` or both: a panel each, side by side or one above the other as
#'   the figure is wide or tall. A single panel leaves the figure's layout alone, so that it can
#'   stand among others.
#' @param ... Not used.
#'
#' @return The fit, invisibly.
#'
#' @section Errors:
#' A fit that was never trained; `which = "accuracy"` of a regression.
#'
#' @examples
#' digits <- mnist_sample()
#' few <- 1:1000
#' set.seed(1)
#' fit <- cnn(digits$train$x[few, , , , drop = FALSE], digits$train$y[few], epochs = 3,
#'            validation = 0.2)
#' plot(fit)
#' @export
plot.cnn <- function(x, which = c("loss", "accuracy"), ...) {
  check_fit(x, "x")
  if (!is.character(which) || length(which) == 0 || anyDuplicated(which) ||
        !all(which %in% c("loss", "accuracy"))) {
    stop_assertion("which", "Must be \"loss\", \"accuracy\" or both, but is ",
                   if (is.character(which) && length(which) == 1) quoted(which) else
                     describe(which))
  }
  if (nrow(x$history) == 0) {
    stop_assertion("x", "Must have been trained, but has no epoch behind it")
  }
  if (!loss_counts(x$loss)) {
    if (missing(which)) which <- "loss"
    if ("accuracy" %in% which) {
      stop_assertion("which", "Must be \"loss\" where nothing is right or wrong, but is ",
                     paste0("\"", which, "\"", collapse = ", "))
    }
  }
  if (length(which) > 1) {
    din <- graphics::par("din")
    tall <- din[2] > din[1]
    old <- graphics::par(mfrow = if (tall) c(2, 1) else c(1, 2))
    on.exit(graphics::par(old))
  }
  for (one in which) {
    percent <- one == "accuracy"
    factor <- if (percent) 100 else 1
    curves <- list(training = x$history[[one]] * factor,
                   validation = x$history[[paste0("val_", one)]] * factor)
    draw_curves(x$history$epoch, curves, if (percent) "Accuracy, %" else "Loss",
                limits = if (percent) NULL else 0, best = x$best_epoch)
  }
  invisible(x)
}

#' Draw what a network has learned
#'
#' `plot_filters()` draws the weights of a convolution, `plot_activations()` what a layer makes of
#' one image: its feature maps, or the values of its units.
#'
#' Filters that see one channel are drawn one by one. Those of a first layer that see red, green and
#' blue are drawn in colour, grey being zero. All others fill a sheet with a row a filter and a
#' column a channel. Negative values are blue, zero is white, positive values are vermilion, on one
#' scale within a picture.
#'
#' @param fit A fit that [cnn()] returned.
#' @param layer The name or the number of a layer, or the path of one inside another
#'   (`"residual1/conv2"`); by default the first convolution.
#' @param image One image, `(n_H, n_W)` or, with several channels, `(n_H, n_W, n_C)`, or
#'   `(1, n_H, n_W, n_C)`.
#' @param max How many filters, channels or feature maps to draw at most: the first ones.
#'
#' @return Invisibly, what was drawn: the filters `(f_H, f_W, n_C_prev, n_C)`, or the outputs of the
#'   layer, `(1, n_H, n_W, n_C)` or `(1, units)`.
#'
#' @section Errors:
#' A layer that does not exist or, for `plot_filters()`, is no convolution; an
#' image of another shape than the net was trained on.
#'
#' @seealso [plot_channels()], [plot_images()], [coef()][coef.cnn]
#' @examples
#' digits <- mnist_sample()
#' few <- 1:1000
#' set.seed(1)
#' fit <- cnn(digits$train$x[few, , , , drop = FALSE], digits$train$y[few], epochs = 2)
#' plot_filters(fit)
#' plot_filters(fit, "conv2")
#' plot_activations(fit, digits$test$x[1, , , ], "pool1")
#' plot_activations(fit, digits$test$x[1, , , ], "output")
#' @export
plot_filters <- function(fit, layer = NULL, max = 64) {
  check_fit(fit)
  layer <- if (is.null(layer)) first_convolution(fit) else check_layer_name(fit, layer)
  if (!layer %in% convolutions(fit)) {
    stop_assertion("layer", "Must be a convolution (", convolution_names(fit), "), but \"", layer,
                   "\" is none")
  }
  max <- check_count(max, "max")
  W <- fit$params[[layer]]$W
  W <- W[, , seq_len(min(max, dim(W)[3])), seq_len(min(max, dim(W)[4])), drop = FALSE]
  largest <- max(abs(W))
  extents <- dim(W)
  if (extents[3] == 1) {
    plot_channels(array(W, extents[c(1, 2, 4)]), seq_len(extents[4]))
  } else if (extents[3] == 3 && layer == first_convolution(fit) && fit$input[3] == 3) {
    plot_images(aperm(W, c(4, 1, 2, 3)), seq_len(extents[4]), max = extents[4],
                limits = c(-1, 1) * largest)
  } else {
    pixels <- colours_of(W, diverging_colours(), c(-1, 1) * largest)
    pixels <- array(aperm(pixels, c(3, 4, 1, 2)), c(prod(extents[3:4]), extents[1:2]))
    draw_sheet(pixels, NULL, NULL, extents[3], note = "a row a filter, a column an input channel")
  }
  invisible(W)
}

#' @rdname plot_filters
#' @export
plot_activations <- function(fit, image, layer = NULL, max = 36) {
  check_fit(fit)
  layer <- if (is.null(layer)) first_convolution(fit) else check_layer_name(fit, layer)
  max <- check_count(max, "max")
  image <- check_newdata(image, "image", fit$input)
  if (dim(image)[1] != 1) {
    stop_assertion("image", "Must be one image, but is ", dim(image)[1])
  }
  outputs <- layer_outputs(fit, image)[[layer]]
  if (length(dim(outputs)) == 4 && any(dim(outputs)[2:3] > 1)) {
    shown <- seq_len(min(max, dim(outputs)[4]))
    plot_channels(outputs[, , , shown, drop = FALSE], shown)
  } else {
    draw_units(as.vector(outputs), if (layer == "output") fit$levels)
  }
  invisible(outputs)
}

#' Draw a confusion matrix
#'
#' The table of [confusion()] as a picture: true classes in rows, predicted ones in columns, each
#' cell with its count. Hits are blue, mistakes vermilion, the stronger the larger their share of
#' the class. At the right stands the share of each class that was recognised.
#'
#' @param fit A fit that [cnn()] returned, or a table that [confusion()] returned.
#' @param x,y The images and their classes, as for [confusion()]; not needed with a table.
#'
#' @return The table, invisibly.
#'
#' @section Errors:
#' As [confusion()]; a table that is not square.
#'
#' @examples
#' digits <- mnist_sample()
#' few <- 1:1000
#' set.seed(1)
#' fit <- cnn(digits$train$x[few, , , , drop = FALSE], digits$train$y[few], epochs = 2)
#' plot_confusion(fit, digits$test$x, digits$test$y)
#' @export
plot_confusion <- function(fit, x, y) {
  counts <- if (is.table(fit)) fit else confusion(fit, x, y)
  if (!is_numeric_like(counts) || length(dim(counts)) != 2 || nrow(counts) != ncol(counts) ||
        nrow(counts) < 1 || is.null(rownames(counts)) || !all(is.finite(counts) & counts >= 0)) {
    stop_assertion("fit", "Must be a fit or a square table of counts, but is ", describe(counts))
  }
  classes <- rownames(counts)
  k <- nrow(counts)
  share <- unclass(counts) / pmax(rowSums(counts), 1)
  hit <- diag(k) == 1
  fill <- colours_of(share, count_colours(), c(0, 1))
  # The root lets a single mistake be seen beside hundreds of hits.
  fill[!hit] <- colours_of(sqrt(share[!hit]), miss_colours(), c(0, sqrt(0.25)))
  label <- ifelse(unclass(counts) == 0, "", format_cells(counts))
  recall <- ifelse(rowSums(counts) == 0, "-", sprintf("%.1f %%", 100 * diag(share)))

  old <- use_theme()
  on.exit(graphics::par(old))
  margin <- 0.6 + 0.28 * min(max(nchar(classes)), 8)
  left <- margin + 0.9
  open_canvas(left + k + 2, k + 2.1)
  draw_cells(unclass(counts), left, 1.9, fill, label)
  draw_text(left + seq_len(k) - 0.5, 1.5, classes, height = 0.34, width = 0.9)
  draw_text(left - 0.3, 1.9 + seq_len(k) - 0.5, classes, height = 0.34, width = margin,
            adj = c(1, 0.5))
  draw_text(left + k / 2, 0.6, "predicted", height = 0.34, colour = theme$muted)
  graphics::text(0.4, 1.9 + k / 2, "true", srt = 90, col = theme$muted,
                 cex = 0.34 / abs(graphics::strheight("X", cex = 1)))
  draw_text(left + k + 1, 1.5, "found", height = 0.3, width = 1.7, colour = theme$muted)
  draw_text(left + k + 1, 1.9 + seq_len(k) - 0.5, recall, height = 0.3, width = 1.6)
  invisible(counts)
}

# One panel of curves over the epochs, each with its name at its end.
draw_curves <- function(epoch, curves, title, limits, best) {
  curves <- Filter(function(values) any(is.finite(values)), curves)
  colours <- c(training = theme$blue, validation = theme$vermilion)
  values <- unlist(curves)
  ylim <- if (length(curves) == 0) c(0, 1) else range(limits, values[is.finite(values)])
  ticks <- pretty(ylim, 4)
  ylim <- range(ticks)
  old <- use_theme(mar = c(3.4, 3.8, 2.6, 6.2), las = 1, mgp = c(2.1, 0.5, 0), tcl = 0)
  on.exit(graphics::par(old))
  graphics::plot.new()
  graphics::plot.window(range(epoch) + c(-0.1, 0.1) * (length(epoch) == 1), ylim)
  graphics::abline(h = ticks, col = theme$rule)
  graphics::axis(2, ticks, lwd = 0, cex.axis = 1.1)
  whole <- unique(round(pretty(epoch, 6)))
  graphics::axis(1, whole[whole %in% epoch], lwd = 0, cex.axis = 1.1)
  graphics::title(xlab = "epoch", cex.lab = 1.1)
  graphics::mtext(title, side = 3, line = 0.9, adj = 0, font = 2, cex = 1.25 * graphics::par("cex"))
  if (!is.null(best)) graphics::abline(v = best, col = theme$muted, lty = 3, lwd = 2)
  ends <- numeric()
  for (name in names(curves)) {
    graphics::lines(epoch, curves[[name]], col = colours[name], lwd = 3)
    graphics::points(epoch, curves[[name]], col = colours[name], pch = 16, cex = 1.2)
    ends[name] <- utils::tail(curves[[name]][is.finite(curves[[name]])], 1)
  }
  if (length(ends) == 0) {
    return(invisible())
  }
  apart <- 1.9 * abs(graphics::strheight("X"))
  graphics::mtext(names(ends), side = 4, at = spread(ends, apart), line = 0.4,
                  col = colours[names(ends)], font = 2, cex = 1.05 * graphics::par("cex"))
}

# Two labels at least `apart` from each other.
spread <- function(at, apart) {
  if (length(at) == 2 && abs(diff(at)) < apart) {
    at <- mean(at) + c(-0.5, 0.5) * apart * (if (at[1] > at[2]) -1 else 1)
  }
  at
}

# The values of units: bars if they have names, else a sheet of cells.
draw_units <- function(values, names) {
  if (is.null(names)) {
    n <- length(values)
    divisors <- which(n %% seq_len(n) == 0)
    columns <- min(divisors[divisors >= sqrt(n)])
    plot_channels(array(matrix(values, ncol = columns, byrow = TRUE), c(n / columns, columns, 1)))
    return(invisible())
  }
  old <- use_theme()
  on.exit(graphics::par(old))
  n <- length(values)
  largest <- max(0, abs(values[is.finite(values)]))
  below <- any(values < 0, na.rm = TRUE)
  open_canvas(10, n + 0.4)
  zero <- if (below) 5.2 else 1.6
  reach <- if (below) 3 else 6.6
  y <- seq_len(n) - 0.3
  length <- if (largest > 0) values / largest * reach else 0 * values
  colours <- ifelse(values == max(values), theme$vermilion, "#9CC7E4")
  graphics::rect(pmin(zero, zero + length), y + 0.36, pmax(zero, zero + length), y - 0.36,
                 col = colours, border = NA)
  graphics::segments(zero, 0.2, zero, n + 0.2, col = theme$muted, lwd = 2)
  draw_text(0.2, y, names, height = 0.42, width = if (below) 1.4 else 1.2, adj = c(0, 0.5))
  label <- format_cells(values)
  left <- length < 0
  draw_text((zero + length - 0.15)[left], y[left], label[left], height = 0.36, adj = c(1, 0.5))
  draw_text((zero + length + 0.15)[!left], y[!left], label[!left], height = 0.36, adj = c(0, 0.5))
}

first_convolution <- function(fit) {
  found <- convolutions(fit)
  if (length(found) == 0) {
    stop_assertion("layer", "Must be given, as the net has no convolution")
  }
  found[1]
}

# The paths of those layers whose weights are filters (f_H, f_W, channels, filters).
convolutions <- function(fit) {
  layers <- fit_plan(fit)$layers
  names(layers)[vapply(layers, function(layer) length(layer$params$W$dim) == 4, NA)]
}

convolution_names <- function(fit) {
  found <- convolutions(fit)
  if (length(found) == 0) "there is none" else paste0("\"", found, "\"", collapse = ", ")
}
