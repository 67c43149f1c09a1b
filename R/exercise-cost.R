# Chapter 5 of the exercises: probabilities and the cost. See R/exercises.R for the form.

logsumexp_exercise <- function() {
  exercise(
    "logsumexp", "5.1", "Probabilities and the cost", "The logarithm of a sum of exponentials",
    task = paste(
      "log(sum(exp(x))) of a vector `x`, one number; and so that exp() never overflows: take the",
      "largest value out first, and add it again in the end."
    ),
    solution = function(x) {
      largest <- max(x)
      largest + log(sum(exp(x - largest)))
    },
    cases = list(
      case("one number", x = 2),
      case("three numbers", x = c(1, 2, 4)),
      case("negative numbers", x = c(-3, -1, -2.5, -0.5)),
      case("large numbers", x = c(1000, 1001, 998)),
      case("far below 0", x = c(-2000, -2001)),
      case("far apart", x = c(0, 1500, -1500))
    ),
    mistakes = list(
      mistake("no_shift", "Large numbers overflow: exp() of them is infinite (or 0, far below 0).",
              "Subtract the largest value before exp(), and add it after log().",
              largest + log(sum(exp(x - largest))) ~ log(sum(exp(x)))),
      mistake("shift_not_undone", "The largest value has been subtracted, but not added again.",
              "log(sum(exp(x - c))) is too small by c.",
              largest + log(sum(exp(x - largest))) ~ log(sum(exp(x - largest)))),
      mistake("shift_only_undone", "The largest value is added in the end, but was not subtracted before.",
              "exp(x - c), with c the largest value.",
              exp(x - largest) ~ exp(x)),
      mistake("other_shift", "Another value than the largest has been taken out.",
              "Only after subtracting the largest value no exponent is above 0.",
              list(max(x) ~ mean(x)), list(max(x) ~ min(x)), list(max(x) ~ x[1])),
      mistake("sum_of_logs", "The sum stands outside of the logarithm.",
              "First sum the exponentials, then take one logarithm.",
              log(sum(exp(x - largest))) ~ sum(log(exp(x - largest)))),
      mistake("logs_not_summed", "The exponentials have not been summed: a vector comes back.",
              "sum() before log().",
              sum(exp(x - largest)) ~ exp(x - largest)),
      mistake("mean_for_sum", "The exponentials have been averaged.",
              "Use the sum.",
              sum(exp(x - largest)) ~ mean(exp(x - largest))),
      mistake("log_missing", "The logarithm is missing.",
              "log() of the sum.",
              log(sum(exp(x - largest))) ~ sum(exp(x - largest))),
      mistake("other_logarithm", "The logarithm is one to base 10 or 2.",
              "log() is the natural logarithm, which undoes exp().",
              list(log(sum(exp(x - largest))) ~ log10(sum(exp(x - largest)))),
              list(log(sum(exp(x - largest))) ~ log2(sum(exp(x - largest))))),
      mistake("maximum_only", "This is the largest value.",
              "That is close, but the other values count too.",
              largest + log(sum(exp(x - largest))) ~ largest),
      mistake("log_sum", "exp() is missing.",
              "First exp() of each value, then the sum, then log().",
              largest + log(sum(exp(x - largest))) ~ suppressWarnings(log(sum(x))))
    )
  )
}

softmax_exercise <- function() {
  exercise(
    "softmax", "5.2", "Probabilities and the cost", "Softmax",
    task = paste(
      "Turn scores into probabilities: exp() of each, divided by the sum of the exponentials. Of a",
      "vector over all of it; of a matrix, row by row, as each row is an example. Do not let exp()",
      "overflow. Return list(probs, cache), where probs has the shape of `x` and cache is x."
    ),
    solution = function(x) {
      rows <- if (is.matrix(x)) x else matrix(x, 1)
      e <- exp(rows - apply(rows, 1, max))
      probs <- e / rowSums(e)
      if (!is.matrix(x)) probs <- as.vector(probs)
      list(probs = probs, cache = x)
    },
    cases = list(
      case("three numbers", x = c(1, 2, 0)),
      case("one row", x = matrix(c(0.5, -1, 2), 1)),
      case("two rows", x = numbers(2, 3) / 4),
      case("as many rows as classes", x = numbers(3, 3, seed = 2) / 4),
      case("more rows", x = numbers(4, 3, seed = 3) / 4),
      case("large numbers", x = c(1000, 1001, 999)),
      case("rows far apart", x = rbind(c(1000, 1001, 999), c(0, 1, 3)))
    ),
    mistakes = list(
      mistake("whole_matrix",
              "The sum goes over the whole matrix: only all rows together add up to 1.",
              "Each row is an example, with a sum of its own.",
              rowSums(e) ~ sum(e)),
      mistake("by_column", "The columns add up to 1, not the rows.",
              "Each row is an example: divide by the sums of the rows.",
              e / rowSums(e) ~ t(t(e) / colSums(e))),
      mistake("recycled_columns", "The sums of the columns have been laid down along the rows.",
              "Divide by rowSums(): R fills a matrix column by column, so they meet their own rows.",
              e / rowSums(e) ~ e / as.vector(matrix(colSums(e), nrow(e), ncol(e)))),
      mistake("no_shift", "Large scores overflow: exp() of them is infinite, and Inf / Inf is NaN.",
              "Subtract the largest score of each row first: the probabilities stay the same.",
              exp(rows - apply(rows, 1, max)) ~ exp(rows)),
      mistake("one_shift_for_all",
              "All rows have been shifted by one maximum, so that rows far below it become 0 / 0.",
              "Subtract from each row its own largest score.",
              apply(rows, 1, max) ~ max(rows)),
      mistake("shift_by_column", "Each column has been shifted by its own maximum.",
              "What is subtracted has to be the same for all scores of a row.",
              (e <- exp(rows - apply(rows, 1, max))) ~ (e <- exp(t(t(rows) - apply(rows, 2, max))))),
      mistake("exp_missing", "The scores themselves have been divided by their sum.",
              "Take exp() of each score first.",
              (e <- exp(rows - apply(rows, 1, max))) ~ (e <- rows)),
      mistake("not_divided", "The exponentials have not been divided by their sum.",
              "Probabilities add up to 1.",
              list(e / rowSums(e) ~ e), list(rowSums(e) ~ apply(e, 1, max))),
      mistake("mean_for_sum", "The exponentials have been divided by their mean.",
              "Divide by their sum.",
              rowSums(e) ~ rowMeans(e)),
      mistake("sign", "The largest score gets the smallest probability.",
              "exp() of the score, not of its negative.",
              exp(rows - apply(rows, 1, max)) ~ exp(apply(rows, 1, min) - rows)),
      mistake("logarithms", "These are the logarithms of the probabilities.",
              "exp(x - logsumexp(x)), with the exp().",
              e / rowSums(e) ~ log(e / rowSums(e))),
      mistake("sigmoids", "This is the sigmoid of each score by itself.",
              "The scores of a row compete: divide by the sum over the row.",
              e / rowSums(e) ~ 1 / (1 + exp(-rows))),
      mistake("winner_only", "The largest score gets 1 and the others 0.",
              "Softmax is soft: every score gets its share.",
              e / rowSums(e) ~ (rows == apply(rows, 1, max)) + 0),
      mistake("cache_holds_probs", "The cache holds the probabilities.",
              "The cache is x.",
              list(probs = probs, cache = x) ~ list(probs = probs, cache = probs))
    )
  )
}

cross_entropy_cost_exercise <- function() {
  exercise(
    "cross_entropy_cost", "5.3", "Probabilities and the cost", "Cross-entropy cost",
    task = paste(
      "The mean over the batch of -log(p), where p is the probability that `AL`, a matrix (m, K),",
      "gives to an example's true class. `Y` is a factor with a level for each column, `batch_size`",
      "is m. Return list(loss, cache), where cache is a list of AL and Y.index, a matrix (m, 2) of",
      "each example's row and column in AL."
    ),
    solution = function(AL, Y, batch_size) {
      column <- as.integer(Y)
      Y.index <- cbind(seq_len(batch_size), column)
      loss <- -sum(log(AL[Y.index])) / batch_size
      list(loss = loss, cache = list(AL = AL, Y.index = Y.index))
    },
    cases = {
      cost <- function(title, labels, K, seed) {
        AL <- exp(numbers(length(labels), K, seed = seed) / 5)
        case(title, AL = AL / rowSums(AL), Y = factor(labels, levels = seq_len(K) - 1),
             batch_size = length(labels))
      }
      list(
        cost("one example", 1, 2, 1),
        cost("every class once", c(2, 0, 1), 3, 2),
        cost("a class is missing", c(2, 1, 2, 1), 3, 3),
        cost("all together", c(3, 1, 1, 4, 3), 5, 4)
      )
    },
    mistakes = list(
      mistake("not_averaged", "The cost is the sum over the batch, not its mean.",
              "Divide by batch_size.",
              -sum(log(AL[Y.index])) / batch_size ~ -sum(log(AL[Y.index]))),
      mistake("classes_present",
              paste("The classes have been numbered by those present in the batch: where one is",
                    "missing, the wrong columns are read."),
              "The levels of the factor are the columns, whether they occur or not.",
              as.integer(Y) ~ match(Y, sort(unique(Y)))),
      mistake("order_of_appearance", "The classes have been numbered as they come in the batch.",
              "The levels of the factor are the columns.",
              as.integer(Y) ~ match(Y, unique(Y))),
      mistake("counted_from_zero", "The labels themselves serve as columns, counted from 0.",
              "R counts columns from 1: as.integer() of the factor gives the number of its level.",
              list(as.integer(Y) ~ (as.integer(Y) - 1)),
              list(as.integer(Y) ~ as.integer(as.character(Y)))),
      mistake("sign", "The sign is wrong: a cost is positive.",
              "Logarithms of probabilities are negative; the cost is minus their mean.",
              -sum(log(AL[Y.index])) / batch_size ~ sum(log(AL[Y.index])) / batch_size),
      mistake("log_missing", "The logarithm is missing.",
              "It is the mean of -log(p).",
              log(AL[Y.index]) ~ AL[Y.index]),
      mistake("log_of_mean", "The logarithm has been taken of the mean probability.",
              "Take the logarithm of each probability first, then the mean.",
              -sum(log(AL[Y.index])) / batch_size ~ -log(sum(AL[Y.index]) / batch_size)),
      mistake("other_logarithm", "The logarithm is one to base 10 or 2.",
              "log() is the natural logarithm.",
              list(log(AL[Y.index]) ~ log10(AL[Y.index])),
              list(log(AL[Y.index]) ~ log2(AL[Y.index]))),
      mistake("all_cells", "All probabilities count, not only those of the true classes.",
              "Pick one cell in each row: AL[cbind(row, column)].",
              log(AL[Y.index]) ~ log(AL)),
      mistake("block_of_cells", "Rows and columns have been combined each with each.",
              "AL[rows, columns] is a block. AL[cbind(rows, columns)] picks one cell a row.",
              log(AL[Y.index]) ~ log(AL[seq_len(batch_size), column])),
      mistake("averaged_over_cells", "The sum has been divided by the number of cells.",
              "Divide by the number of examples.",
              -sum(log(AL[Y.index])) / batch_size ~ -sum(log(AL[Y.index])) / length(AL)),
      mistake("divided_by_classes", "The sum has been divided by the number of classes.",
              "Divide by the number of examples.",
              -sum(log(AL[Y.index])) / batch_size ~ -sum(log(AL[Y.index])) / ncol(AL)),
      mistake("predicted_class", "The class with the largest probability has been taken for the true one.",
              "The true class is what Y says.",
              as.integer(Y) ~ max.col(AL, "first")),
      mistake("every_class_by_itself", "The other classes count too, by -log(1 - p).",
              "That is the cost of sigmoids. After softmax only the true class counts.",
              -sum(log(AL[Y.index])) / batch_size ~
                -sum(log(AL[Y.index]), log(1 - AL), -log(1 - AL[Y.index])) / batch_size),
      mistake("index_transposed", "In Y.index the columns come before the rows.",
              "A matrix that serves as an index has the row first: cbind(row, column).",
              cbind(seq_len(batch_size), column) ~ cbind(column, seq_len(batch_size)))
    )
  )
}
