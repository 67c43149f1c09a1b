# Mistakes about windows: where they lie, and how many there are. See R/exercises.R.

# Where the windows lie: for every function that slides one, written with `(h - 1) * stride + 1:f`
# for the rows and the same with w for the columns.
window_mistakes <- function() {
  list(
    mistake(
      "stride_forgotten", "The windows lie next to each other: the stride has no part in it.",
      "Window h begins at row (h - 1) * stride + 1.",
      list((h - 1) * stride + 1:f ~ (h - 1) + 1:f, (w - 1) * stride + 1:f ~ (w - 1) + 1:f),
      list((h - 1) * stride + 1:f ~ (h - 1) + 1:f, (w - 1) * stride + 1:f ~ (w - 1) + 1:f,
           (stride <- hparameters$stride) ~ (stride <- 1))
    ),
    mistake(
      "stride_of_rows_only", "Down the image the windows move by the stride, across it by 1.",
      "Rows and columns are treated alike.",
      (w - 1) * stride + 1:f ~ (w - 1) + 1:f
    ),
    mistake(
      "stride_of_columns_only", "Across the image the windows move by the stride, down it by 1.",
      "Rows and columns are treated alike.",
      (h - 1) * stride + 1:f ~ (h - 1) + 1:f
    ),
    mistake(
      "stride_on_the_filter",
      "The stride spreads the cells under the filter apart instead of moving the window.",
      "Within a window the cells are neighbours; window h begins at row (h - 1) * stride + 1.",
      list((h - 1) * stride + 1:f ~ (h - 1) + (0:(f - 1)) * stride + 1,
           (w - 1) * stride + 1:f ~ (w - 1) + (0:(f - 1)) * stride + 1)
    ),
    mistake(
      "begins_at_h_times_stride", "The first window begins at row `stride`, not at row 1.",
      "R counts from 1: window h begins at row (h - 1) * stride + 1.",
      list((h - 1) * stride + 1:f ~ h * stride + 0:(f - 1),
           (w - 1) * stride + 1:f ~ w * stride + 0:(f - 1))
    ),
    mistake(
      "begins_at_zero",
      paste("The first window begins at row 0. R has none and drops the index, so the window",
            "lacks a row and a column."),
      "R counts from 1: window h has the rows (h - 1) * stride + 1 to (h - 1) * stride + f.",
      list((h - 1) * stride + 1:f ~ (h - 1) * stride + 0:(f - 1),
           (w - 1) * stride + 1:f ~ (w - 1) * stride + 0:(f - 1))
    ),
    mistake(
      "stride_by_filter", "The windows move by their own width, whatever the stride says.",
      "Window h begins at row (h - 1) * stride + 1.",
      list((h - 1) * stride + 1:f ~ (h - 1) * f + 1:f, (w - 1) * stride + 1:f ~ (w - 1) * f + 1:f)
    ),
    mistake(
      "window_stays", "The window never moves: every cell holds the value of the first place.",
      "The rows of the window depend on h, its columns on w.",
      list((h - 1) * stride + 1:f ~ 1:f, (w - 1) * stride + 1:f ~ 1:f)
    )
  )
}

rows_and_columns_swapped <- function(...) {
  mistake(
    "rows_and_columns_swapped", "Rows and columns are swapped: h moves across, w moves down.",
    "The second axis of these arrays counts rows, the third columns.",
    ...
  )
}

conv_size_mistakes <- function() {
  list(
    mistake(
      "ceiling_for_floor",
      paste("The size of the output has been rounded up: where the stride does not divide, the last",
            "window hangs over the edge."),
      "A window that does not fit is left out: use floor().",
      list(floor((dim(A_prev)[2] - f + 2 * pad) / stride) + 1 ~
             ceiling((dim(A_prev)[2] - f + 2 * pad) / stride) + 1,
           floor((dim(A_prev)[3] - f + 2 * pad) / stride) + 1 ~
             ceiling((dim(A_prev)[3] - f + 2 * pad) / stride) + 1)
    ),
    mistake(
      "one_too_few", "The output is one row and one column too small.",
      "Between the first and the last window lie (n + 2 * pad - f) / stride moves: the windows are one more.",
      list(floor((dim(A_prev)[2] - f + 2 * pad) / stride) + 1 ~
             floor((dim(A_prev)[2] - f + 2 * pad) / stride),
           floor((dim(A_prev)[3] - f + 2 * pad) / stride) + 1 ~
             floor((dim(A_prev)[3] - f + 2 * pad) / stride))
    ),
    mistake(
      "size_of_rows_for_both", "The output has as many columns as rows.",
      "n_W is computed from the columns of A_prev, its third extent.",
      floor((dim(A_prev)[3] - f + 2 * pad) / stride) + 1 ~
        floor((dim(A_prev)[2] - f + 2 * pad) / stride) + 1
    ),
    mistake(
      "size_of_the_input", "The output is as large as the input: the last cells were never reached.",
      "The output has floor((n + 2 * pad - f) / stride) + 1 rows, and columns alike.",
      array(0, c(m, n_H, n_W, n_C)) ~
        array(0, c(m, max(n_H, dim(A_prev)[2]), max(n_W, dim(A_prev)[3]), n_C))
    ),
    mistake(
      "last_place_left_out", "The last row and the last column of the output have not been computed.",
      "The loops run to n_H and n_W.",
      list(1:n_H ~ seq_len(n_H - 1), 1:n_W ~ seq_len(n_W - 1))
    ),
    mistake(
      "padding_forgotten", "The images have not been padded.",
      "Put a border of `pad` zeros around each image first, and count it in n_H and n_W.",
      (pad <- hparameters$pad) ~ (pad <- 0)
    ),
    mistake(
      "padding_not_counted", "The output is as small as if the images had not been padded.",
      "n_H counts the border on both sides: n_H_prev + 2 * pad - f.",
      list(dim(A_prev)[2] - f + 2 * pad ~ dim(A_prev)[2] - f,
           dim(A_prev)[3] - f + 2 * pad ~ dim(A_prev)[3] - f)
    ),
    mistake(
      "padding_counted_once", "In the size of the output the border has been counted on one side only.",
      "n_H counts the border on both sides: n_H_prev + 2 * pad - f.",
      list(dim(A_prev)[2] - f + 2 * pad ~ dim(A_prev)[2] - f + pad,
           dim(A_prev)[3] - f + 2 * pad ~ dim(A_prev)[3] - f + pad)
    ),
    mistake(
      "padding_at_the_end", "The border stands below and to the right only.",
      "The image begins at row and column 1 + pad of the padded array.",
      P[, pad + seq_len(dim(A_prev)[2]), pad + seq_len(dim(A_prev)[3]), ] ~
        P[, seq_len(dim(A_prev)[2]), seq_len(dim(A_prev)[3]), ]
    ),
    mistake(
      "padding_at_the_beginning", "The border stands above and to the left only.",
      "The image begins at row and column 1 + pad of the padded array, and as much follows it.",
      P[, pad + seq_len(dim(A_prev)[2]), pad + seq_len(dim(A_prev)[3]), ] ~
        P[, 2 * pad + seq_len(dim(A_prev)[2]), 2 * pad + seq_len(dim(A_prev)[3]), ]
    ),
    mistake(
      "padding_by_stride", "The border is as wide as the stride.",
      "hparameters$pad is the width of the border, hparameters$stride the distance of the windows.",
      (pad <- hparameters$pad) ~ (pad <- hparameters$stride)
    ),
    mistake(
      "padded_cache", "The cache holds the padded input.",
      "The backward pass expects the arguments as they came: keep A_prev itself.",
      list(A_prev = A_prev, W = W, b = b, hparameters = hparameters) ~
        list(A_prev = P, W = W, b = b, hparameters = hparameters)
    )
  )
}
