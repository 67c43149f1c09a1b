# What R's usual generics do with a fit.

#' @export
print.cnn <- function(x, ...) {
  check_fit(x, "x")
  shape <- paste(x$input, collapse = " x ")
  cat("A convolutional network: ", shape, " -> ", loss_words(x$loss, x), ", ",
      big(sum(lengths(unlist(x$params, recursive = FALSE)))), " parameters\n", sep = "")
  cat("Layers: ", paste(names(x$layers), collapse = ", "), "\n", sep = "")
  if (is_single(x)) cat("Computes in single precision\n")
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
  last <- x$history[shown, !names(x$history) %in% c("lr", "seconds")]
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
  structure(do.call(rbind, layers), input = object$input, paths = plan$paths,
            class = c("summary.cnn", "data.frame"))
}

#' @export
print.summary.cnn <- function(x, ...) {
  cat("Input: ", paste(attr(x, "input"), collapse = " x "), "\n", sep = "")
  # Branches have lines without a layer; an empty one passes on what it gets.
  paths <- attr(x, "paths")
  known <- match(paths, x$layer)
  inside <- vapply(paths, function(path) any(startsWith(paths, paste0(path, "/"))), NA)
  column <- function(values, branch = "") ifelse(is.na(known), branch, values[known])
  shown <- data.frame(
    layer = format(draw_tree(paths)), kind = column(x$kind, ifelse(inside, "", "input as it is")),
    output = column(x$output), parameters = column(big(x$parameters)),
    `multiply-adds` = column(big(x$multiply_adds)), check.names = FALSE
  )
  names(shown)[1] <- format("layer", width = nchar(shown$layer[1]))
  print(shown, row.names = FALSE)
  cat("In all ", big(sum(x$parameters)), " parameters, ", big(sum(x$multiply_adds)),
      " multiply-adds an image\n", sep = "")
  invisible(x)
}

# Paths as a tree, a line each: what is inside of something hangs under it.
draw_tree <- function(paths) {
  parent <- sub("/?[^/]*$", "", paths)
  is_last <- !duplicated(parent, fromLast = TRUE)
  # To one with others below it, to the last, beside something, beside nothing more.
  lines <- if (cli::is_utf8_output()) {
    c("\u251c ", "\u2514 ", "\u2502 ", "  ")
  } else {
    c("|-", "`-", "| ", "  ")
  }
  # The lines in front of what is inside of `path`.
  front <- function(path) {
    if (!grepl("/", path, fixed = TRUE)) {
      return("")
    }
    i <- match(path, paths)
    paste0(front(parent[i]), lines[if (is_last[i]) 4 else 3])
  }
  vapply(seq_along(paths), function(i) {
    if (parent[i] == "") {
      return(paths[i])
    }
    paste0(front(parent[i]), lines[if (is_last[i]) 2 else 1], sub("^.*/", "", paths[i]))
  }, "")
}

#' The weights of a network
#'
#' @param object A fit that [cnn()] returned.
#' @param layer The name or the number of a layer, or the path of one inside another
#'   (`"residual1/conv2"`); `NULL` for all that have parameters.
#' @param ... Not used.
#'
#' @return The parameters of the layer, a list of arrays: `W` and `b` as [conv_forward()] or
#'   [affine_forward()] takes them, `gamma` and `beta` of [batchnorm_forward()]. Without `layer`,
#'   and for a layer that holds others, a list of such lists, by layer.
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
  layer <- check_layer_name(object, layer)
  inside <- names(object$params)[startsWith(names(object$params), paste0(layer, "/"))]
  if (length(inside) > 0) object$params[inside] else as.list(object$params[[layer]])
}

# The path of a layer, from a path or a number in the list of layers.
check_layer_name <- function(fit, layer, name = "layer") {
  outer <- names(fit$layers)
  if (is.numeric(layer) && checkmate::test_int(layer, lower = 1, upper = length(outer))) {
    return(outer[as.integer(layer)])
  }
  paths <- names(fit_plan(fit)$layers)
  if (!checkmate::test_string(layer) || !layer %in% paths) {
    shown <- if (length(paths) > 20) c(outer, setdiff(paths, outer))[seq_len(20)] else paths
    stop_assertion(name, "Must be one of ", paste0("\"", shown, "\"", collapse = ", "),
                   if (length(paths) > 20) ", ...", " or a number from 1 to ", length(outer),
                   ", but is ",
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
