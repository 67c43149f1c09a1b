# Chapter 6 of the exercises: backward through a convolution. See R/exercises.R for the form.

conv_backward_exercise <- function() {
  exercise(
    "conv_backward", "6.1", "Backward through a convolution", "Convolution, backward pass",
    task = paste(
      "`dZ` (m, n_H, n_W, n_C) is the gradient with respect to Z, `cache` what conv_forward()",
      "returned: A_prev, W, b, hparameters. Each cell of dZ adds the filter, times that cell, to",
      "dA_prev where the window lay; the window, times that cell, to dW; and itself to db. Return",
      "list(dA_prev, dW, db), shaped like A_prev, W and (1, 1, 1, n_C): sums, not means."
    ),
    solution = function(dZ, cache) {
      A_prev <- cache$A_prev
      W <- cache$W
      hparameters <- cache$hparameters
      stride <- hparameters$stride
      pad <- hparameters$pad
      f <- dim(W)[1]
      inner_rows <- pad + seq_len(dim(A_prev)[2])
      inner_columns <- pad + seq_len(dim(A_prev)[3])
      P <- array(0, dim(A_prev) + c(0, 2 * pad, 2 * pad, 0))
      P[, inner_rows, inner_columns, ] <- A_prev
      dP <- array(0, dim(P))
      dW <- array(0, dim(W))
      db <- array(0, c(1, 1, 1, dim(W)[4]))
      for (i in seq_len(dim(dZ)[1])) {
        for (h in seq_len(dim(dZ)[2])) {
          for (w in seq_len(dim(dZ)[3])) {
            for (k in seq_len(dim(dZ)[4])) {
              rows <- (h - 1) * stride + 1:f
              columns <- (w - 1) * stride + 1:f
              g <- dZ[i, h, w, k]
              dP[i, rows, columns, ] <- dP[i, rows, columns, ] + W[, , , k] * g
              dW[, , , k] <- dW[, , , k] + P[i, rows, columns, ] * g
              db[, , , k] <- db[, , , k] + g
            }
          }
        }
      }
      dA_prev <- dP[, inner_rows, inner_columns, , drop = FALSE]
      list(dA_prev = dA_prev, dW = dW, db = db)
    },
    cases = conv_backward_cases(),
    mistakes = c(
      conv_dA_mistakes(), conv_dW_mistakes(),
      # Here an index of 0 is an error in every case.
      Filter(function(mistake) mistake$name != "begins_at_zero", window_mistakes())
    ),
    draw = function(arguments, part, cell) {
      cache <- arguments$cache
      example <- if (part == "dA_prev") cell[1] else 1
      filter <- if (part == "dA_prev") 1 else cell[4]
      plot_convolution_gradient(
        matrix(cache$A_prev[example, , , 1], dim(cache$A_prev)[2]),
        matrix(cache$W[, , 1, filter], dim(cache$W)[1]),
        matrix(arguments$dZ[example, , , filter], dim(arguments$dZ)[2]),
        cache$hparameters, at = c(1, 1)
      )
    }
  )
}

conv_backward_cases <- function() {
  gradient <- function(title, input, filters, stride = 1, pad = 0) {
    output <- floor((input[2:3] + 2 * pad - filters[1]) / stride) + 1
    case(title, dZ = numbers(input[1], output, filters[4], seed = sum(output)), cache = list(
      A_prev = numbers(input, seed = sum(input)), W = numbers(filters, seed = 3 + sum(filters)),
      b = array(numbers(filters[4], seed = 5), c(1, 1, 1, filters[4])),
      hparameters = list(stride = stride, pad = pad)
    ))
  }
  list(
    gradient("one cell", c(1, 1, 1, 1), c(1, 1, 1, 1)),
    gradient("one place", c(1, 2, 2, 1), c(2, 2, 1, 1)),
    gradient("windows that overlap", c(1, 3, 3, 1), c(2, 2, 1, 1)),
    gradient("two channels", c(1, 3, 3, 2), c(2, 2, 2, 1)),
    gradient("two filters", c(1, 3, 3, 1), c(2, 2, 1, 2)),
    gradient("not square", c(1, 3, 5, 2), c(2, 2, 2, 2)),
    gradient("a batch of three", c(3, 3, 3, 1), c(2, 2, 1, 1)),
    gradient("a stride of 2", c(1, 5, 7, 1), c(3, 3, 1, 1), stride = 2),
    gradient("padding", c(1, 3, 4, 1), c(3, 3, 1, 1), pad = 1),
    gradient("a border of 3", c(1, 2, 3, 1), c(2, 2, 1, 1), pad = 3),
    gradient("all together", c(2, 6, 7, 3), c(3, 3, 3, 2), stride = 2, pad = 1)
  )
}

conv_dA_mistakes <- function() {
  list(
    mistake("dA_assigned",
            "In dA_prev the windows overwrite each other: where they overlap, only the last one counts.",
            "Add to what is there: a cell under several windows gets all their shares.",
            dP[i, rows, columns, ] + W[, , , k] * g ~ W[, , , k] * g),
    mistake("dA_not_cropped", "dA_prev still has the border of the padded input.",
            "Cut `pad` rows and columns off on each side.",
            dP[, inner_rows, inner_columns, , drop = FALSE] ~ dP),
    mistake("dA_cropped_at_the_end", "The border has been cut off at the end only, but both times.",
            "The image begins at row and column 1 + pad.",
            dP[, inner_rows, inner_columns, , drop = FALSE] ~
              dP[, seq_along(inner_rows), seq_along(inner_columns), , drop = FALSE]),
    mistake("crop_without_padding", "Without padding, the outermost rows and columns are cut off.",
            "1:pad with pad 0 is c(1, 0). Say which rows stay, (pad + 1):(pad + n_H), not which go.",
            dP[, inner_rows, inner_columns, , drop = FALSE] ~
              dP[, -c(1:pad, dim(P)[2] + 1 - 1:pad), -c(1:pad, dim(P)[3] + 1 - 1:pad), , drop = FALSE]),
    mistake("dA_axis_dropped", "In dA_prev an axis of extent 1 has been lost.",
            "Add drop = FALSE where the border is cut off.",
            dP[, inner_rows, inner_columns, , drop = FALSE] ~ dP[, inner_rows, inner_columns, ]),
    mistake("dA_filter_flipped", "In dA_prev the filter is laid on upside down and back to front.",
            "Where W[u, v, , k] met a cell forward, it brings the gradient back to that very cell.",
            W[, , , k] * g ~ W[f:1, f:1, , k] * g),
    mistake("dA_filter_transposed", "In dA_prev the filter's rows and columns are swapped.",
            "Add the filter as it is, times dZ.",
            W[, , , k] * g ~ aperm(W, c(2, 1, 3, 4))[, , , k] * g),
    mistake("dA_first_filter_only", "dA_prev has been made with the first filter alone.",
            "Channel k of dZ goes with filter W[, , , k].",
            W[, , , k] * g ~ W[, , , 1] * g),
    mistake("dA_from_input", "dA_prev has been made with the input instead of the filter.",
            "How Z changes with the input is said by the filter.",
            W[, , , k] * g ~ P[i, rows, columns, ] * g),
    mistake("dA_without_gradient", "In dA_prev dZ has no part.",
            "Multiply the filter by dZ[i, h, w, k].",
            W[, , , k] * g ~ W[, , , k]),
    mistake("dA_averaged", "dA_prev has been divided by the number of examples.",
            "Each example keeps its own gradient.",
            dP[, inner_rows, inner_columns, , drop = FALSE] ~
              dP[, inner_rows, inner_columns, , drop = FALSE] / dim(dZ)[1]),
    mistake("dA_first_example_only", "All gradients have been added to the first example.",
            "dZ[i, , , ] belongs to example i.",
            dP[i, rows, columns, ] ~ dP[1, rows, columns, ]),
    rows_and_columns_swapped(
      list(dZ[i, h, w, k] ~ dZ[i, w, h, k]),
      list(dP[i, rows, columns, ] ~ dP[i, columns, rows, ],
           P[i, rows, columns, ] ~ P[i, columns, rows, ])
    )
  )
}

conv_dW_mistakes <- function() {
  list(
    mistake("dW_assigned", "In dW each window overwrites the last: only the last place counts.",
            "Add to what is there: the filter has been used at every place.",
            dW[, , , k] + P[i, rows, columns, ] * g ~ P[i, rows, columns, ] * g),
    mistake("dW_without_padding", "dW has been made with the input as it was before padding.",
            "The filter met the padded input: cut the windows from that.",
            P[i, rows, columns, ] ~ A_prev[i, rows, columns, ]),
    mistake("dW_averaged", "dW has been divided by the number of examples.",
            "conv_backward() sums over the batch.",
            list(dA_prev = dA_prev, dW = dW, db = db) ~
              list(dA_prev = dA_prev, dW = dW / dim(dZ)[1], db = db)),
    mistake("dW_without_gradient", "In dW dZ has no part.",
            "Multiply the window by dZ[i, h, w, k].",
            P[i, rows, columns, ] * g ~ P[i, rows, columns, ]),
    mistake("dW_from_weights", "dW has been made with the filter instead of the input.",
            "How Z changes with the filter is said by the window of the input.",
            P[i, rows, columns, ] * g ~ W[, , , k] * g),
    mistake("dW_flipped", "dW is upside down and back to front.",
            "Cell u, v of the window belongs to cell u, v of the filter.",
            P[i, rows, columns, ] * g ~ P[i, rev(rows), rev(columns), ] * g),
    mistake("dW_first_example_only", "dW has been made with the first image alone.",
            "dZ[i, , , ] goes with image i.",
            P[i, rows, columns, ] ~ P[1, rows, columns, ]),
    mistake("dW_every_filter", "In dW every filter holds the same.",
            "Channel k of dZ is added to dW[, , , k] alone.",
            (dW[, , , k] <- dW[, , , k] + P[i, rows, columns, ] * g) ~
              (dW[] <- dW + as.vector(P[i, rows, columns, ] * g))),
    mistake("db_averaged", "db has been divided by the number of examples.",
            "conv_backward() sums over the batch.",
            list(dA_prev = dA_prev, dW = dW, db = db) ~
              list(dA_prev = dA_prev, dW = dW, db = db / dim(dZ)[1])),
    mistake("all_averaged", "dW and db have been divided by the number of examples.",
            "conv_backward() sums over the batch; affine_backward() takes means.",
            list(dA_prev = dA_prev, dW = dW, db = db) ~
              list(dA_prev = dA_prev, dW = dW / dim(dZ)[1], db = db / dim(dZ)[1])),
    mistake("db_mean_of_places", "db is the mean over places and examples.",
            "The bias was added at every place: sum over all of them.",
            list(dA_prev = dA_prev, dW = dW, db = db) ~
              list(dA_prev = dA_prev, dW = dW, db = db / prod(dim(dZ)[1:3]))),
    mistake("db_assigned", "In db each cell overwrites the last: only the last place counts.",
            "Add to what is there.",
            db[, , , k] + g ~ g),
    mistake("db_over_filters", "db is the same for all filters.",
            "Filter k has its own bias: sum over dZ[, , , k].",
            (db[, , , k] <- db[, , , k] + g) ~ (db[] <- db + g)),
    mistake("db_counts_every_product", "db counts each cell of dZ once for each cell of the window.",
            "The bias was added once to each sum.",
            db[, , , k] + g ~ db[, , , k] + g * f * f * dim(W)[3]),
    mistake("db_times_bias", "db has been multiplied by the bias.",
            "The slope of z + b with respect to b is 1.",
            db[, , , k] + g ~ db[, , , k] + g * cache$b[k])
  )
}
