# One class an image: cross-entropy of the softmax of the outputs.

#' @rdname losses
#' @export
loss_cross_entropy <- function(label_smoothing = 0) {
  new_loss("cross_entropy", list(
    label_smoothing = check_finite(label_smoothing, "label_smoothing", 0, 1)
  ))
}

# `y` are the numbers of the levels, or a matrix of probabilities with a column a level.
loss_target.loss_cross_entropy <- function(loss, y, name, m, init) {
  if (is_numeric_like(y) && length(dim(y)) == 2) {
    return(probability_target(y, name, m))
  }
  y <- check_classes(y, name)
  if (is.double(y) && any(y != round(y), na.rm = TRUE)) {
    stop_assertion(name, "Must hold classes, but holds fractions: for numbers to predict use ",
                   "loss = \"mse\"")
  }
  check_target_length(length(y), name, m)
  check_no_na(y, name)
  classes <- if (is.factor(y)) y else if (is.null(init)) factor(y) else factor(y, init$levels)
  if (anyNA(classes)) {
    stop_assertion("init", "Must know all classes of '", name, "', but does not know ",
                   paste0("\"", unique(y[is.na(classes)]), "\"", collapse = ", "))
  }
  if (is.null(init) && length(unique(classes)) < 2) {
    stop_assertion(name, "Must have at least two classes, but all are \"", classes[1], "\"")
  }
  list(y = as.integer(classes), levels = levels(classes), outputs = nlevels(classes))
}

# What each class's share in an image is.
probability_target <- function(y, name, m) {
  levels <- colnames(y)
  if (is.null(levels) || anyNA(levels) || anyDuplicated(levels) || ncol(y) < 2) {
    stop_assertion(name, "Must have at least two columns with the names of the classes, where it ",
                   "is a matrix of their probabilities, but is ", describe(y))
  }
  check_target_length(nrow(y), name, m)
  y <- as_double(y)
  bad <- which(!is.finite(rowSums(y)) | rowSums(y < 0) > 0 | abs(rowSums(y) - 1) > 1e-6)
  if (length(bad) > 0) {
    stop_assertion(name, "Must hold probabilities, rows of numbers of at least 0 with the sum 1, ",
                   "but row ", bad[1], " is ", paste(format(y[bad[1], ]), collapse = ", "))
  }
  list(y = unname(y), levels = levels, outputs = ncol(y))
}

loss_new_target.loss_cross_entropy <- function(loss, y, name, m, fit) {
  if (is_numeric_like(y) && length(dim(y)) == 2) {
    target <- probability_target(y, name, m)
    check_known_classes(target$levels, name, fit)
    return(target$y[, match(fit$levels, target$levels), drop = FALSE])
  }
  y <- check_classes(y, name)
  check_target_length(length(y), name, m)
  check_no_na(y, name)
  check_known_classes(y, name, fit)
}

# The numbers of the classes among the fit's levels.
check_known_classes <- function(y, name, fit) {
  codes <- match(as.character(y), fit$levels)
  if (anyNA(codes)) {
    stop_assertion(name, "Must hold classes of the fit (",
                   paste0("\"", fit$levels, "\"", collapse = ", "), "), but holds ",
                   paste0("\"", unique(as.character(y)[is.na(codes)]), "\"", collapse = ", "))
  }
  codes
}

check_classes <- function(y, name) {
  if (length(dim(y)) > 1 || !is.atomic(y)) {
    stop_assertion(name, "Must be a factor or a vector of classes, but is ", describe(y))
  }
  # R sorts no bytes, and factor() sorts.
  if (is.raw(y)) as.integer(y) else y
}

check_no_na <- function(y, name) {
  missing <- is.na(as.vector(y)) # a factor's codes are there even where the level is NA
  if (any(missing)) {
    stop_assertion(name, "Must have no NA, but has ", sum(missing), ", the first for image ",
                   which(missing)[1])
  }
  if (anyNA(levels(y))) stop_assertion(name, "Must have no level NA, but has one")
}

loss_value.loss_cross_entropy <- function(loss, Z, y, weights, gradient) {
  softmax_loss_cpp(Z, y, loss$label_smoothing, weights, gradient)
}

loss_takes_single.loss_cross_entropy <- function(loss) TRUE

loss_prediction.loss_cross_entropy <- function(loss, Z, type, fit) {
  colnames(Z) <- fit$levels
  switch(type,
    class = classes_of(Z, fit), # the largest output has the largest probability
    prob = fresh(softmax_cpp(Z)),
    logit = Z
  )
}

loss_measures.loss_cross_entropy <- function(loss, Z, y, fit) {
  truth <- if (is.matrix(y)) max.col(y, "first") else y
  class_measures(truth, max.col(Z, "first"), fit$levels)
}

class_measures <- function(truth, predicted, levels) {
  k <- length(levels)
  list(
    accuracy = mean(truth == predicted),
    recall = stats::setNames(tabulate(truth[truth == predicted], k) / tabulate(truth, k), levels)
  )
}

loss_fits.loss_cross_entropy <- function(loss, fit) {
  is.character(fit$levels) && length(fit$levels) == fit$outputs && !anyNA(fit$levels) &&
    !anyDuplicated(fit$levels)
}

loss_words.loss_cross_entropy <- function(loss, target) paste(target$outputs, "classes")

# A number a level, in the order of the levels.
loss_weights.loss_cross_entropy <- function(loss, weights, target, rows) {
  named_weights(weights, target$levels, "class", function() {
    y <- gather_target(target$y, rows)
    counts <- if (is.matrix(y)) colSums(y) else tabulate(y, length(target$levels))
    ifelse(counts > 0, sum(counts) / (sum(counts > 0) * counts), 0)
  })
}

# `balanced` makes the weights that the word stands for.
named_weights <- function(weights, names, what, balanced) {
  if (is.null(weights)) {
    return(NULL)
  }
  if (identical(weights, "balanced")) {
    return(stats::setNames(balanced(), names))
  }
  if (!checkmate::test_numeric(weights, lower = 0, finite = TRUE, any.missing = FALSE,
                               len = length(names)) ||
        !(is.null(names(weights)) || setequal(names(weights), names))) {
    stop_assertion("class_weights", "Must be \"balanced\" or one number of at least 0 a ", what,
                   " (", paste0("\"", names, "\"", collapse = ", "),
                   "), unnamed or by name, but is ", describe(weights))
  }
  weights <- if (is.null(names(weights))) stats::setNames(weights, names) else weights[names]
  as_double(weights)
}
