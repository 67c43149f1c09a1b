# Which classes are taken for which.

#' Draw a confusion matrix
#'
#' The table of [confusion()] as a picture: true classes in rows, predicted ones in columns, each
#' cell with its count. Hits are blue, mistakes vermilion, the stronger the larger their share of
#' the class. At the right stands the share of each class that was recognised. Names that are wider
#' than their column stand upright; in a figure too small for letters of a readable size, counts are
#' left out, and of the names only each second is written, or each third.
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
  graphics::plot.new()
  place <- lay_out_confusion(classes, max(recall))
  scale_canvas(place$width, place$height)
  cell <- min(graphics::par("pin") / c(place$width, place$height)) # inches
  count <- min(0.34, 0.84 / text_length(label))
  if (count * cell < least_letter) label[] <- ""
  draw_cells(unclass(counts), place$left, place$top, fill, label)

  shown <- seq(1, k, by = place$step)
  middle <- shown - 0.5
  if (place$turned) {
    draw_text(place$left + middle, place$top - 0.3 * place$letter, place$names[shown],
              height = place$letter, adj = c(0, 0.5), turn = 90)
  } else {
    draw_text(place$left + middle, place$top - place$letter, place$names[shown],
              height = place$letter)
  }
  draw_text(place$left - 0.5 * place$letter, place$top + middle, place$names[shown],
            height = place$letter, adj = c(1, 0.5))
  draw_text(place$left + k / 2, place$letter, "predicted", height = place$letter,
            colour = theme$muted)
  draw_text(place$letter, place$top + k / 2, "true", height = place$letter, colour = theme$muted,
            turn = 90)
  right <- place$width - 0.3 * place$letter
  draw_text(right, place$top - place$letter, "found", height = place$letter, colour = theme$muted,
            adj = c(1, 0.5))
  draw_text(right, place$top + middle, recall[shown], height = place$letter,
            adj = c(1, 0.5))
  invisible(counts)
}

# Where the table lies, in cells, and its letters: high enough to be read. Names that are wider than
# a column stand upright; where rows are lower than letters, only each `step`-th has its name.
lay_out_confusion <- function(classes, widest_share) {
  k <- length(classes)
  letter <- 0.34
  step <- 1
  for (round in 1:4) {
    names <- shorten(classes, max(5, 0.5 * k) / letter)
    beside <- text_length(names) * letter
    turned <- beside > 0.9 * step
    left <- 2 * letter + beside + 0.8 * letter
    top <- 2.4 * letter + (if (turned) beside else letter) + 0.8 * letter
    width <- left + k + max(text_length(widest_share), text_length("found")) * letter + letter
    height <- top + k + 0.2
    least <- least_letter / min(graphics::par("pin") / c(width, height))
    step <- max(1, ceiling(least / 0.62))
    letter <- max(if (step == 1) 0.34 else 0, least)
  }
  list(left = left, top = top, width = width, height = height, letter = letter, names = names,
       turned = turned, step = step)
}
