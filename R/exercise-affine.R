# Chapter 4 of the exercises: the affine layer. See R/exercises.R for the form.

arr2col_exercise <- function() {
  exercise(
    "arr2col", "4.1", "The affine layer", "From images to rows",
    task = paste(
      "Lay the cells of each example in a row: from `X`, an array (m, n_H, n_W, n_C), make a matrix",
      "(m, n_H * n_W * n_C), in the order of memory (rows run fastest, then columns, then",
      "channels). Return list(output, cache), where cache is X."
    ),
    solution = function(X) {
      output <- array(X, c(dim(X)[1], prod(dim(X)[-1])))
      list(output = output, cache = X)
    },
    cases = list(
      case("one cell", X = array(5, c(1, 1, 1, 1))),
      case("one image", X = numbers(1, 2, 2, 1)),
      case("two images", X = numbers(2, 2, 2, 1)),
      case("not square", X = numbers(2, 2, 3, 1)),
      case("all together", X = numbers(3, 2, 4, 2))
    ),
    mistakes = list(
      mistake("transposed", "Examples are columns.",
              "Each example is a row: the first axis counts examples, before and after.",
              (output <- array(X, c(dim(X)[1], prod(dim(X)[-1])))) ~
                (output <- t(array(X, c(dim(X)[1], prod(dim(X)[-1])))))),
      mistake("poured_by_columns", "Columns are examples, and cells of different images are mixed.",
              "In memory the example runs fastest, so the first extent has to stay what it is.",
              c(dim(X)[1], prod(dim(X)[-1])) ~ c(prod(dim(X)[-1]), dim(X)[1])),
      mistake("by_row", "The matrix has been filled row by row, which mixes the images.",
              "Leave out byrow: R keeps arrays in the order in which it fills them.",
              array(X, c(dim(X)[1], prod(dim(X)[-1]))) ~ matrix(X, dim(X)[1], byrow = TRUE)),
      mistake("columns_first", "Within a row, image columns run faster than image rows.",
              "In R the first axis runs fastest: rows, then columns, then channels.",
              array(X, c(dim(X)[1], prod(dim(X)[-1]))) ~
                array(aperm(X, c(1, 3, 2, 4)), c(dim(X)[1], prod(dim(X)[-1])))),
      mistake("channels_first", "Within a row, channels run fastest.",
              "In R the first axis runs fastest: rows, then columns, then channels.",
              list(array(X, c(dim(X)[1], prod(dim(X)[-1]))) ~
                     array(aperm(X, c(1, 4, 3, 2)), c(dim(X)[1], prod(dim(X)[-1])))),
              list(array(X, c(dim(X)[1], prod(dim(X)[-1]))) ~
                     array(aperm(X, c(1, 4, 2, 3)), c(dim(X)[1], prod(dim(X)[-1]))))),
      mistake("one_row", "All images lie in one row.",
              "Each example has a row of its own.",
              c(dim(X)[1], prod(dim(X)[-1])) ~ c(1, length(X))),
      mistake("one_vector", "A plain vector comes back.",
              "The result is a matrix with a row for each example.",
              array(X, c(dim(X)[1], prod(dim(X)[-1]))) ~ as.vector(X)),
      mistake("first_channel_only", "Only the first channel is there.",
              "A row holds n_H * n_W * n_C cells.",
              array(X, c(dim(X)[1], prod(dim(X)[-1]))) ~
                array(X[, , , 1], c(dim(X)[1], prod(dim(X)[2:3])))),
      mistake("cache_holds_output", "The cache holds the matrix.",
              "col2arr() needs the shape of X: the cache is X itself.",
              list(output = output, cache = X) ~ list(output = output, cache = output))
    )
  )
}

col2arr_exercise <- function() {
  exercise(
    "col2arr", "4.2", "The affine layer", "From rows to images",
    task = paste(
      "The way back from arr2col(): give `X`, a matrix with a row for each example, the shape of",
      "`cache`, an array (m, n_H, n_W, n_C)."
    ),
    solution = function(X, cache) array(X, dim(cache)),
    cases = list(
      case("one cell", X = matrix(5), cache = array(0, c(1, 1, 1, 1))),
      case("one image", X = numbers(1, 4), cache = array(0, c(1, 2, 2, 1))),
      case("two images", X = numbers(2, 4), cache = numbers(2, 2, 2, 1, seed = 5)),
      case("not square", X = numbers(2, 6), cache = numbers(2, 2, 3, 1, seed = 5)),
      case("all together", X = numbers(3, 16), cache = numbers(3, 2, 4, 2, seed = 5))
    ),
    mistakes = list(
      mistake("cache_returned", "The cache comes back, not the values of X.",
              "The cache gives the shape only; the values are those of X.",
              array(X, dim(cache)) ~ cache),
      mistake("shape_unchanged", "X comes back as it was.",
              "Give it the dim of the cache.",
              array(X, dim(cache)) ~ X),
      mistake("transposed_first", "X has been transposed before it was given its shape.",
              "In memory the example runs fastest, in X as in the array.",
              array(X, dim(cache)) ~ array(t(X), dim(cache))),
      mistake("columns_first", "Rows and columns of the images are filled in the wrong order.",
              "Rows run fastest, then columns, then channels.",
              array(X, dim(cache)) ~ aperm(array(X, dim(cache)[c(1, 3, 2, 4)]), c(1, 3, 2, 4))),
      mistake("channels_first", "The images are filled as if channels ran fastest.",
              "Rows run fastest, then columns, then channels.",
              list(array(X, dim(cache)) ~
                     aperm(array(X, dim(cache)[c(1, 4, 3, 2)]), c(1, 4, 3, 2))),
              list(array(X, dim(cache)) ~
                     aperm(array(X, dim(cache)[c(1, 4, 2, 3)]), c(1, 3, 4, 2)))),
      mistake("filled_backwards", "The axes are in the opposite order.",
              "The cache has the extents in the order that is wanted.",
              dim(cache) ~ rev(dim(cache))),
      mistake("first_example_only", "Every image is the first one.",
              "Use all rows of X.",
              array(X, dim(cache)) ~
                aperm(array(X[1, ], c(dim(cache)[-1], dim(cache)[1])), c(4, 1, 2, 3)))
    )
  )
}

affine_forward_exercise <- function() {
  exercise(
    "affine_forward", "4.3", "The affine layer", "Affine layer, forward pass",
    task = paste(
      "Every unit takes a weighted sum of all inputs, plus its bias: Z = A_prev W + b. `A_prev` is",
      "(m, D), `W` is (D, U), `b` is (1, U). Return list(Z, cache), where Z is (m, U) and cache",
      "lists the three arguments by name."
    ),
    solution = function(A_prev, W, b) {
      Z <- A_prev %*% W + rep(b, each = nrow(A_prev))
      list(Z = Z, cache = list(A_prev = A_prev, W = W, b = b))
    },
    cases = list(
      case("one of each", A_prev = matrix(3), W = matrix(2), b = matrix(1)),
      case("one example", A_prev = numbers(1, 3), W = numbers(3, 2, seed = 2), b = matrix(c(1, -2), 1)),
      case("no bias", A_prev = numbers(2, 2), W = numbers(2, 2, seed = 2), b = matrix(0, 1, 2)),
      case("as many examples as units", A_prev = numbers(2, 2, seed = 3),
           W = numbers(2, 2, seed = 4), b = matrix(c(5, -3), 1)),
      case("all together", A_prev = numbers(4, 3), W = numbers(3, 5, seed = 5),
           b = numbers(1, 5, seed = 6))
    ),
    mistakes = list(
      mistake("bias_down_the_columns",
              paste("The bias runs down the examples instead of along the units: R fills a matrix",
                    "column by column."),
              "Each column gets one bias: sweep(), or rep(b, each = m).",
              rep(b, each = nrow(A_prev)) ~ as.vector(b)),
      mistake("bias_forgotten", "The bias is missing.",
              "Each unit adds its own bias.",
              A_prev %*% W + rep(b, each = nrow(A_prev)) ~ A_prev %*% W),
      mistake("first_bias_only", "Every unit gets the first bias.",
              "Column u gets b[1, u].",
              rep(b, each = nrow(A_prev)) ~ b[1]),
      mistake("biases_summed", "Every unit gets all biases.",
              "Column u gets b[1, u].",
              rep(b, each = nrow(A_prev)) ~ sum(b)),
      mistake("bias_on_every_product", "The bias counts once for each input.",
              "It is added once, to the sum.",
              rep(b, each = nrow(A_prev)) ~ rep(b * ncol(A_prev), each = nrow(A_prev))),
      mistake("bias_subtracted", "The bias is subtracted.",
              "The bias is added, whatever its sign.",
              A_prev %*% W + rep(b, each = nrow(A_prev)) ~
                A_prev %*% W - rep(b, each = nrow(A_prev))),
      mistake("weights_transposed", "The weights are transposed.",
              "W is (inputs, units), so A_prev %*% W fits as it is.",
              A_prev %*% W ~ A_prev %*% t(W)),
      mistake("input_transposed", "The input is transposed.",
              "A_prev is (examples, inputs), so A_prev %*% W fits as it is.",
              A_prev %*% W ~ t(A_prev) %*% W),
      mistake("order_swapped", "The factors are in the wrong order: W times A_prev.",
              "With examples in rows it is A_prev %*% W.",
              A_prev %*% W ~ W %*% A_prev),
      mistake("cell_by_cell", "Cells have been multiplied one by one.",
              "`*` goes cell by cell; the matrix product is %*%.",
              A_prev %*% W ~ A_prev * W),
      mistake("averaged", "The sums have been divided by the number of examples.",
              "Examples have nothing to do with each other here.",
              A_prev %*% W ~ A_prev %*% W / nrow(A_prev)),
      mistake("activated", "Negative results have been set to 0.",
              "The activation is a function of its own.",
              list(Z = Z, cache = list(A_prev = A_prev, W = W, b = b)) ~
                list(Z = pmax(Z, 0), cache = list(A_prev = A_prev, W = W, b = b))),
      mistake("transposed", "Units are rows and examples columns.",
              "Z is (m, U), a row for each example.",
              list(Z = Z, cache = list(A_prev = A_prev, W = W, b = b)) ~
                list(Z = t(Z), cache = list(A_prev = A_prev, W = W, b = b)))
    )
  )
}

affine_backward_exercise <- function() {
  exercise(
    "affine_backward", "4.4", "The affine layer", "Affine layer, backward pass",
    task = paste(
      "`dZ` (m, U) is the gradient with respect to Z, `cache` lists A_prev, W and b. Return",
      "list(dA_prev, dW, db): dA_prev = dZ W', and the means over the batch dW = A_prev' dZ / m and",
      "db, a matrix (1, U)."
    ),
    solution = function(dZ, cache) {
      A_prev <- cache$A_prev
      W <- cache$W
      m <- nrow(A_prev)
      dA_prev <- dZ %*% t(W)
      dW <- t(A_prev) %*% dZ / m
      db <- matrix(colSums(dZ) / m, 1)
      list(dA_prev = dA_prev, dW = dW, db = db)
    },
    cases = lapply(list(
      list("one of each", 1, 1, 1), list("one example", 1, 3, 2),
      list("as many of each", 2, 2, 2), list("all together", 4, 3, 5)
    ), function(of) {
      case(of[[1]], dZ = numbers(of[[2]], of[[4]]), cache = list(
        A_prev = numbers(of[[2]], of[[3]], seed = 2), W = numbers(of[[3]], of[[4]], seed = 3),
        b = numbers(1, of[[4]], seed = 4)
      ))
    }),
    mistakes = affine_gradient_mistakes()
  )
}

# For the affine layer alone and with its activation.
affine_gradient_mistakes <- function() {
  list(
    mistake("dW_summed", "dW is a sum over the batch where a mean is asked for.",
            "Divide dW by the number of examples.",
            t(A_prev) %*% dZ / m ~ t(A_prev) %*% dZ),
    mistake("db_summed", "db is a sum over the batch where a mean is asked for.",
            "Divide db by the number of examples.",
            colSums(dZ) / m ~ colSums(dZ)),
    mistake("both_summed", "dW and db are sums over the batch where means are asked for.",
            "Divide both by the number of examples.",
            t(A_prev) %*% dZ / m ~ t(A_prev) %*% dZ, colSums(dZ) / m ~ colSums(dZ)),
    mistake("dA_averaged", "dA_prev has been divided by the number of examples.",
            "Each example keeps its own gradient; only dW and db are means.",
            dZ %*% t(W) ~ dZ %*% t(W) / m),
    mistake("averaged_over_units", "The means have been taken over the units.",
            "Divide by the number of examples, nrow(A_prev).",
            (m <- nrow(A_prev)) ~ (m <- ncol(W))),
    mistake("averaged_over_inputs", "The means have been taken over the inputs.",
            "Divide by the number of examples, nrow(A_prev).",
            (m <- nrow(A_prev)) ~ (m <- ncol(A_prev))),
    mistake("db_over_units", "db has been summed along the units: it has a value for each example.",
            "A unit has one bias for all examples: sum down the columns of dZ.",
            matrix(colSums(dZ) / m, 1) ~ matrix(rowSums(dZ) / m, 1)),
    mistake("db_over_everything", "db is the same for all units.",
            "Each unit has its own: sum down its column of dZ.",
            colSums(dZ) / m ~ rep(sum(dZ) / m, ncol(dZ))),
    mistake("weights_not_transposed", "In dA_prev the weights are not transposed.",
            "dA_prev is (m, D): dZ (m, U) times W' (U, D).",
            dZ %*% t(W) ~ dZ %*% W),
    mistake("input_not_transposed", "In dW the input is not transposed.",
            "dW is (D, U): A_prev' (D, m) times dZ (m, U).",
            t(A_prev) %*% dZ / m ~ A_prev %*% dZ / m),
    mistake("dW_transposed", "dW is transposed.",
            "dW has the shape of W: inputs are rows, units columns.",
            t(A_prev) %*% dZ / m ~ t(dZ) %*% A_prev / m),
    mistake("dA_from_input", "dA_prev has been made with the input instead of the weights.",
            "How Z changes with A_prev is said by W.",
            dZ %*% t(W) ~ dZ %*% t(dZ) %*% A_prev),
    mistake("dW_from_weights", "dW has been made with the weights instead of the input.",
            "How Z changes with W is said by A_prev.",
            t(A_prev) %*% dZ / m ~ W)
  )
}
