# A loss of the user's own: a function that says what is lost, and where it would be less.

#' @rdname losses
#' @export
loss_own <- function(f, outputs = NULL) {
  if (!is.function(f)) stop_assertion("f", "Must be a function, but is ", describe(f))
  new_loss("own", list(f = f, outputs = if (!is.null(outputs)) check_count(outputs, "outputs")))
}

# Classes, whose numbers `y` holds then, or a matrix.
loss_target.loss_own <- function(loss, y, name, m, init) {
  target <- if (is.factor(y)) {
    loss_target.loss_cross_entropy(loss, y, name, m, init)
  } else {
    number_target(y, name, m, loss)
  }
  if (!is.null(loss$outputs)) {
    if (is.factor(y) && loss$outputs != nlevels(y)) {
      stop_assertion("loss", "Must have an output a class (", nlevels(y), "), but has ",
                     loss$outputs)
    }
    if (target$outputs != loss$outputs) target$names <- NULL
    target$outputs <- loss$outputs
    target$columns <- ncol(target$y)
  }
  target
}

loss_new_target.loss_own <- function(loss, y, name, m, fit) {
  if (!is.null(fit$levels)) {
    return(loss_new_target.loss_cross_entropy(loss, y, name, m, fit))
  }
  target <- number_target(y, name, m, loss)
  if (is.null(loss$outputs)) check_output_count(target, name, fit) else target$y
}

loss_value.loss_own <- function(loss, Z, y, weights, gradient) {
  result <- loss$f(Z, y)
  good <- is.list(result) && is_numeric_like(result$value) && length(result$value) == nrow(Z) &&
    is_numeric_like(result$gradient) && identical(dim(result$gradient), dim(Z))
  if (!good) {
    stop_assertion("loss", "Must return a list of 'value', a number for each of the ", nrow(Z),
                   " images, and 'gradient', a matrix of dim ", format_dim(dim(Z)),
                   ", but returned ", if (is.list(result)) {
                     paste0("'value', ", describe(result$value), ", and 'gradient', ",
                            describe(result$gradient))
                   } else {
                     describe(result)
                   })
  }
  list(sum = sum(result$value), correct = NA,
       dZ = if (gradient) as_double(result$gradient))
}

loss_prediction.loss_own <- function(loss, Z, type, fit) {
  if (is.null(fit$levels)) {
    loss_prediction.loss_mse(loss, Z, type, fit)
  } else {
    loss_prediction.loss_cross_entropy(loss, Z, type, fit)
  }
}

loss_measures.loss_own <- function(loss, Z, y, fit) {
  if (is.null(fit$levels)) list() else class_measures(y, max.col(Z, "first"), fit$levels)
}

loss_fits.loss_own <- function(loss, fit) {
  is.null(fit$levels) || loss_fits.loss_cross_entropy(loss, fit)
}

loss_words.loss_own <- function(loss, target) {
  if (is.null(target$levels)) {
    count_of(target$outputs, "output", "outputs")
  } else {
    paste(target$outputs, "classes")
  }
}

loss_counts.loss_own <- function(loss) FALSE
