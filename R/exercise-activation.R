# Chapter 2 of the exercises: activations. See R/exercises.R for the form.

sigmoid_exercise <- function() {
  exercise(
    "sigmoid", "2.1", "Activation", "Sigmoid",
    task = paste(
      "Squeeze each value of `Z`, an array of any shape, between 0 and 1: 1 / (1 + exp(-z)). Return",
      "list(A, cache), where A has the shape of Z and cache is Z itself."
    ),
    solution = function(Z) {
      A <- 1 / (1 + exp(-Z))
      list(A = A, cache = Z)
    },
    cases = list(
      case("one number", Z = 0.5),
      case("a vector", Z = c(-2, -0.5, 0, 1, 3)),
      case("a matrix", Z = numbers(2, 3) / 4),
      case("a batch", Z = numbers(2, 2, 3, 2) / 3),
      case("large numbers", Z = c(-800, -30, 30, 800))
    ),
    mistakes = list(
      mistake("sign_missing", "The sign of Z is missing: the curve falls where it should rise.",
              "It is exp(-Z), with a minus.",
              exp(-Z) ~ exp(Z)),
      mistake("brackets_missing", "This is 1 + exp(-Z): nothing has been divided by it.",
              "1 / (1 + exp(-Z)): without the brackets the division comes before the sum.",
              1 / (1 + exp(-Z)) ~ 1 / 1 + exp(-Z)),
      mistake("minus_below", "Below the line there is a minus where a plus belongs.",
              "It is 1 plus exp(-Z).",
              1 + exp(-Z) ~ 1 - exp(-Z)),
      mistake("overflow", "Large values of Z give NaN: exp(Z) becomes infinite, and Inf / Inf is NaN.",
              "Write it so that exp() of a large positive number is below the line only.",
              1 / (1 + exp(-Z)) ~ exp(Z) / (1 + exp(Z))),
      mistake("hyperbolic_tangent", "This is the hyperbolic tangent, which runs from -1 to 1.",
              "The sigmoid runs from 0 to 1.",
              1 / (1 + exp(-Z)) ~ tanh(Z)),
      mistake("slope", "This is the slope of the sigmoid, not its value.",
              "The factor A * (1 - A) belongs into the backward pass.",
              1 / (1 + exp(-Z)) ~ 1 / (1 + exp(-Z)) * (1 - 1 / (1 + exp(-Z)))),
      mistake("rectifier", "This is the ReLU.",
              "The sigmoid bends every value; it cuts none off.",
              1 / (1 + exp(-Z)) ~ Z * (Z > 0)),
      mistake("base_two", "The powers are those of 2.",
              "exp() gives the powers of e.",
              exp(-Z) ~ 2^(-Z)),
      mistake("cache_holds_A", "The cache holds A.",
              "The backward pass expects Z there.",
              list(A = A, cache = Z) ~ list(A = A, cache = A))
    )
  )
}

relu_exercise <- function() {
  exercise(
    "relu", "2.2", "Activation", "ReLU",
    task = paste(
      "Keep what is positive in `Z`, an array of any shape, and set the rest to 0. Return",
      "list(A, cache), where A has the shape of Z and cache is Z itself."
    ),
    solution = function(Z) {
      A <- Z
      A[Z < 0] <- 0
      list(A = A, cache = Z)
    },
    cases = list(
      case("one number", Z = 2),
      case("one below 0", Z = -3),
      case("a vector", Z = c(-2, -0.5, 0, 0.25, 3)),
      case("a matrix", Z = numbers(2, 3)),
      case("a batch", Z = numbers(2, 2, 3, 2))
    ),
    mistakes = list(
      mistake("one_maximum", "One maximum over all cells has been taken.",
              "max() gives one number for all; pmax() goes cell by cell.",
              (A[Z < 0] <- 0) ~ (A <- max(Z, 0))),
      mistake("positive_cut", "What is positive has been cut off.",
              "The positive values stay.",
              A[Z < 0] ~ A[Z > 0]),
      mistake("absolute_values", "Negative values have lost their sign.",
              "They become 0.",
              (A[Z < 0] <- 0) ~ (A <- abs(Z))),
      mistake("leaky", "Negative values have been made small, not 0.",
              "That is the leaky ReLU. Here they become 0.",
              list((A[Z < 0] <- 0) ~ (A[Z < 0] <- 0.01 * Z[Z < 0])),
              list((A[Z < 0] <- 0) ~ (A[Z < 0] <- 0.1 * Z[Z < 0]))),
      mistake("step", "Positive values have become 1.",
              "That is the slope, for the backward pass. Here they stay as they are.",
              (A[Z < 0] <- 0) ~ (A <- (Z > 0) + 0)),
      mistake("nothing_cut", "Negative values have been kept.",
              "They become 0.",
              (A[Z < 0] <- 0) ~ (A <- Z)),
      mistake("cut_at_one", "Values between 0 and 1 have been cut off as well.",
              "The bound is 0.",
              A[Z < 0] ~ A[Z < 1]),
      mistake("left_out", "Negative values have been left out, so the shape is lost.",
              "They become 0, and stay in their place.",
              (A[Z < 0] <- 0) ~ (A <- Z[Z >= 0])),
      mistake("sigmoid", "This is the sigmoid.",
              "The ReLU leaves positive values as they are.",
              (A[Z < 0] <- 0) ~ (A <- 1 / (1 + exp(-Z)))),
      mistake("cache_holds_A", "The cache holds A.",
              "The backward pass expects Z there.",
              list(A = A, cache = Z) ~ list(A = A, cache = A))
    )
  )
}

sigmoid_backward_exercise <- function() {
  exercise(
    "sigmoid_backward", "2.3", "Activation", "Sigmoid, backward pass",
    task = paste(
      "`dA` is the gradient with respect to A, `cache` is Z. Return the gradient with respect to Z:",
      "dA times the slope of the sigmoid, s * (1 - s), where s is the sigmoid of Z."
    ),
    solution = function(dA, cache) {
      s <- 1 / (1 + exp(-cache))
      dA * s * (1 - s)
    },
    cases = list(
      case("one number", dA = 2, cache = 0.5),
      case("a vector", dA = c(1, -2, 3, 0.5), cache = c(-2, 0, 1, 3)),
      case("a matrix", dA = numbers(2, 3), cache = numbers(2, 3, seed = 2) / 4),
      case("a batch", dA = numbers(2, 2, 3, 2), cache = numbers(2, 2, 3, 2, seed = 3) / 3)
    ),
    mistakes = list(
      mistake("gradient_forgotten", "dA has no part in it: this is the slope alone.",
              "The slope is multiplied by the gradient that comes from behind.",
              dA * s * (1 - s) ~ s * (1 - s)),
      mistake("cache_taken_for_A", "The cache has been taken for the value of the sigmoid.",
              "The cache is Z: take its sigmoid first.",
              (s <- 1 / (1 + exp(-cache))) ~ (s <- cache)),
      mistake("value_only", "This is dA times the value of the sigmoid.",
              "The slope has a second factor, 1 - s.",
              dA * s * (1 - s) ~ dA * s),
      mistake("complement_only", "The factor s is missing.",
              "The slope is s * (1 - s).",
              dA * s * (1 - s) ~ dA * (1 - s)),
      mistake("plus_for_minus", "The second factor is 1 + s.",
              "It is 1 - s.",
              1 - s ~ 1 + s),
      mistake("squared", "The second factor is 1 - s^2: that is the slope of the hyperbolic tangent.",
              "The sigmoid's slope is s * (1 - s).",
              dA * s * (1 - s) ~ dA * (1 - s^2)),
      mistake("sigmoid_of_dA", "The sigmoid has been taken of dA.",
              "The slope is that at Z, which is the cache.",
              (s <- 1 / (1 + exp(-cache))) ~ (s <- 1 / (1 + exp(-dA)))),
      mistake("added", "The slope has been added to dA.",
              "By the chain rule it is multiplied.",
              dA * s * (1 - s) ~ dA + s * (1 - s)),
      mistake("divided", "dA has been divided by the slope.",
              "By the chain rule it is multiplied.",
              dA * s * (1 - s) ~ dA / (s * (1 - s))),
      mistake("mask_of_the_rectifier", "This is the backward pass of the ReLU.",
              "The sigmoid has a slope everywhere.",
              dA * s * (1 - s) ~ dA * (cache >= 0)),
      mistake("sign", "The sign is wrong everywhere.",
              "The sigmoid rises: its slope is positive.",
              dA * s * (1 - s) ~ -dA * s * (1 - s))
    )
  )
}

relu_backward_exercise <- function() {
  exercise(
    "relu_backward", "2.4", "Activation", "ReLU, backward pass",
    task = paste(
      "`dA` is the gradient with respect to A, `cache` is Z. Return the gradient with respect to Z:",
      "dA where Z is 0 or more, and 0 where Z is below."
    ),
    solution = function(dA, cache) {
      dZ <- dA
      dZ[cache < 0] <- 0
      dZ
    },
    cases = list(
      case("one number", dA = 2, cache = 3),
      case("a negative gradient", dA = -2, cache = 3),
      case("one below 0", dA = 2, cache = -3),
      case("at 0", dA = c(4, -3), cache = c(0, 0)),
      case("a matrix", dA = numbers(2, 3), cache = numbers(2, 3, seed = 2)),
      case("a batch", dA = numbers(2, 2, 3, 2), cache = numbers(2, 2, 3, 2, seed = 3))
    ),
    mistakes = list(
      mistake("sign_of_dA", "The gradient is cut by its own sign instead of that of Z.",
              "Whether it passes depends on the forward pass: on Z, which is the cache.",
              dZ[cache < 0] ~ dZ[dA < 0]),
      mistake("both_signs", "The gradient is cut by its own sign too.",
              "Whether it passes depends on Z alone: gradients may be negative.",
              dZ[cache < 0] ~ dZ[cache < 0 | dA < 0]),
      mistake("blocked_at_zero", "Where Z is 0, nothing passes.",
              "Here the gradient passes at 0 too: only Z < 0 is cut.",
              cache < 0 ~ cache <= 0),
      mistake("mask_inverted", "The gradient passes where Z is below 0, and is cut elsewhere.",
              "It passes where Z passed.",
              list(cache < 0 ~ cache > 0), list(cache < 0 ~ cache >= 0)),
      mistake("mask_only", "This is the mask of zeros and ones; dA has no part in it.",
              "Multiply the mask by the gradient.",
              (dZ <- dA) ~ (dZ <- 0 * dA + 1)),
      mistake("times_Z", "dA has been multiplied by the value of the ReLU.",
              "It is multiplied by its slope, which is 0 or 1.",
              (dZ <- dA) ~ (dZ <- dA * cache)),
      mistake("forward", "This is the ReLU of Z: the forward pass.",
              "Start from dA, and cut it where Z is below 0.",
              (dZ <- dA) ~ (dZ <- cache)),
      mistake("nothing_cut", "dA passes everywhere.",
              "Where Z is below 0, the ReLU was flat: its slope is 0.",
              (dZ[cache < 0] <- 0) ~ (dZ <- dA)),
      mistake("negative_slope", "Where Z is below 0, the sign of dA has been turned.",
              "There the slope is 0.",
              (dZ[cache < 0] <- 0) ~ (dZ[cache < 0] <- -dA[cache < 0]))
    )
  )
}
