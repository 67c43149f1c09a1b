# Chapter 1 of the exercises: one step of a convolution and the whole forward pass. See
# R/exercises.R for the form.

conv_single_step_exercise <- function() {
  exercise(
    "conv_single_step", "1.2", "Convolution", "One step of a convolution",
    task = paste(
      "Lay one filter on one window of the input: multiply the cells that meet, add up the",
      "products, and add the bias once. `a_slice_prev` and `W` are arrays (f, f, n_C_prev), `b` is",
      "one number; the result is one number."
    ),
    solution = function(a_slice_prev, W, b) sum(a_slice_prev * W) + b,
    cases = list(
      case("one cell", a_slice_prev = array(3, c(1, 1, 1)), W = array(2, c(1, 1, 1)), b = 1),
      case("one channel, no bias", a_slice_prev = numbers(2, 2, 1), W = numbers(2, 2, 1, seed = 2),
           b = 0),
      case("one channel", a_slice_prev = numbers(2, 2, 1, seed = 3),
           W = numbers(2, 2, 1, seed = 4), b = 5),
      case("three channels", a_slice_prev = numbers(2, 2, 3), W = numbers(2, 2, 3, seed = 5),
           b = -4),
      case("a window of 3 x 3", a_slice_prev = numbers(3, 3, 2, seed = 6),
           W = numbers(3, 3, 2, seed = 7), b = 2)
    ),
    mistakes = list(
      mistake(
        "bias_on_every_product",
        "The bias is added to every product, so it counts once for each cell of the window.",
        "Close the bracket of sum() before the bias comes.",
        sum(a_slice_prev * W) + b ~ sum(a_slice_prev * W + b)
      ),
      mistake(
        "bias_forgotten", "The bias is missing.",
        "After the sum of products, one number is still to be added.",
        sum(a_slice_prev * W) + b ~ sum(a_slice_prev * W)
      ),
      mistake(
        "bias_subtracted", "The bias is subtracted.",
        "The bias is added, whatever its sign.",
        sum(a_slice_prev * W) + b ~ sum(a_slice_prev * W) - b
      ),
      mistake(
        "bias_multiplied", "The sum is multiplied by the bias.",
        "The bias is added.",
        sum(a_slice_prev * W) + b ~ sum(a_slice_prev * W) * b
      ),
      mistake(
        "not_summed", "The products have not been summed: an array comes back.",
        "One step makes one number. sum() adds up all cells of an array.",
        sum(a_slice_prev * W) + b ~ a_slice_prev * W + b
      ),
      mistake(
        "summed_by_channel", "The products have been summed for each channel on its own.",
        "The sum goes over the channels too: one filter gives one number.",
        sum(a_slice_prev * W) + b ~ apply(a_slice_prev * W, 3, sum) + b
      ),
      mistake(
        "mean_of_products", "The products have been averaged.",
        "Use the sum, not the mean.",
        sum(a_slice_prev * W) ~ mean(a_slice_prev * W)
      ),
      mistake(
        "largest_product", "The largest product has been taken.",
        "That would be a kind of pooling. A convolution adds the products up.",
        sum(a_slice_prev * W) ~ max(a_slice_prev * W)
      ),
      mistake(
        "filter_flipped",
        paste("The filter is laid on upside down and back to front: a convolution as mathematics",
              "defines it."),
        "Neural nets do not flip: W[1, 1, ] meets a_slice_prev[1, 1, ].",
        list(a_slice_prev * W ~ a_slice_prev * W[dim(W)[1]:1, dim(W)[2]:1, , drop = FALSE]),
        list(a_slice_prev * W ~ a_slice_prev * W[dim(W)[1]:1, dim(W)[2]:1, ])
      ),
      mistake(
        "filter_transposed", "The filter's rows and columns are swapped.",
        "W[i, j, ] meets a_slice_prev[i, j, ].",
        a_slice_prev * W ~ a_slice_prev * aperm(W, c(2, 1, 3))
      ),
      mistake(
        "first_channel_only", "Only the first channel counts.",
        "Multiply and sum over all three axes.",
        a_slice_prev * W ~ a_slice_prev[, , 1] * W[, , 1]
      ),
      mistake(
        "first_filter_channel", "Every channel meets the filter's first channel.",
        "W has a channel for each channel of the window.",
        a_slice_prev * W ~ a_slice_prev * as.vector(W[, , 1])
      ),
      mistake(
        "product_of_sums", "The sum of the window is multiplied by the sum of the filter.",
        "First multiply cell by cell, then sum.",
        sum(a_slice_prev * W) ~ sum(a_slice_prev) * sum(W)
      ),
      mistake(
        "matrix_product", "The channels have been multiplied as matrices, by %*%.",
        "`*` multiplies cell by cell; %*% takes rows times columns.",
        sum(a_slice_prev * W) ~ sum(vapply(seq_len(dim(W)[3]), function(k) {
          sum(as.matrix(a_slice_prev[, , k]) %*% as.matrix(W[, , k]))
        }, 0))
      ),
      mistake(
        "added_cells", "Window and filter have been added instead of multiplied.",
        "Cells that meet are multiplied.",
        a_slice_prev * W ~ a_slice_prev + W
      ),
      mistake(
        "activated", "Negative results have been set to 0.",
        "The activation is a step of its own, which comes later.",
        sum(a_slice_prev * W) + b ~ max(0, sum(a_slice_prev * W) + b)
      )
    ),
    meets = function(arguments, part, cell) {
      list(window = arguments$a_slice_prev[, , 1, drop = FALSE],
           filter = arguments$W[, , 1, drop = FALSE], bias = matrix(arguments$b))
    },
    draw = function(arguments, part, cell) {
      plot_convolution(first_image(arguments$a_slice_prev), first_image(arguments$W), arguments$b)
    }
  )
}

conv_forward_exercise <- function() {
  exercise(
    "conv_forward", "1.3", "Convolution", "Convolution, forward pass",
    task = paste(
      "Slide every filter over every image: pad the images, move the window by the stride, and make",
      "one step at each place. `A_prev` is (m, n_H_prev, n_W_prev, n_C_prev), `W` is (f, f,",
      "n_C_prev, n_C), `b` is (1, 1, 1, n_C), `hparameters` a list of `stride` and `pad`. Return",
      "list(Z, cache), where Z is (m, n_H, n_W, n_C) and cache lists the four arguments by name."
    ),
    solution = function(A_prev, W, b, hparameters) {
      stride <- hparameters$stride
      pad <- hparameters$pad
      m <- dim(A_prev)[1]
      f <- dim(W)[1]
      n_C <- dim(W)[4]
      n_H <- floor((dim(A_prev)[2] - f + 2 * pad) / stride) + 1
      n_W <- floor((dim(A_prev)[3] - f + 2 * pad) / stride) + 1
      P <- array(0, dim(A_prev) + c(0, 2 * pad, 2 * pad, 0))
      P[, pad + seq_len(dim(A_prev)[2]), pad + seq_len(dim(A_prev)[3]), ] <- A_prev
      Z <- array(0, c(m, n_H, n_W, n_C))
      for (i in 1:m) {
        for (h in 1:n_H) {
          for (w in 1:n_W) {
            for (k in 1:n_C) {
              rows <- (h - 1) * stride + 1:f
              columns <- (w - 1) * stride + 1:f
              Z[i, h, w, k] <- sum(P[i, rows, columns, ] * W[, , , k]) + b[, , , k]
            }
          }
        }
      }
      list(Z = Z, cache = list(A_prev = A_prev, W = W, b = b, hparameters = hparameters))
    },
    cases = conv_forward_cases(),
    mistakes = c(
      conv_step_mistakes(), window_mistakes(), conv_size_mistakes(),
      list(rows_and_columns_swapped(
        list(P[i, rows, columns, ] ~ P[i, columns, rows, ]), list(Z[i, h, w, k] ~ Z[i, w, h, k])
      ))
    ),
    meets = conv_meets,
    draw = function(arguments, part, cell) {
      if (part == "Z") {
        plot_convolution(
          matrix(arguments$A_prev[cell[1], , , 1], dim(arguments$A_prev)[2]),
          matrix(arguments$W[, , 1, cell[4]], dim(arguments$W)[1]),
          arguments$b[cell[4]], arguments$hparameters, at = cell[2:3]
        )
      }
    }
  )
}

conv_forward_cases <- function() {
  convolution <- function(title, input, filters, stride = 1, pad = 0, b = NULL) {
    A_prev <- numbers(input, seed = sum(input))
    W <- numbers(filters, seed = 3 + sum(filters))
    if (is.null(b)) b <- numbers(filters[4], seed = sum(filters))
    case(title, A_prev = A_prev, W = W, b = array(b, c(1, 1, 1, filters[4])),
         hparameters = list(stride = stride, pad = pad))
  }
  list(
    convolution("one cell", c(1, 1, 1, 1), c(1, 1, 1, 1)),
    convolution("one channel, no bias", c(1, 3, 3, 1), c(2, 2, 1, 1), b = 0),
    convolution("one channel", c(1, 3, 3, 1), c(2, 2, 1, 1), b = 4),
    convolution("two channels", c(1, 3, 3, 2), c(2, 2, 2, 1)),
    convolution("two filters", c(1, 3, 3, 1), c(2, 2, 1, 2)),
    convolution("not square", c(1, 3, 5, 2), c(2, 2, 2, 2)),
    convolution("a batch of three", c(3, 3, 3, 1), c(3, 3, 1, 1)),
    convolution("a stride of 2", c(1, 5, 7, 1), c(3, 3, 1, 1), stride = 2),
    convolution("a stride that does not divide", c(1, 6, 4, 1), c(2, 2, 1, 1), stride = 3),
    convolution("padding", c(1, 3, 4, 1), c(3, 3, 1, 1), pad = 1),
    convolution("a border of 3", c(1, 2, 3, 1), c(2, 2, 1, 1), pad = 3),
    convolution("all together", c(2, 6, 7, 3), c(3, 3, 3, 2), stride = 2, pad = 1)
  )
}

# What goes wrong where window and filter meet.
conv_step_mistakes <- function() {
  list(
    mistake(
      "bias_on_every_product",
      "The bias is added to every product, so it counts once for each cell of the window.",
      "Close the bracket of sum() before the bias comes.",
      sum(P[i, rows, columns, ] * W[, , , k]) + b[, , , k] ~
        sum(P[i, rows, columns, ] * W[, , , k] + b[, , , k])
    ),
    mistake(
      "bias_forgotten", "The bias is missing.",
      "Each filter has a bias, which is added once to each of its sums.",
      sum(P[i, rows, columns, ] * W[, , , k]) + b[, , , k] ~
        sum(P[i, rows, columns, ] * W[, , , k])
    ),
    mistake(
      "first_bias_only", "Every filter gets the first bias.",
      "Filter k has the bias b[, , , k].",
      b[, , , k] ~ b[1]
    ),
    mistake(
      "biases_summed", "Every filter gets all biases.",
      "Filter k has the bias b[, , , k] and no other.",
      b[, , , k] ~ sum(b)
    ),
    mistake(
      "mean_of_products", "The products have been averaged.",
      "Use the sum, not the mean.",
      sum(P[i, rows, columns, ] * W[, , , k]) ~ mean(P[i, rows, columns, ] * W[, , , k])
    ),
    mistake(
      "filter_flipped",
      paste("The filter is laid on upside down and back to front: a convolution as mathematics",
            "defines it."),
      "Neural nets do not flip: W[1, 1, , k] meets the window's first row and column.",
      W[, , , k] ~ W[f:1, f:1, , k]
    ),
    mistake(
      "filter_transposed", "The filter's rows and columns are swapped.",
      "The filter's first axis goes with the image's rows, its second with the columns.",
      W[, , , k] ~ aperm(W, c(2, 1, 3, 4))[, , , k]
    ),
    mistake(
      "first_channel_only", "Only the first channel counts.",
      "A filter is a box: multiply and sum over all channels.",
      P[i, rows, columns, ] * W[, , , k] ~ P[i, rows, columns, 1] * W[, , 1, k]
    ),
    mistake(
      "last_channel_only", "Only the last channel counts.",
      "In a loop over the channels, add to the sum so far.",
      P[i, rows, columns, ] * W[, , , k] ~
        P[i, rows, columns, dim(W)[3]] * W[, , dim(W)[3], k]
    ),
    mistake(
      "first_filter_only", "Every output channel has been computed with the first filter.",
      "Output channel k belongs to filter W[, , , k]: the last index must change with it.",
      W[, , , k] ~ W[, , , 1]
    ),
    mistake(
      "filters_summed", "The index of the filter is missing: all filters have been used at once.",
      "Output channel k belongs to filter W[, , , k] alone.",
      W[, , , k] ~ apply(W, 1:3, sum)
    ),
    mistake(
      "channels_reversed", "The channels of the filter are in the opposite order.",
      "Channel c of the filter meets channel c of the image.",
      W[, , , k] ~ W[, , dim(W)[3]:1, k]
    ),
    mistake(
      "first_example_only", "Every example of the result comes from the first image.",
      "Output i belongs to image i: the first index must change with it.",
      P[i, rows, columns, ] ~ P[1, rows, columns, ]
    ),
    mistake(
      "axis_dropped",
      "An axis of extent 1 gets lost: it works for several channels, and fails for one.",
      "`[` drops axes of extent 1. Index the four-dimensional array at once, or add drop = FALSE.",
      P[i, rows, columns, ] ~ P[i, , , ][rows, columns, ]
    ),
    mistake(
      "every_channel_written", "Every output channel holds the values of the last filter.",
      "Write into Z[i, h, w, k], one cell at a time.",
      Z[i, h, w, k] ~ Z[i, h, w, ]
    ),
    mistake(
      "every_example_written", "Every example holds the values of the last image.",
      "Write into Z[i, h, w, k], one cell at a time.",
      Z[i, h, w, k] ~ Z[, h, w, k]
    ),
    mistake(
      "activated", "Negative results have been set to 0.",
      "The activation is a layer of its own, which comes later.",
      sum(P[i, rows, columns, ] * W[, , , k]) + b[, , , k] ~
        max(0, sum(P[i, rows, columns, ] * W[, , , k]) + b[, , , k])
    )
  )
}

conv_meets <- function(arguments, part, cell) {
  if (part != "Z") {
    return(NULL)
  }
  hp <- arguments$hparameters
  f <- dim(arguments$W)[1]
  P <- pad3d(arguments$A_prev, hp$pad)
  rows <- (cell[2] - 1) * hp$stride + seq_len(f)
  columns <- (cell[3] - 1) * hp$stride + seq_len(f)
  list(window = matrix(P[cell[1], rows, columns, 1], f),
       filter = matrix(arguments$W[, , 1, cell[4]], f), bias = matrix(arguments$b[cell[4]]))
}

# The first channel of an array (rows, columns, channels), as a matrix.
first_image <- function(x) matrix(x[, , 1], dim(x)[1])
