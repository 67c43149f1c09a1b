# What R's usual generics do with a fit.

#' @export
print.cnn <- function(x, ...) {
  check_fit(x, "x")
  shape <- paste(x$input, collapse = " x ")
  target <- if (x$loss == "mse") {
    paste(x$outputs, if (x$outputs == 1) "number" else "numbers")
  } else {
    paste(x$outputs, "classes")
  }
  cat("A convolutional network: ", shape, " -> ", target, ", ",
      big(sum(lengths(unlist(x$params, recursive = FALSE)))), " parameters\n", sep = "")
  cat("Layers: ", paste(names(x$layers), collapse = ", "), "\n", sep = "")
  epochs <- nrow(x$history)
  if (epochs == 0) {
    cat("Not trained\n")
    return(invisible(x))
  }
  cat("Trained on ", big(x$n), " images for ", epochs, if (epochs == 1) " epoch" else " epochs",
      " in ", format(round(sum(x$history$seconds), 1), nsmall = 1), " s\n", sep = "")
  shown <- x$best_epoch
  if (is.null(shown)) {
    shown <- epochs
  } else {
    if (out_of_patience(x)) cat(format_stop(x), "\n", sep = "")
    cat("Weights of epoch ", shown, ", the best by ", x$early_stopping$monitor, "\n", sep = "")
  }
  last <- x$history[shown, names(x$history) != "seconds"]
  print(last[, !is.na(last)], row.names = FALSE, digits = 4)
  invisible(x)
}

big <- function(x) format(x, big.mark = ",", scientific = FALSE, trim = TRUE)

#' Describe a network, layer by layer
#'
#' @param object A fit that [cnn()] returned.
#' @param ... Not used.
#'
#' @return A data frame of class `summary.cnn` with a row a layer: its name, its kind with its
#'   arguments, the shape of its output, the number of its parameters, and the multiply-adds for one
#'   image in the forward pass.
#'
#' @examples
#' digits <- mnist_sample()$test
#' fit <- cnn(digits$x[1:200, , , , drop = FALSE], digits$y[1:200], epochs = 1)
#' summary(fit)
#' @export
summary.cnn <- function(object, ...) {
  check_fit(object, "object")
  plan <- fit_plan(object)
  layers <- lapply(names(plan$layers), function(name) {
    built <- plan$layers[[name]]
    data.frame(
      layer = name,
      kind = layer_kind(built$layer),
      arguments = format_fields(unclass(built$layer)),
      output = paste(built$output, collapse = " x "),
      parameters = sum(lengths(object$params[[name]])),
      multiply_adds = if (is.null(built$macs)) 0 else built$macs
    )
  })
  structure(do.call(rbind, layers), input = object$input, class = c("summary.cnn", "data.frame"))
}

#' @export
print.summary.cnn <- function(x, ...) {
  cat("Input: ", paste(attr(x, "input"), collapse = " x "), "\n", sep = "")
  shown <- data.frame(
    layer = x$layer, kind = x$kind, output = x$output,
    parameters = big(x$parameters), `multiply-adds` = big(x$multiply_adds), check.names = FALSE
  )
  print(shown, row.names = FALSE)
  cat("In all ", big(sum(x$parameters)), " parameters, ", big(sum(x$multiply_adds)),
      " multiply-adds an image\n", sep = "")
  invisible(x)
}

#' The weights of a network
#'
#' @param object A fit that [cnn()] returned.
#' @param layer The name or the number of a layer; `NULL` for all that have parameters.
#' @param ... Not used.
#'
#' @return The parameters of the layer, a list of arrays: `W` and `b` as [conv_forward()] or
#'   [affine_forward()] takes them, `gamma` and `beta` of [batchnorm_forward()]. Without `layer` a
#'   list of such lists, by layer.
#'
#' @section Errors:
#' A layer that does not exist.
#'
#' @examples
#' digits <- mnist_sample()$test
#' fit <- cnn(digits$x[1:200, , , , drop = FALSE], digits$y[1:200], epochs = 1)
#' lapply(coef(fit), lapply, dim)
#' coef(fit, "conv1")$W[, , 1, 1]
#' @export
coef.cnn <- function(object, layer = NULL, ...) {
  check_fit(object, "object", whole = FALSE)
  if (is.null(layer)) {
    return(object$params)
  }
  object$params[[check_layer_name(object, layer)]]
}

# The name of a layer, from a name or a number.
check_layer_name <- function(fit, layer, name = "layer") {
  names <- names(fit$layers)
  if (is.numeric(layer) && checkmate::test_int(layer, lower = 1, upper = length(names))) {
    return(names[as.integer(layer)])
  }
  if (!checkmate::test_string(layer) || !layer %in% names) {
    stop_assertion(name, "Must be one of ", paste0("\"", names, "\"", collapse = ", "),
                   " or a number from 1 to ", length(names), ", but is ",
                   if (checkmate::test_string(layer)) quoted(layer) else
                     describe_number(layer))
  }
  layer
}

#' Train again with other arguments
#'
#' Calls [cnn()] as `object` was made, with some arguments changed. To train the same net further,
#' use `cnn(x, y, init = object)` instead.
#'
#' @param object A fit that [cnn()] returned.
#' @param ... Arguments of [cnn()] to change or add; `NULL` takes one away.
#' @param evaluate Whether to make the call, or only to return it.
#'
#' @return A new fit, or the call.
#'
#' @examples
#' digits <- mnist_sample()$test
#' x <- digits$x[1:200, , , , drop = FALSE]
#' y <- digits$y[1:200]
#' fit <- cnn(x, y, epochs = 1)
#' update(fit, optimizer = adam(0.003), evaluate = FALSE)
#' @export
update.cnn <- function(object, ..., evaluate = TRUE) {
  check_fit(object, "object")
  check_flag(evaluate, "evaluate")
  call <- object$call
  changes <- as.list(substitute(list(...)))[-1]
  if (length(changes) > 0 && (is.null(names(changes)) || any(names(changes) == ""))) {
    stop_assertion("...", "Must have a name for each argument")
  }
  call[names(changes)] <- changes
  if (evaluate) eval(call, parent.frame()) else call
}

#' The number of images a network was trained on
#'
#' @param object A fit that [cnn()] returned.
#' @param ... Not used.
#' @return A number; images set apart for validation do not count.
#' @examples
#' digits <- mnist_sample()$test
#' nobs(cnn(digits$x[1:200, , , , drop = FALSE], digits$y[1:200], epochs = 1))
#' @importFrom stats nobs
#' @export
nobs.cnn <- function(object, ...) check_fit(object, "object")$n
