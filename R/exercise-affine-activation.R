# Chapter 4 of the exercises: an affine layer with its activation. See R/exercises.R for the form.

affine_activation_forward_exercise <- function() {
  exercise(
    "affine_activation_forward", "4.5", "The affine layer", "Affine layer with activation",
    task = paste(
      "The affine layer and then its activation: `activation` is \"relu\" (the default),",
      "\"sigmoid\", or the string \"NULL\" for none. Return list(A, cache), where cache is a list of",
      "affine_cache, list(A_prev, W, b), and activation_cache, the Z that the activation was given",
      "(for \"NULL\", the affine_cache again)."
    ),
    solution = function(A_prev, W, b, activation = "relu") {
      Z <- A_prev %*% W + rep(b, each = nrow(A_prev))
      affine_cache <- list(A_prev = A_prev, W = W, b = b)
      activation_cache <- if (activation == "NULL") affine_cache else Z
      A <- if (activation == "relu") {
        pmax(Z, 0)
      } else if (activation == "sigmoid") {
        1 / (1 + exp(-Z))
      } else {
        Z
      }
      list(A = A, cache = list(affine_cache = affine_cache, activation_cache = activation_cache))
    },
    cases = {
      layer <- function(title, m, D, U, ...) {
        case(title, A_prev = numbers(m, D, seed = m), W = numbers(D, U, seed = 3) / 5,
             b = numbers(1, U, seed = 4) / 2, ...)
      }
      list(
        layer("one of each", 1, 1, 1, activation = "relu"),
        layer("relu", 3, 2, 4, activation = "relu"),
        layer("sigmoid", 3, 2, 4, activation = "sigmoid"),
        layer("as many examples as units", 3, 2, 3, activation = "sigmoid"),
        layer("no activation", 3, 2, 4, activation = "NULL"),
        layer("no activation named", 4, 3, 2)
      )
    },
    mistakes = list(
      mistake("activation_ignored", "No activation has been applied.",
              "Choose by `activation` what becomes of Z.",
              list(pmax(Z, 0) ~ Z, 1 / (1 + exp(-Z)) ~ Z)),
      mistake("always_relu", "The ReLU is applied whatever `activation` says.",
              "Ask for \"sigmoid\" and \"NULL\" too.",
              list(1 / (1 + exp(-Z)) ~ pmax(Z, 0),
                   (if (activation == "sigmoid") {
                     pmax(Z, 0)
                   } else {
                     Z
                   }) ~ pmax(Z, 0))),
      mistake("always_sigmoid", "The sigmoid is applied whatever `activation` says.",
              "Ask for \"relu\" and \"NULL\" too.",
              function(A_prev, W, b, activation = "relu") {
                Z <- A_prev %*% W + rep(b, each = nrow(A_prev))
                affine_cache <- list(A_prev = A_prev, W = W, b = b)
                list(A = 1 / (1 + exp(-Z)), cache = list(
                  affine_cache = affine_cache,
                  activation_cache = if (activation == "NULL") affine_cache else Z
                ))
              }),
      mistake("activations_swapped", "The two activations are swapped.",
              "\"relu\" cuts at 0, \"sigmoid\" squeezes between 0 and 1.",
              list(activation == "relu" ~ activation == "other",
                   activation == "sigmoid" ~ activation == "relu",
                   activation == "other" ~ activation == "sigmoid")),
      mistake("relu_without_activation", "Where no activation is asked for, the ReLU is applied.",
              "For \"NULL\", A is Z.",
              (if (activation == "sigmoid") {
                1 / (1 + exp(-Z))
              } else {
                Z
              }) ~ (if (activation == "sigmoid") {
                1 / (1 + exp(-Z))
              } else {
                pmax(Z, 0)
              })),
      mistake("bias_down_the_columns",
              paste("The bias runs down the examples instead of along the units: R fills a matrix",
                    "column by column."),
              "Each column gets one bias: sweep(), or rep(b, each = m).",
              rep(b, each = nrow(A_prev)) ~ as.vector(b)),
      mistake("bias_forgotten", "The bias is missing.",
              "Each unit adds its own bias, before the activation.",
              A_prev %*% W + rep(b, each = nrow(A_prev)) ~ A_prev %*% W),
      mistake("input_activated", "The activation has been applied to the input.",
              "First the affine part, then the activation of its result.",
              function(A_prev, W, b, activation = "relu") {
                affine_cache <- list(A_prev = A_prev, W = W, b = b)
                A <- switch(activation, relu = pmax(A_prev, 0), sigmoid = 1 / (1 + exp(-A_prev)), A_prev)
                A <- A %*% W + rep(b, each = nrow(A_prev))
                list(A = A, cache = list(
                  affine_cache = affine_cache,
                  activation_cache = if (activation == "NULL") affine_cache else A_prev
                ))
              }),
      mistake("cache_holds_A", "The activation_cache holds the activated values.",
              "The backward pass of the activation expects Z.",
              list(affine_cache = affine_cache, activation_cache = activation_cache) ~
                list(affine_cache = affine_cache,
                     activation_cache = if (activation == "NULL") affine_cache else A))
    )
  )
}

affine_activation_backward_exercise <- function() {
  exercise(
    "affine_activation_backward", "4.6", "The affine layer", "Affine layer with activation, backward",
    task = paste(
      "The way back: from `dA`, the gradient with respect to A, through the activation (`activation`",
      "is \"relu\", \"sigmoid\" or \"NULL\") to dZ, and from there as in affine_backward(). `cache` is",
      "what the forward function returned. Return list(dA_prev, dW, db)."
    ),
    solution = function(dA, cache, activation) {
      A_prev <- cache$affine_cache$A_prev
      W <- cache$affine_cache$W
      Z <- cache$activation_cache
      m <- nrow(A_prev)
      dZ <- dA
      if (activation == "relu") dZ[Z < 0] <- 0
      if (activation == "sigmoid") dZ <- dA / (1 + exp(-Z)) / (1 + exp(Z))
      dA_prev <- dZ %*% t(W)
      dW <- t(A_prev) %*% dZ / m
      db <- matrix(colSums(dZ) / m, 1)
      list(dA_prev = dA_prev, dW = dW, db = db)
    },
    cases = {
      layer <- function(title, m, D, U, activation) {
        A_prev <- numbers(m, D, seed = 2)
        W <- numbers(D, U, seed = 3) / 5
        b <- numbers(1, U, seed = 4) / 2
        cache <- list(A_prev = A_prev, W = W, b = b)
        Z <- A_prev %*% W + rep(b, each = m)
        case(title, dA = numbers(m, U), cache = list(
          affine_cache = cache, activation_cache = if (activation == "NULL") cache else Z
        ), activation = activation)
      }
      list(
        layer("no activation", 3, 2, 4, "NULL"),
        layer("relu", 3, 2, 4, "relu"),
        layer("sigmoid", 3, 2, 4, "sigmoid"),
        layer("as many of each", 3, 3, 3, "relu"),
        layer("more units, sigmoid", 2, 3, 5, "sigmoid")
      )
    },
    mistakes = c(affine_gradient_mistakes(), list(
      mistake("activation_skipped", "The gradient has not been led through the activation.",
              "Multiply dA by the slope of the activation at Z before the affine part.",
              list((dZ[Z < 0] <- 0) ~ (dZ <- dA),
                   (dZ <- dA / (1 + exp(-Z)) / (1 + exp(Z))) ~ (dZ <- dA))),
      mistake("relu_skipped", "The gradient has not been led through the ReLU.",
              "For \"relu\" dZ is dA where Z is 0 or more, and 0 elsewhere.",
              (dZ[Z < 0] <- 0) ~ (dZ <- dA)),
      mistake("sigmoid_skipped", "The gradient has not been led through the sigmoid.",
              "For \"sigmoid\" dZ is dA * s * (1 - s).",
              (dZ <- dA / (1 + exp(-Z)) / (1 + exp(Z))) ~ (dZ <- dA)),
      mistake("activations_swapped", "The slopes of the two activations are swapped.",
              "\"relu\" has the slopes 0 and 1, \"sigmoid\" s * (1 - s).",
              list(activation == "relu" ~ activation == "other",
                   activation == "sigmoid" ~ activation == "relu",
                   activation == "other" ~ activation == "sigmoid")),
      mistake("sign_of_dA", "At the ReLU the gradient is cut by its own sign.",
              "Whether it passes depends on Z, which is the activation_cache.",
              dZ[Z < 0] ~ dZ[dA < 0]),
      mistake("mask_inverted", "At the ReLU the gradient passes where Z is below 0.",
              "It passes where Z passed.",
              dZ[Z < 0] ~ dZ[Z >= 0]),
      mistake("value_for_slope", "At the sigmoid dA has been multiplied by the value, not the slope.",
              "The slope is s * (1 - s).",
              dA / (1 + exp(-Z)) / (1 + exp(Z)) ~ dA / (1 + exp(-Z))),
      mistake("slope_only", "At the sigmoid dA has no part in it.",
              "The slope is multiplied by the gradient that comes from behind.",
              dA / (1 + exp(-Z)) / (1 + exp(Z)) ~ 1 / (1 + exp(-Z)) / (1 + exp(Z)))
    ))
  )
}
