# Writes inst/explore/convolution.html from the parts in this folder, the package's colours, ten of
# its digits, and a figure for browsers without JavaScript: Rscript tools/explore/build.R [FILE]
# Run it in the top folder of the tree, with the package installed.
pkg <- asNamespace("convstep")

part <- function(name) {
  lines <- readLines(file.path("tools", "explore", name), encoding = "UTF-8")
  paste(lines, collapse = "\n")
}

quoted <- function(x) paste0("\"", x, "\"", collapse = ",")

# The colours of R/theme.R, 65 of each ramp. On dark ground zero is as dark as the paper.
in_lab <- function(...) grDevices::colorRampPalette(c(...), space = "Lab")(65)
signed <- pkg$diverging_colours(65)
signed_dark <- in_lab("#C5E4F9", "#56B4E9", "#1D5C88", "#12171C", "#8F4A10", "#F0883A", "#FBD3B0")
palettes <- list(
  light = list(
    ink = pkg$ink_colours(65), signed = signed,
    pale = grDevices::colorRampPalette(pkg$diverging_colours()[72:184])(65)
  ),
  dark = list(
    ink = in_lab("#12171C", "#56616C", "#F2F5F7"), signed = signed_dark,
    pale = grDevices::colorRampPalette(signed_dark[18:48])(65)
  )
)
blank <- c(light = pkg$theme$blank, dark = "#1C242C")
palettes_json <- function() {
  of <- function(name) {
    ramps <- palettes[[name]]
    paste0(name, ": {\n    blank: \"", blank[[name]], "\",\n",
           paste0("    ", names(ramps), ": [", vapply(ramps, quoted, ""), "]", collapse = ",\n"),
           "\n  }")
  }
  paste0("{\n  ", of("light"), ",\n  ", of("dark"), "\n}")
}

# One image of each digit, row by row, two hexadecimal digits a cell.
chosen <- function() {
  test <- convstep::mnist_sample()$test
  # The one nearest to the mean of its digit: written as most people would.
  vapply(0:9, function(digit) {
    at <- which(test$y == digit)
    images <- matrix(test$x[at, , , 1], length(at))
    at[which.min(rowSums(sweep(images, 2, colMeans(images))^2))]
  }, 1L)
}
digit_matrix <- function(i) convstep::mnist_sample()$test$x[i, , , 1]
hex <- function(x) paste(format(as.hexmode(as.vector(t(round(255 * x)))), width = 2), collapse = "")
digits_json <- function(images) {
  paste0("{\n", paste0("  ", 0:9, ": \"", vapply(images, hex, ""), "\"", collapse = ",\n"), "\n}")
}

# The figure without JavaScript: image, window, filter, products and the feature map.
still <- function(x, W, at) {
  out <- convstep::conv_forward(array(x, c(1, dim(x), 1)), array(W, c(dim(W), 1, 1)), 0,
                                list(stride = 1, pad = 0))
  Z <- out$Z[1, , , 1]
  rows <- at[1] + seq_len(nrow(W)) - 1
  columns <- at[2] + seq_len(ncol(W)) - 1
  window <- x[rows, columns]
  ink <- pkg$colours_of(x, pkg$ink_colours(), c(0, max(x)))
  paste(c(
    "<svg viewBox=\"0 0 1080 400\" role=\"img\" aria-label=\"", label_of(window, W, Z, at), "\">",
    "<rect width=\"1080\" height=\"400\" fill=\"", pkg$theme$paper, "\"/>",
    svg_cells(x, ink, 10, 40, 12, "image"),
    svg_frame(10 + 12 * (at[2] - 1), 40 + 12 * (at[1] - 1), 36),
    svg_cells(window, ink[rows, columns], 390, 60, 40, "window", TRUE),
    svg_cells(W, pkg$ramp_fill(W), 540, 60, 40, "filter", TRUE),
    svg_cells(window * W, pkg$ramp_fill(window * W), 465, 230, 40, "window \u00d7 filter", TRUE),
    svg_text(525, 378, paste("sum:", pkg$format_cells(sum(window * W))), pkg$theme$ink),
    svg_cells(Z, pkg$colours_of(Z, pkg$diverging_colours(), c(-1, 1) * max(abs(Z))), 720, 40, 12,
              "feature map"),
    svg_frame(720 + 12 * (at[2] - 1), 40 + 12 * (at[1] - 1), 12),
    "</svg>"
  ), collapse = "")
}
label_of <- function(window, W, Z, at) {
  paste0("A handwritten digit with a window of 3 by 3 cells framed, the filter, their products, ",
         "and the feature map, whose framed cell is ", pkg$format_cells(Z[at[1], at[2]]), ".")
}
svg_text <- function(x, y, label, colour) {
  paste0("<text x=\"", x, "\" y=\"", y, "\" fill=\"", colour, "\" text-anchor=\"middle\">", label,
         "</text>")
}
svg_frame <- function(x, y, side) {
  paste0("<rect x=\"", x, "\" y=\"", y, "\" width=\"", side, "\" height=\"", side,
         "\" fill=\"none\" stroke=\"", pkg$theme$ink, "\" stroke-width=\"3\"/>")
}
svg_cells <- function(values, fill, x, y, side, title, numbers = FALSE) {
  left <- x + side * (col(values) - 1)
  top <- y + side * (row(values) - 1)
  # Cells of no ink are the paper they lie on.
  shown <- fill != pkg$theme$paper
  c(svg_text(x + side * ncol(values) / 2, y - 14, title, pkg$theme$muted),
    paste0("<rect x=\"", left, "\" y=\"", top, "\" width=\"", side, "\" height=\"", side,
           "\" fill=\"", fill, "\"/>")[shown],
    paste0("<rect x=\"", x, "\" y=\"", y, "\" width=\"", side * ncol(values), "\" height=\"",
           side * nrow(values), "\" fill=\"none\" stroke=\"", pkg$theme$rule, "\"/>"),
    if (numbers) svg_text(left + side / 2, top + side * 0.63, pkg$format_cells(values),
                          pkg$text_colour_on(fill)))
}

images <- lapply(chosen(), digit_matrix)
page <- part("page.html")
put <- function(page, name, text) {
  mark <- paste0("{{", name, "}}")
  halves <- strsplit(page, mark, fixed = TRUE)[[1]]
  stopifnot(length(halves) == 2)
  paste0(halves[1], text, halves[2])
}
for (name in c("style.css", "model.js", "grid.js", "page.js")) page <- put(page, name, part(name))
page <- put(page, "palettes", palettes_json())
page <- put(page, "digits", digits_json(images))
sobel <- cbind(c(1, 2, 1), 0, c(-1, -2, -1))
page <- put(page, "still", still(images[[4]], sobel, c(7, 11)))

file <- commandArgs(trailingOnly = TRUE)
file <- if (length(file) > 0) file[1] else file.path("inst", "explore", "convolution.html")
dir.create(dirname(file), showWarnings = FALSE, recursive = TRUE)
writeLines(enc2utf8(page), file, useBytes = TRUE)
