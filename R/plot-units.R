# What plot_activations() draws of a layer without rows and columns.

# The values of units: bars while they are few or have names, else a sheet of cells.
draw_units <- function(values, names) {
  if (is.null(names) && length(values) > 24) {
    draw_unit_sheet(values)
  } else {
    draw_unit_bars(values, if (is.null(names)) seq_along(values) else names)
  }
}

draw_unit_bars <- function(values, names) {
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

# Many units, row by row, with the number of the first in each row and what the colours stand for.
draw_unit_sheet <- function(values) {
  old <- use_theme()
  on.exit(graphics::par(old))
  graphics::plot.new()
  n <- length(values)
  shape <- graphics::par("pin")
  wanted <- sqrt(n * shape[1] / shape[2])
  choices <- c(5, 10, 20, 25, 50, 100, 200)
  columns <- choices[which.min(abs(log(choices / wanted)))]
  rows <- ceiling(n / columns)
  # Letters of a readable size, in cells.
  letter <- max(0.3, 1.4 * least_letter / min(shape / c(columns, rows)))
  first <- (seq_len(rows) - 1) * columns + 1
  left <- text_length(as.character(max(first))) * letter + 0.5 * letter + 0.2
  below <- 4.2 * letter
  scale_canvas(left + columns + 0.2, rows + below + 0.4)
  limits <- even_limits(values)
  cells <- colours_of(values, diverging_colours(), limits)
  at <- seq_len(n) - 1
  graphics::rect(left + at %% columns, 0.2 + at %/% columns + 1, left + at %% columns + 1,
                 0.2 + at %/% columns, col = cells, border = theme$rule)
  shown <- seq(1, rows, by = ceiling(1.5 * letter))
  draw_text(left - 0.5 * letter, 0.2 + shown - 0.5, first[shown], height = letter,
            colour = theme$muted, adj = c(1, 0.5))
  width <- min(columns, 24 * letter)
  top <- 0.2 + rows + letter
  draw_raster(matrix(diverging_colours(), 1), left, top, width, letter)
  graphics::rect(left, top + letter, left + width, top, border = theme$rule)
  draw_text(left + width * c(0, 0.5, 1), top + 2.2 * letter,
            format_cells(c(limits[1], 0, limits[2])), height = 0.9 * letter)
}
