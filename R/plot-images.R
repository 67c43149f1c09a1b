#' Draw images and feature maps
#'
#' `plot_images()` draws a batch of images as one sheet, each with its label. `plot_channels()`
#' draws every channel of one example: the feature maps that a convolution made of an image.
#'
#' The sheet fills the current figure, with as many columns as make the images largest. One channel
#' is drawn as ink on paper, 0 white and the largest value dark; pass `rev(grey.colors(256))` or any
#' other colours to have it otherwise. Three channels are red, green and blue, between the `limits`.
#' Feature maps have both signs: negative values are blue, zero is white, positive values are
#' vermilion. Missing values are yellow.
#'
#' @param x `plot_images()`: images `(m, n_H, n_W, n_C)` of one or three channels, or `(m, n_H,
#'   n_W)`, or one matrix, or an [image_source()], whose labels are then the default.
#'   `plot_channels()`: one example, `(1, n_H, n_W, n_C)` or `(n_H, n_W, n_C)`. Row 1 is drawn at
#'   the top.
#' @param labels What to write under each image: a vector or factor of `m` values (of `n_C` for
#'   `plot_channels()`), or `NULL`.
#' @param label_colours The colours of the labels, recycled: to mark mistakes, for instance.
#' @param max How many images to draw at most: the first ones.
#' @param ncol The number of columns; chosen to fit by default.
#' @param limits The values at the two ends of the colours; the range of `x`, with 0 in it, by
#'   default; for `plot_channels()` the largest absolute value on both sides.
#' @param colours The colours from the lower limit to the upper.
#'
#' @return Invisibly, a character array `(images, rows, columns)` of the colours drawn.
#'
#' @section Errors:
#' An `x` of another rank or with 2, 4 or more channels; labels that are not one an
#' image; limits that are not two finite numbers in order; colours that R does not know.
#'
#' @seealso [plot_activations()], [plot_filters()]
#' @examples
#' digits <- mnist_sample()$test
#' plot_images(digits$x, digits$y, max = 40)
#'
#' # Four Sobel filters, and what they see in one digit.
#' sobel <- matrix(c(1, 2, 1, 0, 0, 0, -1, -2, -1), 3)
#' W <- array(c(sobel, t(sobel), -sobel, -t(sobel)), c(3, 3, 1, 4))
#' maps <- conv_forward(digits$x[1, , , , drop = FALSE], W, numeric(4), list(stride = 1, pad = 1))$Z
#' plot_channels(maps, c("left", "top", "right", "bottom"))
#' @export
plot_images <- function(x, labels = NULL, label_colours = NULL, max = 100, ncol = NULL,
                        limits = NULL, colours = NULL) {
  max <- check_count(max, "max")
  if (is_source(x)) {
    x <- x[seq_len(min(max, dim(x)[1]))]
    if (missing(labels)) labels <- x$y
    x <- all_images(open_source(x))
  }
  x <- check_pictures(x)
  labels <- check_labels(labels, dim(x)[1])
  shown <- seq_len(min(max, dim(x)[1]))
  x <- x[shown, , , , drop = FALSE]
  if (is.null(limits)) limits <- range(0, x[is.finite(x)])
  check_limits(limits)
  colours <- if (is.null(colours)) ink_colours() else check_colours(colours, "colours")
  label_colours <- check_label_colours(label_colours)
  ncol <- check_columns(ncol)
  pixels <- if (dim(x)[4] == 3) true_colours(x, limits) else colours_of(x, colours, limits)
  dim(pixels) <- dim(x)[1:3]
  draw_sheet(pixels, labels[shown], label_colours, ncol)
}

#' @rdname plot_images
#' @export
plot_channels <- function(x, labels = NULL, label_colours = NULL, ncol = NULL, limits = NULL,
                          colours = NULL) {
  x <- check_example(x)
  labels <- check_labels(labels, dim(x)[3])
  if (is.null(limits)) limits <- even_limits(x)
  check_limits(limits)
  colours <- if (is.null(colours)) diverging_colours() else check_colours(colours, "colours")
  label_colours <- check_label_colours(label_colours)
  ncol <- check_columns(ncol)
  pixels <- aperm(colours_of(x, colours, limits), c(3, 1, 2))
  draw_sheet(pixels, labels, label_colours, ncol)
}

# Images as colours (image, row, column) on a grid of boxes that have one row's height for a label.
draw_sheet <- function(pixels, labels, label_colours, ncol, note = NULL) {
  n <- dim(pixels)[1]
  old <- use_theme()
  on.exit(graphics::par(old))
  graphics::plot.new()
  if (n == 0) {
    return(invisible(pixels))
  }
  # In units of the longer side of an image.
  width <- dim(pixels)[3] / max(dim(pixels)[2:3])
  height <- dim(pixels)[2] / max(dim(pixels)[2:3])
  gap <- 0.12
  caption <- if (is.null(labels)) 0 else 0.32
  step <- c(width + gap, height + gap + caption)
  columns <- if (is.null(ncol)) best_columns(n, step[1], step[2]) else min(n, ncol)

  sheet <- c(columns, ceiling(n / columns)) * step + gap
  below <- if (is.null(note)) 0 else 0.05 * max(sheet)
  scale_canvas(sheet[1], sheet[2] + below)
  left <- gap + (seq_len(n) - 1) %% columns * step[1]
  top <- gap + (seq_len(n) - 1) %/% columns * step[2]
  for (i in seq_len(n)) {
    draw_raster(matrix(pixels[i, , ], dim(pixels)[2]), left[i], top[i], width, height)
  }
  graphics::rect(left, top + height, left + width, top, border = theme$rule, lwd = 1)
  if (!is.null(labels)) {
    largest <- 1.1 * max(abs(graphics::strheight("X")))
    draw_text(left + width / 2, top + height + 0.18, labels, min(0.19, largest), width,
              colour = rep_len(label_colours, n))
  }
  if (!is.null(note)) {
    draw_text(sheet[1] / 2, sheet[2] + below / 2, note, height = below / 2, width = sheet[1],
              colour = theme$muted)
  }
  invisible(pixels)
}

true_colours <- function(x, limits) {
  level <- matrix(share_between(x, limits), ncol = 3)
  known <- !is.na(rowSums(level))
  pixels <- rep(theme$missing, nrow(level))
  pixels[known] <- grDevices::rgb(level[known, , drop = FALSE])
  pixels
}

check_pictures <- function(x, name = "x") {
  extents <- dim(x)
  if (!(is_numeric_like(x) || is.raw(x)) || !length(extents) %in% 2:4) {
    stop_assertion(name, "Must be images, a numeric array (m, n_H, n_W, n_C) or (m, n_H, n_W), or ",
                   "one matrix, but is ", describe(x))
  }
  if (is.raw(x)) x <- array(as.integer(x), extents)
  if (length(extents) == 2) dim(x) <- c(1, extents, 1)
  if (length(extents) == 3) dim(x) <- c(extents, 1)
  x <- check_array4(x, name)
  if (!dim(x)[4] %in% c(1, 3)) {
    stop_assertion(name, "Must have one channel or three (red, green, blue), but has ", dim(x)[4],
                   "; plot_channels() draws any number")
  }
  x
}

check_example <- function(x, name = "x") {
  if (length(dim(x)) == 4 && dim(x)[1] == 1) dim(x) <- dim(x)[-1]
  if (length(dim(x)) != 3 || any(dim(x) < 1) || !is_numeric_like(x)) {
    stop_assertion(name, "Must be one example, a numeric array (1, n_H, n_W, n_C) or ",
                   "(n_H, n_W, n_C), but is ", describe(x))
  }
  as_double(x)
}

check_labels <- function(labels, n) {
  if (is.null(labels)) {
    return(NULL)
  }
  if (!is.atomic(labels) || length(labels) != n) {
    stop_assertion("labels", "Must have one value an image (", n, "), but is ", describe(labels))
  }
  as.character(labels)
}

# Colours as R has them: names, "#RRGGBB" or numbers of the palette, which become strings.
check_colours <- function(colours, name) {
  plain <- is_numeric_like(colours) || is.character(colours) && has_own_extents(colours)
  rgb <- if (plain && length(colours) > 0 && !anyNA(colours)) {
    tryCatch(grDevices::col2rgb(colours), error = function(e) NULL)
  }
  if (is.null(rgb)) {
    stop_assertion(name, "Must be colours, such as \"red\" or \"#0072B2\", but is ",
                   if (is.character(colours) && length(colours) == 1) quoted(colours) else
                     describe(colours))
  }
  if (is.character(colours)) as.vector(colours) else grDevices::rgb(t(rgb), maxColorValue = 255)
}

check_label_colours <- function(colours) {
  if (is.null(colours)) theme$ink else check_colours(colours, "label_colours")
}

check_columns <- function(ncol) if (!is.null(ncol)) check_count(ncol, "ncol")

check_limits <- function(limits) {
  if (!is_numeric_like(limits) || length(limits) != 2 || !all(is.finite(limits)) ||
      limits[1] > limits[2]) {
    stop_assertion("limits", "Must be two finite numbers, the lower first, but is ",
                   if (is_numeric_like(limits) && length(limits) == 2) {
                     paste(format(limits), collapse = ", ")
                   } else {
                     describe(limits)
                   })
  }
}
