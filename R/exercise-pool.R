# Chapter 3 of the exercises: pooling, forward. See R/exercises.R for the form.

pool_forward_exercise <- function() {
  exercise(
    "pool_forward", "3.1", "Pooling", "Pooling, forward pass",
    task = paste(
      "Slide a window over each channel of each image and keep its largest value (`mode` is",
      "\"max\", the default) or its mean (\"average\"). `A_prev` is (m, n_H_prev, n_W_prev, n_C),",
      "`hparameters` a list of `f`, the extent of the window, and `stride`. Return list(A, cache),",
      "where cache lists A_prev and hparameters by name."
    ),
    solution = function(A_prev, hparameters, mode = "max") {
      stride <- hparameters$stride
      f <- hparameters$f
      m <- dim(A_prev)[1]
      n_C <- dim(A_prev)[4]
      n_H <- floor((dim(A_prev)[2] - f) / stride) + 1
      n_W <- floor((dim(A_prev)[3] - f) / stride) + 1
      A <- array(0, c(m, n_H, n_W, n_C))
      for (i in 1:m) {
        for (h in 1:n_H) {
          for (w in 1:n_W) {
            for (k in 1:n_C) {
              rows <- (h - 1) * stride + 1:f
              columns <- (w - 1) * stride + 1:f
              window <- A_prev[i, rows, columns, k]
              A[i, h, w, k] <- if (mode == "max") max(window) else mean(window)
            }
          }
        }
      }
      list(A = A, cache = list(A_prev = A_prev, hparameters = hparameters))
    },
    cases = pool_forward_cases(),
    mistakes = c(pool_value_mistakes(), window_mistakes(), pool_size_mistakes()),
    meets = function(arguments, part, cell) {
      if (part == "A") {
        hp <- arguments$hparameters
        rows <- (cell[2] - 1) * hp$stride + seq_len(hp$f)
        columns <- (cell[3] - 1) * hp$stride + seq_len(hp$f)
        list(window = matrix(arguments$A_prev[cell[1], rows, columns, cell[4]], hp$f))
      }
    },
    draw = function(arguments, part, cell) {
      if (part == "A") {
        mode <- if (is.null(arguments$mode)) "max" else arguments$mode
        plot_pooling(
          matrix(arguments$A_prev[cell[1], , , cell[4]], dim(arguments$A_prev)[2]),
          arguments$hparameters, mode, at = cell[2:3]
        )
      }
    }
  )
}

pool_forward_cases <- function() {
  pooling <- function(title, extents, f, stride, ...) {
    case(title, A_prev = numbers(extents, seed = sum(extents)),
         hparameters = list(f = f, stride = stride), ...)
  }
  list(
    pooling("one cell", c(1, 1, 1, 1), 1, 1, mode = "max"),
    pooling("the maximum of one window", c(1, 2, 2, 1), 2, 2, mode = "max"),
    pooling("the average of one window", c(1, 2, 2, 1), 2, 2, mode = "average"),
    case("negative values", A_prev = array(-c(3, 1, 4, 2), c(1, 2, 2, 1)),
         hparameters = list(f = 2, stride = 2), mode = "max"),
    pooling("no mode given", c(1, 4, 4, 1), 2, 2),
    pooling("two channels", c(1, 4, 4, 2), 2, 2, mode = "max"),
    pooling("not square", c(1, 2, 6, 1), 2, 2, mode = "average"),
    pooling("windows that overlap", c(1, 4, 4, 1), 2, 1, mode = "average"),
    pooling("windows of three", c(1, 5, 5, 1), 3, 2, mode = "average"),
    pooling("a stride that does not divide", c(1, 6, 7, 1), 2, 3, mode = "max"),
    pooling("a batch of three", c(3, 2, 4, 1), 2, 2, mode = "max"),
    pooling("all together, maximum", c(2, 5, 7, 3), 3, 2, mode = "max"),
    pooling("all together, average", c(2, 5, 7, 3), 3, 2, mode = "average")
  )
}

pool_value_mistakes <- function() {
  list(
    mistake("modes_swapped", "The two modes are swapped.",
            "\"max\" asks for max(), \"average\" for mean().",
            (if (mode == "max") max(window) else mean(window)) ~
              (if (mode == "max") mean(window) else max(window))),
    mistake("always_maximum", "The maximum is taken whatever `mode` says.",
            "Ask for mode == \"average\" too.",
            mean(window) ~ max(window)),
    mistake("always_average", "The average is taken whatever `mode` says.",
            "Ask for mode == \"max\" first.",
            max(window) ~ mean(window)),
    mistake("sum_for_average", "The window has been summed, not averaged.",
            "Divide the sum by the number of cells.",
            mean(window) ~ sum(window)),
    mistake("divided_by_f", "The sum has been divided by the extent of the window.",
            "A window has f * f cells.",
            mean(window) ~ (sum(window) / f)),
    mistake("divided_by_stride", "The sum has been divided by the stride, squared.",
            "A window has f * f cells, whatever its stride.",
            mean(window) ~ (sum(window) / stride^2)),
    mistake("median", "The median has been taken.",
            "The average is the mean.",
            mean(window) ~ stats::median(window)),
    mistake("minimum", "The smallest value has been taken.",
            "\"max\" asks for the largest.",
            max(window) ~ min(window)),
    mistake("at_least_zero", "Maxima below 0 have become 0.",
            "Start the search from the window's own cells, or from -Inf.",
            max(window) ~ max(0, window)),
    mistake("largest_size", "The largest absolute value has been taken.",
            "The sign counts: -5 is smaller than 2.",
            max(window) ~ max(abs(window))),
    mistake("place_of_maximum", "The place of the maximum has been written, not its value.",
            "which.max() gives an index, max() the value.",
            max(window) ~ which.max(window)),
    mistake("channels_mixed", "Each window goes over all channels.",
            "Pooling works on each channel by itself: the window is A_prev[i, rows, columns, k].",
            A_prev[i, rows, columns, k] ~ A_prev[i, rows, columns, ]),
    mistake("first_channel_only", "Every channel of the result comes from the first one.",
            "Output channel k belongs to input channel k.",
            A_prev[i, rows, columns, k] ~ A_prev[i, rows, columns, 1]),
    mistake("first_example_only", "Every example of the result comes from the first image.",
            "Output i belongs to image i: the first index must change with it.",
            A_prev[i, rows, columns, k] ~ A_prev[1, rows, columns, k]),
    mistake("batch_mixed", "Each window goes over all examples.",
            "Every image is pooled by itself.",
            A_prev[i, rows, columns, k] ~ A_prev[, rows, columns, k]),
    rows_and_columns_swapped(
      list(A_prev[i, rows, columns, k] ~ A_prev[i, columns, rows, k]),
      list(A[i, h, w, k] ~ A[i, w, h, k])
    ),
    mistake("axis_dropped",
            "An axis of extent 1 gets lost: it works for several channels, and fails for one.",
            "`[` drops axes of extent 1. Index the whole array at once, or add drop = FALSE.",
            A_prev[i, rows, columns, k] ~ A_prev[i, , , ][rows, columns, k])
  )
}

pool_size_mistakes <- function() {
  list(
    mistake("f_and_stride_swapped", "The extent of the window and the stride are swapped.",
            "hparameters$f is the extent, hparameters$stride the distance of the windows.",
            list((stride <- hparameters$stride) ~ (stride <- hparameters$f),
                 (f <- hparameters$f) ~ (f <- hparameters$stride))),
    mistake("ceiling_for_floor",
            "The size has been rounded up: the last window hangs over the edge.",
            "A window that does not fit is left out: use floor().",
            list(floor((dim(A_prev)[2] - f) / stride) + 1 ~
                   ceiling((dim(A_prev)[2] - f) / stride) + 1,
                 floor((dim(A_prev)[3] - f) / stride) + 1 ~
                   ceiling((dim(A_prev)[3] - f) / stride) + 1)),
    mistake("one_too_few", "The result is one row and one column too small.",
            "Between the first and the last window lie (n - f) / stride moves: the windows are one more.",
            list(floor((dim(A_prev)[2] - f) / stride) + 1 ~ floor((dim(A_prev)[2] - f) / stride),
                 floor((dim(A_prev)[3] - f) / stride) + 1 ~ floor((dim(A_prev)[3] - f) / stride))),
    mistake("size_by_division", "The size is that of windows side by side: n divided by the stride.",
            "Windows may overlap: floor((n - f) / stride) + 1.",
            list(floor((dim(A_prev)[2] - f) / stride) + 1 ~ dim(A_prev)[2] %/% stride,
                 floor((dim(A_prev)[3] - f) / stride) + 1 ~ dim(A_prev)[3] %/% stride)),
    mistake("size_of_rows_for_both", "The result has as many columns as rows.",
            "n_W is computed from the columns of A_prev, its third extent.",
            floor((dim(A_prev)[3] - f) / stride) + 1 ~ floor((dim(A_prev)[2] - f) / stride) + 1),
    mistake("size_of_the_input",
            "The result is as large as the input: the last cells were never reached.",
            "The result has floor((n - f) / stride) + 1 rows, and columns alike.",
            array(0, c(m, n_H, n_W, n_C)) ~ array(0, dim(A_prev))),
    mistake("last_place_left_out", "The last row and the last column have not been computed.",
            "The loops run to n_H and n_W.",
            list(1:n_H ~ seq_len(n_H - 1), 1:n_W ~ seq_len(n_W - 1))),
    mistake("cache_without_input", "The cache holds the result where the input belongs.",
            "The backward pass has to find the maxima again: keep A_prev.",
            list(A_prev = A_prev, hparameters = hparameters) ~
              list(A_prev = A, hparameters = hparameters))
  )
}
