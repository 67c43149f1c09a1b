# What the pictures are made of. The unit of length is a cell, the origin lies at the top left, x
# runs to the right and y down, as rows and columns of a matrix do.

open_canvas <- function(width, height) {
  graphics::plot.new()
  scale_canvas(width, height)
}

scale_canvas <- function(width, height) {
  graphics::plot.window(c(0, width), c(height, 0), asp = 1, xaxs = "i", yaxs = "i")
}

# Text as high as asked for (of a capital letter, in cells), smaller if it would be too wide.
draw_text <- function(x, y, label, height = 0.4, width = Inf, colour = theme$ink, font = 1,
                      adj = c(0.5, 0.5), turn = 0) {
  label <- as.character(label)
  if (length(label) == 0 || !any(nzchar(label))) {
    return(invisible())
  }
  unit <- max(abs(graphics::strheight("X", cex = 1, font = font)))
  cex <- min(height, width / text_length(label, font)) / unit
  graphics::text(x, y, label, cex = cex, col = colour, font = font, adj = adj, srt = turn)
}

# How long the longest label is, in heights of a capital letter.
text_length <- function(label, font = 1) {
  max(graphics::strwidth(label, units = "inches", cex = 1, font = font)) /
    graphics::strheight("X", units = "inches", cex = 1, font = font)
}

# What is cut off a label that would be longer than `most` heights of a capital letter.
shorten <- function(label, most) {
  vapply(as.character(label), function(one) {
    if (text_length(one) <= most) {
      return(one)
    }
    n <- nchar(one)
    while (n > 1 && text_length(paste0(substr(one, 1, n), "...")) > most) n <- n - 1
    paste0(substr(one, 1, n), "...")
  }, "", USE.NAMES = FALSE)
}

# Letters lower than this, in inches, cannot be read.
least_letter <- 0.07

# A matrix as cells, its upper left corner at (x, y).
draw_cells <- function(values, x, y, fill, label = format_cells(values), colour = NULL, font = 1,
                       border = theme$rule) {
  rows <- nrow(values)
  columns <- ncol(values)
  left <- x + rep(seq_len(columns) - 1, each = rows)
  top <- y + rep(seq_len(rows) - 1, times = columns)
  fill <- rep_len(as.vector(fill), length(left))
  graphics::rect(left, top + 1, left + 1, top, col = fill, border = border, lwd = 1)
  if (is.null(colour)) colour <- text_colour_on(fill)
  draw_text(left + 0.5, top + 0.5, label, height = 0.34, width = 0.84, colour = colour, font = font)
}

# A frame around rows x columns of cells.
draw_frame <- function(x, y, rows, columns, colour = theme$ink, lwd = 3) {
  graphics::rect(x, y + rows, x + columns, y, border = colour, lwd = lwd, col = NA)
}

draw_arrow <- function(x0, y0, x1, y1, colour = theme$muted) {
  graphics::arrows(x0, y0, x1, y1, length = 0.09, lwd = 2.5, col = colour)
}

# Colours as an image, row 1 at the top.
draw_raster <- function(colours, x, y, width, height) {
  graphics::rasterImage(grDevices::as.raster(colours), x, y + height, x + width, y,
                        interpolate = FALSE)
}

# Numbers as short as they can be read, alike within one table.
format_cells <- function(values, digits = 2) {
  # A negative zero is written as 0, and logicals are numbers.
  values <- as.vector(values) + 0
  whole <- is.finite(values) & values == round(values)
  label <- formatC(round(values, digits), format = "f", digits = digits, drop0trailing = TRUE)
  label[whole] <- formatC(values[whole], format = "f", digits = 0)
  huge <- is.finite(values) & abs(values) >= 1e9
  label[huge] <- formatC(values[huge], format = "g", digits = 4)
  # What rounds to nothing is not nothing.
  tiny <- is.finite(values) & values != 0 & round(values, digits) == 0
  label[tiny] <- formatC(values[tiny], format = "e", digits = 0)
  label[is.na(values)] <- "NA"
  label
}

# Two numbers and their sum, with as many decimals as it takes for the sum to hold as it is written.
format_sum <- function(terms) {
  all <- c(terms, sum(terms))
  if (!all(is.finite(all))) {
    return(format_cells(all))
  }
  for (digits in 2:12) {
    written <- format_cells(all, digits)
    read <- as.numeric(written)
    if (abs(read[1] + read[2] - read[3]) <= 1e-9 * max(abs(all))) break
  }
  written
}

# The number of columns that makes `n` boxes of `width` x `height` largest on the current figure,
# which must have been opened: before that, R still knows the size of the last one.
best_columns <- function(n, width, height) {
  pin <- graphics::par("pin")
  columns <- seq_len(n)
  scale <- pmin(pin[1] / (columns * width), pin[2] / (ceiling(n / columns) * height))
  which.max(scale)
}

check_matrix_values <- function(x, name) {
  extents <- dim(x)
  if (length(extents) == 4 && extents[1] == 1 && extents[4] == 1) dim(x) <- extents[2:3]
  x <- check_matrix(x, name, "(rows, columns), one example of one channel")
  if (any(dim(x) < 1)) {
    stop_assertion(name, "Must have at least one row and column, but has dim ",
                   format_dim(dim(x)))
  }
  x
}

# A position in an output of `rows` x `columns`.
check_position <- function(at, name, extents) {
  at <- check_pair(at, name, lower = 1)
  if (any(at > extents)) {
    stop_assertion(name, "Must lie within the output, ", extents[1], " rows and ", extents[2],
                   " columns, but is ", paste(at, collapse = ", "))
  }
  at
}
