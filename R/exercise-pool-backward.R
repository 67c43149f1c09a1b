# Chapter 7 of the exercises: backward through pooling. See R/exercises.R for the form.

create_mask_from_window_exercise <- function() {
  exercise(
    "create_mask_from_window", "7.1", "Backward through pooling", "The mask of the maximum",
    task = paste(
      "From a window `x`, a matrix, make a matrix of the same shape: 1 at every cell that holds the",
      "largest value, 0 elsewhere."
    ),
    solution = function(x) (x == max(x)) + 0,
    cases = list(
      case("one cell", x = matrix(3)),
      case("two by two", x = matrix(c(1, 4, 2, 3), 2)),
      case("negative values", x = matrix(c(-3, -5, -2, -8), 2)),
      case("two maxima", x = matrix(c(4, 1, 2, 4), 2)),
      case("all alike", x = matrix(2, 2, 2)),
      case("not square", x = numbers(2, 3)),
      case("three by three", x = numbers(3, 3, seed = 4))
    ),
    mistakes = list(
      mistake("first_only", "Of several maxima only the first is marked.",
              "Mark every cell that is equal to the largest value; which.max() stops at the first.",
              (x == max(x)) + 0 ~ array(seq_along(x) == which.max(x), dim(x)) + 0),
      mistake("last_only", "Of several maxima only the last is marked.",
              "Mark every cell that is equal to the largest value.",
              (x == max(x)) + 0 ~ array(seq_along(x) == max(which(x == max(x))), dim(x)) + 0),
      mistake("shared", "The ones have been shared among the maxima.",
              "Here every maximum gets a whole 1.",
              (x == max(x)) + 0 ~ (x == max(x)) / sum(x == max(x))),
      mistake("by_row", "Every row has its own maximum marked.",
              "There is one largest value in the whole window.",
              x == max(x) ~ x == apply(x, 1, max)),
      mistake("by_column", "Every column has its own maximum marked.",
              "There is one largest value in the whole window.",
              x == max(x) ~ t(t(x) == apply(x, 2, max))),
      mistake("value_kept", "The maximum itself stands where 1 belongs.",
              "The mask says only where it is: 1 there, 0 elsewhere.",
              (x == max(x)) + 0 ~ x * (x == max(x))),
      mistake("minimum", "The smallest value is marked.",
              "Compare with max(x).",
              x == max(x) ~ x == min(x)),
      mistake("inverted", "Everything but the maximum is marked.",
              "1 where x is equal to the maximum.",
              x == max(x) ~ x != max(x)),
      mistake("largest_size", "The largest absolute value is marked.",
              "The sign counts: -5 is smaller than 2.",
              x == max(x) ~ abs(x) == max(abs(x))),
      mistake("positive", "Every positive value is marked.",
              "Compare with max(x).",
              x == max(x) ~ x > 0),
      mistake("place", "The place of the maximum comes back as a number.",
              "The mask has the shape of the window.",
              (x == max(x)) + 0 ~ which.max(x)),
      mistake("above_mean", "Every value above the mean is marked.",
              "Compare with max(x).",
              x == max(x) ~ x > mean(x)),
      mistake("all_ones", "Every cell is marked.",
              "1 where x is equal to the maximum, 0 elsewhere.",
              (x == max(x)) + 0 ~ x * 0 + 1)
    )
  )
}

distribute_value_exercise <- function() {
  exercise(
    "distribute_value", "7.2", "Backward through pooling", "Equal parts",
    task = paste(
      "Spread the number `dz` over a matrix of `shape`, c(rows, columns), in equal parts that add up",
      "to dz."
    ),
    solution = function(dz, shape) matrix(dz / (shape[1] * shape[2]), shape[1], shape[2]),
    cases = list(
      case("one cell", dz = 3, shape = c(1, 1)),
      case("two by two", dz = 4, shape = c(2, 2)),
      case("three by three", dz = -6, shape = c(3, 3)),
      case("not square", dz = 12, shape = c(2, 3)),
      case("one row", dz = 5, shape = c(1, 4))
    ),
    mistakes = list(
      mistake("not_divided", "The number stands in every cell undivided: together they are more than it.",
              "Divide by the number of cells.",
              dz / (shape[1] * shape[2]) ~ dz),
      mistake("divided_by_rows", "The number has been divided by the rows alone.",
              "There are rows * columns cells.",
              dz / (shape[1] * shape[2]) ~ dz / shape[1]),
      mistake("divided_by_columns", "The number has been divided by the columns alone.",
              "There are rows * columns cells.",
              dz / (shape[1] * shape[2]) ~ dz / shape[2]),
      mistake("divided_by_sum", "The number has been divided by rows plus columns.",
              "There are rows * columns cells.",
              shape[1] * shape[2] ~ shape[1] + shape[2]),
      mistake("divided_by_square", "The number has been divided by the rows, squared.",
              "There are rows * columns cells; the window need not be square.",
              shape[1] * shape[2] ~ shape[1] * shape[1]),
      mistake("multiplied", "The number has been multiplied by the number of cells.",
              "Parts are smaller than the whole: divide.",
              dz / (shape[1] * shape[2]) ~ dz * (shape[1] * shape[2])),
      mistake("brackets_missing", "dz / rows * columns divides by the rows and multiplies by the columns.",
              "Put the product below the line into brackets.",
              dz / (shape[1] * shape[2]) ~ dz / shape[1] * shape[2]),
      mistake("shape_swapped", "Rows and columns are swapped.",
              "shape[1] is the number of rows.",
              matrix(dz / (shape[1] * shape[2]), shape[1], shape[2]) ~
                matrix(dz / (shape[1] * shape[2]), shape[2], shape[1])),
      mistake("one_part", "One part comes back, not a matrix of them.",
              "matrix(part, rows, columns).",
              matrix(dz / (shape[1] * shape[2]), shape[1], shape[2]) ~ dz / (shape[1] * shape[2])),
      mistake("square", "The matrix is square, whatever the shape.",
              "It has shape[1] rows and shape[2] columns.",
              matrix(dz / (shape[1] * shape[2]), shape[1], shape[2]) ~
                matrix(dz / (shape[1] * shape[2]), shape[1], shape[1])),
      mistake("first_cell_only", "One cell has all, the others nothing.",
              "All cells get the same part.",
              matrix(dz / (shape[1] * shape[2]), shape[1], shape[2]) ~
                matrix(c(dz, rep(0, shape[1] * shape[2] - 1)), shape[1], shape[2]))
    )
  )
}

pool_backward_exercise <- function() {
  exercise(
    "pool_backward", "7.3", "Backward through pooling", "Pooling, backward pass",
    task = paste(
      "`dA` (m, n_H, n_W, n_C) is the gradient with respect to A, `cache` what pool_forward()",
      "returned: A_prev, hparameters (`f`, `stride`). Each cell of dA goes back to its window: to",
      "every maximum in it (`mode` \"max\", the default), or in equal parts to all its cells",
      "(\"average\"). Cells under several windows get the sum. Return an array like A_prev."
    ),
    solution = function(dA, cache, mode = "max") {
      A_prev <- cache$A_prev
      hparameters <- cache$hparameters
      stride <- hparameters$stride
      f <- hparameters$f
      dA_prev <- array(0, dim(A_prev))
      for (i in seq_len(dim(dA)[1])) {
        for (h in seq_len(dim(dA)[2])) {
          for (w in seq_len(dim(dA)[3])) {
            for (k in seq_len(dim(dA)[4])) {
              rows <- (h - 1) * stride + 1:f
              columns <- (w - 1) * stride + 1:f
              window <- A_prev[i, rows, columns, k]
              share <- if (mode == "max") window == max(window) else 1 / f^2
              dA_prev[i, rows, columns, k] <- dA_prev[i, rows, columns, k] + share * dA[i, h, w, k]
            }
          }
        }
      }
      dA_prev
    },
    cases = pool_backward_cases(),
    mistakes = c(pool_gradient_mistakes(), window_mistakes()),
    draw = function(arguments, part, cell) {
      cache <- arguments$cache
      mode <- if (is.null(arguments$mode)) "max" else arguments$mode
      plot_pooling_gradient(
        matrix(cache$A_prev[cell[1], , , cell[4]], dim(cache$A_prev)[2]), cache$hparameters, mode,
        matrix(arguments$dA[cell[1], , , cell[4]], dim(arguments$dA)[2])
      )
    }
  )
}

pool_backward_cases <- function() {
  gradient <- function(title, input, f, stride, ..., A_prev = numbers(input, seed = sum(input))) {
    output <- floor((input[2:3] - f) / stride) + 1
    case(title, dA = numbers(input[1], output, input[4], seed = 2 + sum(output)),
         cache = list(A_prev = A_prev, hparameters = list(f = f, stride = stride)), ...)
  }
  list(
    gradient("one cell", c(1, 1, 1, 1), 1, 1, mode = "max"),
    gradient("the maximum of one window", c(1, 2, 2, 1), 2, 2, mode = "max"),
    gradient("the average of one window", c(1, 2, 2, 1), 2, 2, mode = "average"),
    gradient("two maxima", c(1, 2, 2, 1), 2, 2, mode = "max",
             A_prev = array(c(5, 1, 2, 5), c(1, 2, 2, 1))),
    gradient("no mode given", c(1, 4, 4, 1), 2, 2),
    gradient("two channels", c(1, 4, 4, 2), 2, 2, mode = "max"),
    gradient("not square", c(1, 2, 6, 1), 2, 2, mode = "max"),
    gradient("windows that overlap, maximum", c(1, 4, 4, 1), 3, 1, mode = "max"),
    gradient("windows that overlap, average", c(1, 4, 4, 1), 2, 1, mode = "average"),
    gradient("a batch of three", c(3, 2, 4, 1), 2, 2, mode = "max"),
    gradient("all together, maximum", c(2, 5, 7, 3), 3, 2, mode = "max"),
    gradient("all together, average", c(2, 5, 7, 3), 3, 2, mode = "average")
  )
}

pool_gradient_mistakes <- function() {
  list(
    mistake("assigned",
            "The windows overwrite each other: where they overlap, only the last one counts.",
            "Add to what is there: a cell under several windows gets all their shares.",
            dA_prev[i, rows, columns, k] + share * dA[i, h, w, k] ~ share * dA[i, h, w, k]),
    mistake("average_not_divided", "In mode \"average\" every cell gets the whole gradient.",
            "A window has f * f cells, and each gets an equal part.",
            1 / f^2 ~ 1),
    mistake("average_divided_by_f", "In mode \"average\" the gradient has been divided by f.",
            "A window has f * f cells.",
            1 / f^2 ~ 1 / f),
    mistake("average_divided_by_stride", "In mode \"average\" the gradient has been divided by the stride, squared.",
            "A window has f * f cells, whatever its stride.",
            1 / f^2 ~ 1 / stride^2),
    mistake("first_maximum_only", "Of several maxima only the first gets the gradient.",
            "Frameworks do that too; here every maximum gets it: window == max(window).",
            window == max(window) ~ array(seq_along(window) == which.max(window), c(f, f))),
    mistake("shared_among_maxima", "The gradient has been shared among several maxima.",
            "Here every maximum gets the whole gradient.",
            window == max(window) ~ (window == max(window)) / sum(window == max(window))),
    mistake("modes_swapped", "The two modes are swapped.",
            "\"max\" needs the mask, \"average\" equal parts.",
            mode == "max" ~ mode != "max"),
    mistake("always_maximum", "The gradient goes to the maximum whatever `mode` says.",
            "Ask for mode == \"average\" too.",
            1 / f^2 ~ window == max(window)),
    mistake("always_average", "The gradient is shared out equally whatever `mode` says.",
            "Ask for mode == \"max\" first.",
            window == max(window) ~ 1 / f^2),
    mistake("gradient_forgotten", "dA has no part in it: the shares are those of a gradient of 1.",
            "Multiply the mask, or the equal parts, by dA[i, h, w, k].",
            share * dA[i, h, w, k] ~ share),
    mistake("value_for_gradient", "The maximum itself has been passed back, not the gradient.",
            "The mask is multiplied by dA[i, h, w, k].",
            window == max(window) ~ window * (window == max(window))),
    mistake("whole_window", "In mode \"max\" every cell of the window gets the gradient.",
            "Only the maximum had a part in the output: multiply by the mask.",
            window == max(window) ~ 1),
    mistake("minimum", "In mode \"max\" the gradient goes to the smallest value.",
            "The mask marks the largest.",
            window == max(window) ~ window == min(window)),
    mistake("maximum_of_the_image", "The mask looks for the maximum of the whole image.",
            "Each window has its own maximum.",
            window == max(window) ~ window == max(A_prev[i, , , k])),
    mistake("maximum_over_channels", "The mask looks for the maximum over all channels.",
            "Each channel is pooled by itself.",
            window == max(window) ~ window == max(A_prev[i, rows, columns, ])),
    mistake("first_channel_only", "The masks are those of the first channel.",
            "Channel k of dA goes back by the maxima of channel k.",
            A_prev[i, rows, columns, k] ~ A_prev[i, rows, columns, 1]),
    mistake("first_example_only", "The masks are those of the first image.",
            "dA[i, , , ] goes back by the maxima of image i.",
            A_prev[i, rows, columns, k] ~ A_prev[1, rows, columns, k]),
    mistake("axis_dropped",
            "An axis of extent 1 gets lost: it works for several channels, and fails for one.",
            "`[` drops axes of extent 1. Index the whole array at once, or add drop = FALSE.",
            A_prev[i, rows, columns, k] ~ A_prev[i, , , ][rows, columns, k]),
    rows_and_columns_swapped(list(dA[i, h, w, k] ~ dA[i, w, h, k])),
    mistake("sign", "The sign is wrong everywhere.",
            "The gradient is passed on as it is.",
            share * dA[i, h, w, k] ~ -share * dA[i, h, w, k])
  )
}
