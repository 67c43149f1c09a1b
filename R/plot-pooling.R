#' Draw a pooling layer
#'
#' Pictures of what [pool_forward()] and [pool_backward()] do to one image of one channel, with the
#' numbers written into the cells.
#'
#' `plot_pooling()` draws the image beside its pooled form. Where windows lie side by side, each has
#' its outline and its colour, and in max pooling the cell that wins is filled; where they overlap,
#' one window is framed. `plot_pooling_gradient()` draws where the gradient of each output goes: to
#' the maximum of its window, or in equal parts to all of it.
#'
#' @param x The image: a matrix (rows, columns), or an array `(1, n_H, n_W, 1)`.
#' @param hparameters A list of `f`, `stride` and, if wanted, `pad`, as for [pool_forward()].
#' @param mode `"max"` or `"average"`.
#' @param at The row and the column of the output cell whose window is framed, or `NULL`: none where
#'   windows lie side by side, the first where they overlap.
#' @param dA The gradient of the cost with respect to the output, a matrix of its shape; 1
#'   everywhere by default.
#' @param ties As for [pool_backward()]: `"all"` or `"first"`.
#'
#' @return Invisibly, a list of the matrices in the picture: `A`, and `dA_prev` of
#'   `plot_pooling_gradient()`.
#'
#' @section Errors:
#' An image that is no numeric matrix, an `at` outside the output, a `dA` of another shape than the
#' output, and what [pool_forward()] and [pool_backward()] object to.
#'
#' @seealso [plot_convolution()]
#' @examples
#' x <- matrix(c(3, 0, 1, 2,  1, 5, 8, 9,  2, 7, 2, 5,  0, 1, 3, 1), 4)
#' plot_pooling(x)
#' plot_pooling(x, mode = "average")
#' plot_pooling_gradient(x, dA = matrix(c(4, -8, 12, 16), 2))
#' plot_pooling_gradient(x, mode = "average", dA = matrix(c(4, -8, 12, 16), 2))
#' @export
plot_pooling <- function(x, hparameters = list(f = 2, stride = 2), mode = "max", at = NULL) {
  picture <- pooling_picture(x, hparameters, mode, at)
  A <- picture$A

  old <- use_theme()
  on.exit(graphics::par(old))
  place <- lay_out_pair(dim(picture$padded), dim(A))
  open_canvas(place$width, place$height)
  fill <- tint_windows(picture, window_tints)
  if (mode == "max") {
    strong <- tint_windows(picture, window_colours)
    fill[picture$winner] <- strong[picture$winner]
  }
  draw_pooled_input(picture, place$left, "input", picture$x, fill)
  draw_pooled_output(picture, place$right, if (mode == "max") "maximum" else "average", A)
  draw_arrow(place$left[1] + ncol(picture$padded) + 0.35, place$middle, place$right[1] - 0.35,
             place$middle)
  invisible(list(A = A))
}

#' @rdname plot_pooling
#' @export
plot_pooling_gradient <- function(x, hparameters = list(f = 2, stride = 2), mode = "max",
                                  dA = NULL, at = NULL, ties = "all") {
  picture <- pooling_picture(x, hparameters, mode, at)
  A <- picture$A
  if (is.null(dA)) dA <- matrix(1, nrow(A), ncol(A))
  dA <- check_matrix_values(dA, "dA")
  dA <- check_dim(dA, "dA", dim(A), "as the output has")
  dA_prev <- pool_backward(array(dA, c(1, dim(dA), 1)), picture$cache, mode, ties = ties)
  dA_prev <- matrix(dA_prev, nrow(picture$x))

  old <- use_theme()
  on.exit(graphics::par(old))
  place <- lay_out_pair(dim(picture$padded), dim(A))
  open_canvas(place$width, place$height)
  fill <- tint_windows(picture, window_tints)
  strong <- tint_windows(picture, window_colours)
  if (mode == "max") {
    reached <- which(pad_matrix(dA_prev, picture$begin, picture$end) != 0)
    reached <- intersect(reached, picture$winner)
    fill[reached] <- strong[reached]
  }
  draw_pooled_input(picture, place$left, "dA_prev", dA_prev, fill)
  draw_pooled_output(picture, place$right, "dA", dA)
  draw_arrow(place$right[1] - 0.35, place$middle,
             place$left[1] + ncol(picture$padded) + 0.35, place$middle)
  invisible(list(A = A, dA_prev = dA_prev))
}

# The pooled image, which window each cell belongs to, and which cells win.
pooling_picture <- function(x, hparameters, mode, at) {
  x <- check_matrix_values(x, "x")
  out <- pool_forward(array(x, c(1, dim(x), 1)), hparameters, mode)
  A <- matrix(out$A, dim(out$A)[2])
  hp <- pool_hparameters(hparameters)
  lie <- window_layout(dim(x), hp$f, hp$window, dim(A))
  side_by_side <- all(lie$stride >= hp$f)
  if (is.null(at) && !side_by_side) at <- c(1, 1)
  if (!is.null(at)) at <- check_position(at, "at", dim(A))
  padded <- pad_matrix(x, lie$begin, lie$end, value = NA)
  owner <- matrix(NA_integer_, nrow(padded), ncol(padded))
  winner <- owner == 0
  for (h in seq_len(nrow(A))) {
    for (w in seq_len(ncol(A))) {
      rows <- (h - 1) * lie$stride[1] + seq_len(hp$f[1])
      columns <- (w - 1) * lie$stride[2] + seq_len(hp$f[2])
      if (side_by_side || identical(as.integer(c(h, w)), at)) {
        owner[rows, columns] <- (h - 1) %% 2 * 2 + (w - 1) %% 2 + 1
        winner[rows, columns] <- padded[rows, columns] == A[h, w]
      }
    }
  }
  list(x = x, A = A, cache = out$cache, padded = padded, owner = owner, winner = which(winner),
       begin = lie$begin, end = lie$end, at = at, f = hp$f, stride = lie$stride,
       side_by_side = side_by_side)
}

lay_out_pair <- function(input, output) {
  gap <- 2.2
  title <- 1.1
  tall <- max(input[1], output[1])
  list(
    width = input[2] + gap + output[2] + 1.4, height = tall + title + 0.1,
    left = c(0.7, (tall - input[1]) / 2 + title),
    right = c(input[2] + gap + 0.7, (tall - output[1]) / 2 + title),
    middle = title + tall / 2
  )
}

tint_windows <- function(picture, colours) {
  fill <- colours[picture$owner]
  fill[is.na(fill)] <- theme$paper
  dim(fill) <- dim(picture$owner)
  fill
}

draw_pooled_input <- function(picture, corner, title, values, fill) {
  outside <- is.na(pad_matrix(0 * row(picture$x), picture$begin, picture$end, value = NA))
  fill[outside] <- theme$blank
  values <- pad_matrix(values, picture$begin, picture$end)
  label <- ifelse(outside, "", format_cells(values))
  draw_block(values, corner, title, fill, label = label)
  # Windows side by side are told apart by outlines too, not by colours alone.
  if (picture$side_by_side) draw_window_outlines(picture, corner)
  if (!is.null(picture$at)) {
    draw_frame(corner[1] + (picture$at[2] - 1) * picture$stride[2],
               corner[2] + (picture$at[1] - 1) * picture$stride[1], picture$f[1], picture$f[2])
  }
}

draw_window_outlines <- function(picture, corner) {
  for (h in seq_len(nrow(picture$A))) {
    for (w in seq_len(ncol(picture$A))) {
      draw_frame(corner[1] + (w - 1) * picture$stride[2], corner[2] + (h - 1) * picture$stride[1],
                 picture$f[1], picture$f[2], lwd = 1.5)
    }
  }
}

draw_pooled_output <- function(picture, corner, title, values) {
  owner <- (row(values) - 1) %% 2 * 2 + (col(values) - 1) %% 2 + 1
  fill <- window_colours[owner]
  if (!picture$side_by_side) {
    fill[!(row(values) == picture$at[1] & col(values) == picture$at[2])] <- theme$paper
  }
  draw_block(values, corner, title, fill,
             border = if (picture$side_by_side) theme$ink else theme$rule)
  if (!is.null(picture$at)) {
    draw_frame(corner[1] + picture$at[2] - 1, corner[2] + picture$at[1] - 1, 1, 1)
  }
}
