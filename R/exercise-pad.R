# Chapter 1 of the exercises: zero padding. See R/exercises.R for the form.

pad3d_exercise <- function() {
  exercise(
    "pad3d", "1.1", "Convolution", "Zero padding",
    task = paste(
      "Put a border of zeros around each image of a batch: `stride` rows above and below, and as",
      "many columns left and right. `input` is an array (m, n_H, n_W, n_C); the result has dim",
      "(m, n_H + 2 * stride, n_W + 2 * stride, n_C)."
    ),
    solution = function(input, stride = 1) {
      rows <- seq_len(dim(input)[2])
      columns <- seq_len(dim(input)[3])
      output <- array(0, dim(input) + c(0, 2 * stride, 2 * stride, 0))
      output[, stride + rows, stride + columns, ] <- input
      output
    },
    cases = list(
      case("one cell", input = array(5, c(1, 1, 1, 1)), stride = 1),
      case("one channel", input = numbers(1, 2, 2, 1), stride = 1),
      case("not square, a border of 2", input = numbers(1, 2, 3, 1), stride = 2),
      case("two channels", input = numbers(1, 3, 2, 2), stride = 1),
      case("a batch of three", input = numbers(3, 2, 2, 1), stride = 1),
      case("no border", input = numbers(2, 2, 3, 2), stride = 0),
      case("all together", input = numbers(2, 3, 4, 3), stride = 3)
    ),
    mistakes = list(
      mistake(
        "no_border", "The array comes back without a border.",
        "The result has 2 * stride more rows and columns than the input. Make it of zeros first.",
        (output[, stride + rows, stride + columns, ] <- input) ~ (output <- input)
      ),
      mistake(
        "begin_only", "The border stands above and to the left only.",
        "Count the border twice in the extents of the result: once before the image, once behind.",
        dim(input) + c(0, 2 * stride, 2 * stride, 0) ~ dim(input) + c(0, stride, stride, 0)
      ),
      mistake(
        "end_only", "The border stands below and to the right only.",
        "Count the border twice in the extents, and write the image behind the first part of it.",
        list(dim(input) + c(0, 2 * stride, 2 * stride, 0) ~ dim(input) + c(0, stride, stride, 0),
             output[, stride + rows, stride + columns, ] ~ output[, rows, columns, ])
      ),
      mistake(
        "in_the_corner", "The image lies in the upper left corner, with the whole border behind it.",
        "Row 1 of the input belongs into row 1 + stride of the result, and columns alike.",
        output[, stride + rows, stride + columns, ] ~ output[, rows, columns, ]
      ),
      mistake(
        "in_the_far_corner",
        "The image lies in the lower right corner, with the whole border before it.",
        "Row 1 of the input belongs into row 1 + stride of the result, and columns alike.",
        output[, stride + rows, stride + columns, ] ~
          output[, 2 * stride + rows, 2 * stride + columns, ]
      ),
      mistake(
        "rows_only", "Rows have been added, columns have not.",
        "The border goes all the way around: two of the four extents grow.",
        list(c(0, 2 * stride, 2 * stride, 0) ~ c(0, 2 * stride, 0, 0),
             stride + columns ~ columns)
      ),
      mistake(
        "columns_only", "Columns have been added, rows have not.",
        "The border goes all the way around: two of the four extents grow.",
        list(c(0, 2 * stride, 2 * stride, 0) ~ c(0, 0, 2 * stride, 0),
             stride + rows ~ rows)
      ),
      mistake(
        "batch_axis", "The batch has been padded: the first axis has grown as well.",
        "The first axis counts examples. Images have no border in that direction.",
        list(c(0, 2 * stride, 2 * stride, 0) ~ c(2 * stride, 2 * stride, 2 * stride, 0),
             output[, stride + rows, stride + columns, ] ~
               output[stride + seq_len(dim(input)[1]), stride + rows, stride + columns, ])
      ),
      mistake(
        "wrong_axes", "The border lies along the first two axes, examples and rows.",
        "Rows and columns are the second and the third axis; the first counts examples.",
        list(c(0, 2 * stride, 2 * stride, 0) ~ c(2 * stride, 2 * stride, 0, 0),
             output[, stride + rows, stride + columns, ] ~
               output[stride + seq_len(dim(input)[1]), stride + rows, columns, ])
      ),
      mistake(
        "channel_axis", "The channels have been padded: the last axis has grown as well.",
        "The last axis counts channels. Images have no border in that direction.",
        list(c(0, 2 * stride, 2 * stride, 0) ~ c(0, 2 * stride, 2 * stride, 2 * stride),
             output[, stride + rows, stride + columns, ] ~
               output[, stride + rows, stride + columns, stride + seq_len(dim(input)[4])])
      ),
      mistake(
        "width_ignored", "The border is one cell wide, whatever `stride` says.",
        "Use the argument `stride` for the width wherever you wrote 1.",
        list(2 * stride ~ 2, stride + rows ~ 1 + rows, stride + columns ~ 1 + columns)
      ),
      mistake(
        "twice_as_wide", "The border is twice as wide as it should be.",
        "`stride` is the width on each side, not the sum of both.",
        list(2 * stride ~ 4 * stride, stride + rows ~ 2 * stride + rows,
             stride + columns ~ 2 * stride + columns)
      ),
      mistake(
        "first_channel_only", "Only the first channel has been copied.",
        "Copy all channels: go through the last axis, or leave its index empty.",
        (output[, stride + rows, stride + columns, ] <- input) ~
          (output[, stride + rows, stride + columns, 1] <- input[, , , 1])
      ),
      mistake(
        "first_example_only", "Only the first image of the batch has been copied.",
        "Copy all examples: go through the first axis, or leave its index empty.",
        (output[, stride + rows, stride + columns, ] <- input) ~
          (output[1, stride + rows, stride + columns, ] <- input[1, , , ])
      ),
      mistake(
        "first_image_everywhere", "Every example of the result is the first one of the input.",
        "The index of the example belongs on both sides of the assignment.",
        (output[, stride + rows, stride + columns, ] <- input) ~
          (for (i in seq_len(dim(input)[1])) {
            output[i, stride + rows, stride + columns, ] <- input[1, , , ]
          })
      ),
      mistake(
        "border_of_ones", "The border is made of ones.",
        "It has to be zeros, which add nothing to a sum of products.",
        array(0, dim(input) + c(0, 2 * stride, 2 * stride, 0)) ~
          array(1, dim(input) + c(0, 2 * stride, 2 * stride, 0))
      ),
      mistake(
        "border_missing", "The border is missing values, NA.",
        "array(NA, ...) makes NA. Ask for zeros: array(0, ...).",
        array(0, dim(input) + c(0, 2 * stride, 2 * stride, 0)) ~
          array(NA, dim(input) + c(0, 2 * stride, 2 * stride, 0))
      ),
      mistake(
        "border_repeats", "The border repeats the outermost cells of the image.",
        "Zero padding puts zeros there, not the nearest value.",
        (output[, stride + rows, stride + columns, ] <- input) ~
          (output[] <- input[
            , pmin(pmax(seq_len(dim(output)[2]) - stride, 1), dim(input)[2]),
            pmin(pmax(seq_len(dim(output)[3]) - stride, 1), dim(input)[3]), , drop = FALSE
          ])
      ),
      mistake(
        "transposed", "Rows and columns of each image are swapped.",
        "In the array the second axis counts rows and the third columns, before and after.",
        function(input, stride = 1) {
          output <- array(0, dim(input)[c(1, 3, 2, 4)] + c(0, 2 * stride, 2 * stride, 0))
          output[, stride + seq_len(dim(input)[3]), stride + seq_len(dim(input)[2]), ] <-
            aperm(input, c(1, 3, 2, 4))
          output
        }
      ),
      mistake(
        "refilled", "The cells have been poured into the larger array from its beginning.",
        "array(input, ...) fills in the order of memory. Write the image into its place instead.",
        (output[, stride + rows, stride + columns, ] <- input) ~
          (output[seq_along(input)] <- input)
      ),
      mistake(
        "axis_dropped", "An axis of extent 1 has been lost.",
        "`[` drops axes of extent 1 unless it is told drop = FALSE. The result has four axes, always.",
        (output[, stride + rows, stride + columns, ] <- input) ~ {
          output[, stride + rows, stride + columns, ] <- input
          output <- drop(output)
        }
      )
    ),
    meets = function(arguments, part, cell) {
      at <- cell[2:3] - arguments$stride
      inside <- all(at >= 1) && all(at <= dim(arguments$input)[2:3])
      image <- matrix(arguments$input[cell[1], , , cell[4]], dim(arguments$input)[2])
      if (inside) {
        list(image = image, "its cell" = matrix(image[at[1], at[2]]))
      } else {
        list(image = image, "the border" = matrix(0))
      }
    },
    draw = function(arguments, part, cell) {
      image <- arguments$input[cell[1], , , cell[4], drop = FALSE]
      plot_padding(image, arguments$stride)
    }
  )
}
