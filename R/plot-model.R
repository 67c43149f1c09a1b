#' Draw the learning curves of a network
#'
#' Loss and accuracy by epoch, on the training images and, where there are any, on the validation
#' images. Where early stopping chose the epoch whose weights the fit has, that one is marked.
#'
#' @param x A fit that [cnn()] returned.
#' @param which `"loss"`, `"accuracy"` or both: a panel each, side by side or one above the other as
#'   the figure is wide or tall. A single panel leaves the figure's layout alone, so that it can
#'   stand among others.
#' @param main The title of the panel, or one a panel; "Loss" and "Accuracy, %" by default.
#' @param ylim The limits of the vertical axis, for a single panel; in per cent for the accuracy.
#' @param ... Nothing else is taken.
#'
#' @return The fit, invisibly.
#'
#' @section Errors:
#' A fit that was never trained; `which = "accuracy"` of a regression; a `main` that is not one
#' title or one a panel; an `ylim` that is not two numbers in order, or for two panels; other
#' arguments.
#'
#' @examples
#' digits <- mnist_sample()
#' few <- 1:1000
#' set.seed(1)
#' fit <- cnn(digits$train$x[few, , , , drop = FALSE], digits$train$y[few], epochs = 3,
#'            validation = 0.2)
#' plot(fit)
#' @export
plot.cnn <- function(x, which = c("loss", "accuracy"), main = NULL, ylim = NULL, ...) {
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
  main <- check_titles(main, length(which))
  check_ylim(ylim, length(which))
  if (...length() > 0) {
    stop_assertion("...", "Must be empty, but holds ",
                   paste0("'", names(list(...)), "'", collapse = ", "))
  }
  if (length(which) > 1) {
    din <- graphics::par("din")
    tall <- din[2] > din[1]
    old <- graphics::par(mfrow = if (tall) c(2, 1) else c(1, 2))
    on.exit(graphics::par(old))
  }
  for (i in seq_along(which)) {
    percent <- which[i] == "accuracy"
    factor <- if (percent) 100 else 1
    curves <- list(training = x$history[[which[i]]] * factor,
                   validation = x$history[[paste0("val_", which[i])]] * factor)
    title <- if (!is.null(main)) main[i] else if (percent) "Accuracy, %" else "Loss"
    draw_curves(x$history$epoch, curves, title, ylim, from_zero = !percent, best = x$best_epoch)
  }
  invisible(x)
}

check_titles <- function(main, panels) {
  if (is.null(main)) {
    return(NULL)
  }
  if (!checkmate::test_character(main, any.missing = FALSE) || !length(main) %in% c(1, panels)) {
    stop_assertion("main", "Must be one title, or one a panel (", panels, "), but is ",
                   describe(main))
  }
  rep_len(main, panels)
}

check_ylim <- function(ylim, panels) {
  if (is.null(ylim)) {
    return()
  }
  if (panels > 1) {
    stop_assertion("ylim", "Must be given for a single panel, such as which = \"loss\", as two ",
                   "have different scales")
  }
  if (!checkmate::test_numeric(ylim, finite = TRUE, any.missing = FALSE, len = 2) ||
        ylim[1] >= ylim[2]) {
    stop_assertion("ylim", "Must be two numbers, the lower first, but is ",
                   if (is_numeric_like(ylim) && length(ylim) == 2) {
                     paste(format(ylim), collapse = ", ")
                   } else {
                     describe(ylim)
                   })
  }
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
  extents <- dim(W)
  if (extents[3] == 1) {
    plot_channels(array(W, extents[c(1, 2, 4)]), seq_len(extents[4]))
  } else if (extents[3] == 3 && layer == first_convolution(fit) && fit$input[3] == 3) {
    plot_images(aperm(W, c(4, 1, 2, 3)), seq_len(extents[4]), max = extents[4],
                limits = even_limits(W))
  } else {
    pixels <- colours_of(W, diverging_colours(), even_limits(W))
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

# One panel of curves over the epochs, each with its name: at its end where there is room beside the
# panel, else under the title.
draw_curves <- function(epoch, curves, title, ylim, from_zero, best) {
  curves <- Filter(function(values) any(is.finite(values)), curves)
  narrow <- graphics::par("fin")[1] < 4.2 # inches
  mar <- if (narrow) c(2.9, 3, 3.3, 0.8) else c(3.4, 3.8, 2.6, 6.2)
  old <- use_theme(mar = mar, las = 1, mgp = c(if (narrow) 1.7 else 2.1, 0.5, 0), tcl = 0)
  on.exit(graphics::par(old))
  graphics::plot.new()
  scale_curves(epoch, curves, ylim, from_zero)
  graphics::title(xlab = "epoch", cex.lab = 1.1)
  mtext_at <- function(label, ...) graphics::mtext(label, font = 2, ...)
  mtext_at(title, side = 3, line = if (narrow) 1.6 else 0.9, adj = 0,
           cex = 1.25 * graphics::par("cex"))
  colours <- c(training = theme$blue, validation = theme$vermilion)
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
  if (!is.null(best)) mark_best(best, curves, from_zero)
  cex <- 1.05 * graphics::par("cex")
  if (narrow) {
    before <- c(0, utils::head(cumsum(graphics::strwidth(paste0(names(ends), "  "), font = 2)), -1))
    mtext_at(names(ends), side = 3, at = graphics::par("usr")[1] + before * 1.05, line = 0.3,
             adj = 0, col = colours[names(ends)], cex = cex)
  } else {
    apart <- 1.9 * abs(graphics::strheight("X"))
    mtext_at(names(ends), side = 4, at = spread(ends, apart), line = 0.4,
             col = colours[names(ends)], cex = cex)
  }
}

# The scales and their numbers.
scale_curves <- function(epoch, curves, ylim, from_zero) {
  values <- unlist(curves)
  if (is.null(ylim)) {
    ylim <- if (length(curves) == 0) c(0, 1) else
      range(if (from_zero) 0, values[is.finite(values)])
    ylim <- range(pretty(ylim, 4))
  }
  ticks <- pretty(ylim, 4)
  ticks <- ticks[ticks >= ylim[1] & ticks <= ylim[2]]
  graphics::plot.window(range(epoch) + c(-0.1, 0.1) * (length(epoch) == 1), ylim)
  graphics::abline(h = ticks, col = theme$rule)
  graphics::axis(2, ticks, lwd = 0, cex.axis = 1.1)
  whole <- unique(round(pretty(epoch, 6)))
  graphics::axis(1, whole[whole %in% epoch], lwd = 0, cex.axis = 1.1)
}

# A ring around the epoch whose weights the fit has, and its name in the corner that curves leave.
mark_best <- function(best, curves, from_zero) {
  usr <- graphics::par("usr")
  value <- utils::tail(curves, 1)[[1]][best]
  graphics::points(best, value, cex = 2.2, lwd = 2, col = theme$ink)
  right <- best < mean(usr[1:2])
  graphics::text(best, if (from_zero) usr[4] else usr[3], "best",
                 adj = c(if (right) -0.25 else 1.25, if (from_zero) 1.4 else -0.6),
                 col = theme$muted)
}

# Two labels at least `apart` from each other.
spread <- function(at, apart) {
  if (length(at) == 2 && abs(diff(at)) < apart) {
    at <- mean(at) + c(-0.5, 0.5) * apart * (if (at[1] > at[2]) -1 else 1)
  }
  at
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
