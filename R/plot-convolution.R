#' Draw a convolution
#'
#' Pictures of what [pad3d()], [conv_forward()] and [conv_backward()] do to one image of one
#' channel, with the numbers written into the cells.
#'
#' `plot_padding()` draws the image and the image with its border of zeros.
#'
#' `plot_convolution()` stops the sliding window at one place: the input with the window framed, the
#' filter, the products of the two, and the output as far as it has come, with the cell that the
#' products add up to.
#'
#' `plot_convolution_gradient()` draws the way back from one cell of `dZ`: the filter times that
#' cell, which is added to `dA_prev` where the window lay; and the window times that cell, which is
#' added to `dW`. Both totals are those of [conv_backward()].
#'
#' @param x The image: a matrix (rows, columns), or an array `(1, n_H, n_W, 1)`.
#' @param W The filter: a matrix (rows, columns), or an array `(f_H, f_W, 1, 1)`.
#' @param b The bias, one number.
#' @param hparameters A list of `stride`, `pad` and, if wanted, `dilation`, as for [conv_forward()].
#' @param at The row and the column of the output cell, `c(row, column)`.
#' @param pad The width of the border, one number or `c(vertical, horizontal)`.
#' @param dZ The gradient of the cost with respect to the output: a matrix of its shape.
#'
#' @return Invisibly, a list of the matrices in the picture. `plot_padding()`: `output`;
#'   `plot_convolution()`: `window`, `products`, `Z`; `plot_convolution_gradient()`: `dA_part`,
#'   `dA_prev`, `dW_part`, `dW`.
#'
#' @section Errors:
#' An image or a filter that is no numeric matrix, an `at` outside the output, a
#' `dZ` of another shape than the output, and what [conv_forward()] objects to.
#'
#' @seealso [plot_pooling()], [plot_images()]
#' @examples
#' x <- matrix(c(3, 0, 1, 2, 7,  1, 5, 8, 9, 3,  2, 7, 2, 5, 1,  0, 1, 3, 1, 7,  4, 2, 1, 6, 2), 5)
#' edges <- matrix(c(1, 1, 1, 0, 0, 0, -1, -1, -1), 3)
#' plot_padding(x, pad = 1)
#' plot_convolution(x, edges, at = c(2, 1))
#' dZ <- matrix(c(1, 0, 2, -1, 3, 0, 0, 1, 1), 3)
#' plot_convolution_gradient(x, edges, dZ, at = c(2, 2))
#' @export
plot_convolution <- function(x, W, b = 0, hparameters = list(stride = 1, pad = 0), at = c(1, 1)) {
  picture <- convolution_picture(x, W, b, hparameters, at)
  Z <- picture$Z
  order <- (row(Z) - 1) * ncol(Z) + col(Z)
  reached <- order <= order[picture$at[1], picture$at[2]]
  products <- picture$window * picture$W

  old <- use_theme()
  on.exit(graphics::par(old))
  place <- lay_out(input = dim(picture$padded), small = dim(picture$W), output = dim(Z))
  open_canvas(place$width, place$height)
  draw_input(picture, place$input)
  draw_block(picture$W, place$upper, "filter", ramp_fill(picture$W))
  draw_block(products, place$lower, "window \u00d7 filter", ramp_fill(products))
  draw_frame(place$lower[1], place$lower[2], nrow(products), ncol(products))
  draw_block(Z, place$output, "output", ifelse(reached, ramp_fill(Z), theme$blank),
             label = ifelse(reached, format_cells(Z), ""))
  draw_frame(place$output[1] + picture$at[2] - 1, place$output[2] + picture$at[1] - 1, 1, 1)
  draw_operators(place)
  written <- format_sum(c(sum(products), picture$b))
  draw_caption(place, paste0("row ", picture$at[1], ", column ", picture$at[2], ":  products ",
                             written[1], " + bias ", written[2], " = ", written[3]))
  invisible(list(window = picture$window, products = products, Z = Z))
}

#' @rdname plot_convolution
#' @export
plot_convolution_gradient <- function(x, W, dZ, hparameters = list(stride = 1, pad = 0),
                                      at = c(1, 1)) {
  picture <- convolution_picture(x, W, 0, hparameters, at)
  Z <- picture$Z
  dZ <- check_matrix_values(dZ, "dZ")
  dZ <- check_dim(dZ, "dZ", dim(Z), "as the output has")
  gradients <- conv_backward(array(dZ, c(1, dim(dZ), 1)), picture$cache)
  dA_prev <- matrix(gradients$dA_prev, nrow(picture$x))
  dW <- matrix(gradients$dW, nrow(picture$W))
  dz <- dZ[picture$at[1], picture$at[2]]
  dA_part <- picture$W * dz
  dW_part <- picture$window * dz

  old <- use_theme()
  on.exit(graphics::par(old))
  # From right to left, the way the gradient goes: dZ, then what one of its cells sends.
  place <- lay_out(input = dim(picture$padded), small = dim(picture$W), output = dim(Z),
                   extra = ncol(dW) + 1.6)
  open_canvas(place$width, place$height)
  picture$shown <- pad_matrix(dA_prev, picture$begin, picture$end)
  draw_input(picture, place$input, "dA_prev", ramp_fill(picture$shown))
  draw_block(dA_part, place$upper, "filter \u00d7 dZ", ramp_fill(dA_part))
  draw_frame(place$upper[1], place$upper[2], nrow(dA_part), ncol(dA_part))
  draw_block(dW_part, place$lower, "window \u00d7 dZ", ramp_fill(dW_part))
  draw_block(dZ, place$output, "dZ", ramp_fill(dZ))
  draw_frame(place$output[1] + picture$at[2] - 1, place$output[2] + picture$at[1] - 1, 1, 1)
  draw_block(dW, place$extra, "dW", ramp_fill(dW))
  draw_return(place, dim(dW))
  invisible(list(dA_part = dA_part, dA_prev = dA_prev, dW_part = dW_part, dW = dW))
}

#' @rdname plot_convolution
#' @export
plot_padding <- function(x, pad = 1) {
  x <- check_matrix_values(x, "x")
  pad <- check_pair(pad, "pad", lower = 0)
  if (any(dim(x) + 2 * pad > .Machine$integer.max)) {
    stop_assertion("pad", "Must leave extents below 2^31, but is ", paste(pad, collapse = ", "))
  }
  output <- pad_matrix(x, pad, pad)
  inside <- pad_matrix(1 + 0 * x, pad, pad) == 1 | is.na(output)
  fill <- ramp_fill(output)

  old <- use_theme()
  on.exit(graphics::par(old))
  gap <- 2
  open_canvas(ncol(x) + gap + ncol(output) + 0.2, nrow(output) + 1.2)
  draw_block(x, c(0.1, 1.1 + pad[1]), "input", ramp_fill(x))
  left <- ncol(x) + gap + 0.1
  middle <- 1.1 + nrow(output) / 2
  draw_arrow(ncol(x) + 0.5, middle, left - 0.4, middle)
  fill[!inside] <- theme$blank
  colour <- ifelse(inside, text_colour_on(fill), theme$muted)
  draw_block(output, c(left, 1.1), "padded", fill, colour = colour)
  draw_frame(left + pad[2], 1.1 + pad[1], nrow(x), ncol(x))
  invisible(list(output = output))
}

# The convolution of one image with one filter, and where its window lies at one output cell.
convolution_picture <- function(x, W, b, hparameters, at) {
  x <- check_matrix_values(x, "x")
  W <- check_matrix_values(W, "W")
  out <- conv_forward(array(x, c(1, dim(x), 1)), array(W, c(dim(W), 1, 1)), b, hparameters)
  Z <- matrix(out$Z, dim(out$Z)[2])
  at <- check_position(at, "at", dim(Z))
  lie <- window_layout(dim(x), dim(W), conv_hparameters(hparameters)$window, dim(Z))
  padded <- pad_matrix(x, lie$begin, lie$end)
  rows <- (at[1] - 1) * lie$stride[1] + (seq_len(nrow(W)) - 1) * lie$dilation[1] + 1
  columns <- (at[2] - 1) * lie$stride[2] + (seq_len(ncol(W)) - 1) * lie$dilation[2] + 1
  list(
    x = x, W = W, b = b, Z = Z, at = at, cache = out$cache, padded = padded, shown = padded,
    begin = lie$begin, end = lie$end, rows = rows, columns = columns,
    window = padded[rows, columns, drop = FALSE]
  )
}

# Stride, dilation and the padding at both ends, from the form of hparameters.R.
window_layout <- function(extents, f, window, output) {
  stride <- window[1:2]
  pad <- window[3:4]
  dilation <- window[5:6]
  begin <- end <- pad
  same <- pad < 0
  total <- pmax((output - 1) * stride + dilation * (f - 1) + 1 - extents, 0)
  begin[same] <- (total %/% 2)[same]
  end[same] <- (total - total %/% 2)[same]
  list(stride = stride, dilation = dilation, begin = begin, end = end)
}

pad_matrix <- function(x, begin, end, value = 0) {
  output <- matrix(value, nrow(x) + begin[1] + end[1], ncol(x) + begin[2] + end[2])
  output[begin[1] + seq_len(nrow(x)), begin[2] + seq_len(ncol(x))] <- x
  output
}

# Pale fills by value: the sign by hue, the size by strength.
ramp_fill <- function(values) {
  # The inner part of the ramp, so that dark text stays legible.
  colours_of(values, diverging_colours()[seq(72, 184)], even_limits(values))
}

# Corners of the blocks: the input on the left, two small ones stacked in the middle, the output on
# the right, and room for one more beyond the middle of the lower row.
lay_out <- function(input, small, output, extra = 0) {
  gap <- 1.7
  title <- 1.1
  stacked <- 2 * small[1] + 2 * title
  tall <- max(input[1] + title, stacked, output[1] + title)
  middle <- input[2] + gap
  right <- middle + small[2] + gap
  top <- (tall - stacked) / 2
  lower <- c(middle, top + small[1] + 2 * title)
  list(
    width = max(right + output[2], if (extra > 0) middle + small[2] + extra) + 0.2,
    height = tall + 1.1,
    input = c(0.1, (tall - input[1] - title) / 2 + title),
    upper = c(middle, top + title),
    lower = lower,
    output = c(right, if (extra > 0) top + title else (tall - output[1] - title) / 2 + title),
    extra = c(middle + small[2] + gap, lower[2]),
    small = small, input_size = input, output_size = output
  )
}

draw_block <- function(values, corner, title, fill, ...) {
  draw_text(corner[1] + ncol(values) / 2, corner[2] - 0.55, title, height = 0.32,
            width = max(ncol(values) + 1.2, 3), colour = theme$muted)
  draw_cells(values, corner[1], corner[2], fill, ...)
}

# The input, its padding pale, the cells under the window framed.
draw_input <- function(picture, corner, title = "input", fill = ramp_fill(picture$padded)) {
  padding <- pad_matrix(0 * picture$x, picture$begin, picture$end, value = NA)
  padding[picture$begin[1] + seq_len(nrow(picture$x)),
          picture$begin[2] + seq_len(ncol(picture$x))] <- 0
  outside <- is.na(padding)
  fill[outside] <- theme$blank
  colour <- ifelse(outside, theme$muted, text_colour_on(fill))
  draw_block(picture$shown, corner, title, fill, colour = colour)
  apart <- any(diff(picture$rows) > 1) || any(diff(picture$columns) > 1)
  if (apart) {
    for (column in picture$columns) {
      for (row in picture$rows) {
        draw_frame(corner[1] + column - 1, corner[2] + row - 1, 1, 1)
      }
    }
  } else {
    draw_frame(corner[1] + picture$columns[1] - 1, corner[2] + picture$rows[1] - 1,
               length(picture$rows), length(picture$columns))
  }
}

draw_operators <- function(place) {
  middle <- place$small / 2
  draw_text(place$upper[1] - 0.85, place$upper[2] + middle[1], "\u00d7", height = 0.45)
  x <- place$lower[1] + place$small[2]
  y <- place$lower[2] + middle[1]
  draw_text(x + 0.85, y - 0.45, "sum", height = 0.3, width = 1.3, colour = theme$muted)
  draw_arrow(x + 0.3, y, x + 1.4, y)
}

draw_return <- function(place, small) {
  x <- place$upper[1]
  y <- place$upper[2] + small[1] / 2
  draw_arrow(place$output[1] - 0.3, y, x + small[2] + 0.3, y)
  draw_arrow(x - 0.3, y, x - 1.4, y)
  y <- place$lower[2] + small[1] / 2
  draw_arrow(x + small[2] + 0.3, y, place$extra[1] - 0.3, y)
}

draw_caption <- function(place, label) {
  draw_text(place$width / 2, place$height - 0.45, label, height = 0.32, width = place$width - 0.4)
}
