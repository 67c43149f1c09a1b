# The checks of what comes to cnn() and to what works on a fit.

check_class <- function(x, name, class, what) {
  if (!inherits(x, class)) {
    stop_assertion(name, "Must be ", what, ", but is ", describe(x))
  }
  x
}

# What one of our functions made, unchanged since.
check_as_made <- function(x, name, class, what) {
  check_class(x, name, class, what)
  if (!isTRUE(tryCatch(is_as_made(x), error = function(e) FALSE))) {
    stop_assertion(name, "Must be ", what, ", but has been changed since")
  }
  x
}

# Images (m, n_H, n_W, n_C) in whatever type they came, at least `min` of them; a source is opened.
check_images <- function(x, name, min = 1) {
  if (is_source(x)) x <- open_source(x)
  if (!(is_numeric_like(x) || is.raw(x)) && !inherits(x, "image_taker") ||
        !length(dim(x)) %in% 3:4) {
    stop_assertion(name, "Must be a numeric or raw array (m, n_H, n_W, n_C) or (m, n_H, n_W), ",
                   "but is ", describe(x))
  }
  if (length(dim(x)) == 3) dim(x) <- c(dim(x), 1L)
  if (dim(x)[1] < min || any(dim(x)[-1] < 1)) {
    stop_assertion(name, "Must have at least ", if (min > 0) "one image, ",
                   "one row, column and channel, but has dim ", format_dim(dim(x)))
  }
  if (inherits(x, "image_taker")) x else check_cells(x, name, seq_len(dim(x)[1]))
}

# `rows` are the numbers that the user knows the images by.
check_cells <- function(x, name, rows) {
  if (anyNA(x) || is.double(x) && checkmate::anyInfinite(x)) {
    bad <- which(if (is.double(x)) !is.finite(x) else is.na(x))[1]
    stop_assertion(name, "Must hold finite numbers only, but holds ", format(x[bad]),
                   " in image ", rows[(bad - 1) %% dim(x)[1] + 1])
  }
  x
}

# Images of the shape a net was made for; also a single one without its first extent.
check_newdata <- function(x, name, input) {
  single <- if (input[3] == 1) input[1:2] else input
  if (identical(as.integer(dim(x)), single) && !is.data.frame(x)) {
    dim(x) <- c(1L, input)
  }
  wanted <- function(...) {
    stop_assertion(name, "Must hold images of ", format_dim(input), " (rows, columns, channels), ",
                   "as the net was trained on, but ", ...)
  }
  # One image that has lost its first extent, or never had one.
  if (is.matrix(x) && (is_numeric_like(x) || is.raw(x))) wanted("is one of ", format_dim(dim(x)))
  x <- check_images(x, name, min = 0)
  if (!identical(as.integer(dim(x)[-1]), input)) wanted("they are ", format_dim(dim(x)[-1]))
  x
}

# For classes a list of `y`, the numbers of the levels, and `levels`; for a regression `y`, a
# matrix. With both `outputs`, the number of outputs.
check_target <- function(y, name, loss, m, init) {
  target <- if (loss == "mse") numeric_target(y, name, m) else class_target(y, name, m, init)
  if (!is.null(init) && (loss != init$loss || target$outputs != init$outputs ||
                           !identical(target$levels, init$levels))) {
    stop_assertion("init", "Must have been trained on targets like '", name, "' (",
                   describe_target(loss, target), "), but was on ",
                   describe_target(init$loss, init))
  }
  target
}

describe_target <- function(loss, target) {
  if (loss == "mse") {
    paste(target$outputs, if (target$outputs == 1) "number" else "numbers", "an image")
  } else {
    shown <- paste0("\"", utils::head(target$levels, 10), "\"", collapse = ", ")
    paste0(length(target$levels), " classes ", shown,
           if (length(target$levels) > 10) ", ...")
  }
}

numeric_target <- function(y, name, m) {
  if (!is_numeric_like(y) || !length(dim(y)) %in% c(0, 2)) {
    stop_assertion(name, "Must be a numeric vector or matrix for loss = \"mse\", but is ",
                   describe(y))
  }
  y <- as.matrix(as_double(y))
  check_target_length(nrow(y), name, m)
  if (ncol(y) < 1) stop_assertion(name, "Must have at least one column, but has none")
  if (!all(is.finite(y))) {
    bad <- which(!is.finite(y))[1]
    stop_assertion(name, "Must hold finite numbers only, but holds ", format(y[bad]),
                   " for image ", (bad - 1) %% m + 1)
  }
  list(y = y, outputs = ncol(y), names = colnames(y))
}

class_target <- function(y, name, m, init) {
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

check_target_length <- function(n, name, m) {
  if (n != m) {
    stop_assertion(name, "Must have one target an image (", m, "), but has ", n)
  }
}

# Targets for a net that exists: classes must be among its levels.
check_new_target <- function(y, name, fit, m) {
  if (fit$loss == "mse") {
    target <- numeric_target(y, name, m)
    if (target$outputs != fit$outputs) {
      stop_assertion(name, "Must have one column an output (", fit$outputs, "), but has ",
                     target$outputs)
    }
    return(target$y)
  }
  y <- check_classes(y, name)
  check_target_length(length(y), name, m)
  check_no_na(y, name)
  codes <- match(as.character(y), fit$levels)
  if (anyNA(codes)) {
    stop_assertion(name, "Must hold classes of the fit (",
                   paste0("\"", fit$levels, "\"", collapse = ", "), "), but holds ",
                   paste0("\"", unique(as.character(y)[is.na(codes)]), "\"", collapse = ", "))
  }
  codes
}

check_layers <- function(layers, name = "layers") {
  if (inherits(layers, "convstep_layer")) layers <- list(layers)
  ok <- is.list(layers) && all(vapply(layers, inherits, NA, "convstep_layer"))
  if (!ok) {
    stop_assertion(name, "Must be a list of layers such as lenet() returns, but ",
                   if (is.list(layers)) {
                     bad <- which(!vapply(layers, inherits, NA, "convstep_layer"))[1]
                     paste0("element ", bad, " is ", describe(layers[[bad]]))
                   } else {
                     paste0("is ", describe(layers))
                   })
  }
  for (i in seq_along(layers)) {
    check_as_made(layers[[i]], paste0(name, "[[", i, "]]"), "convstep_layer",
                  "a layer as its function returns it")
  }
  layers
}

cell_type <- function(images) if (inherits(images, "image_taker")) images$type else typeof(images)

check_shards <- function(shards, batch_size) {
  shards <- check_count(shards, "shards")
  if (shards > batch_size) {
    stop_assertion("shards", "Must be at most the images of a batch, ", batch_size, ", but is ",
                   shards)
  }
  shards
}

check_function <- function(f, name) {
  if (!is.null(f) && !is.function(f)) {
    stop_assertion(name, "Must be a function or NULL, but is ", describe(f))
  }
  f
}

check_callbacks <- function(callbacks) {
  known <- c("on_epoch_end", "on_batch_end")
  if (!is.list(callbacks) || length(setdiff(names(callbacks), known)) > 0 ||
        length(names(callbacks)) != length(callbacks)) {
    stop_assertion("callbacks", "Must be a list with no names but \"on_epoch_end\" and ",
                   "\"on_batch_end\", but is ", if (is.list(callbacks)) {
                     paste0("a list with ", if (is.null(names(callbacks))) "no names" else
                       paste0("\"", names(callbacks), "\"", collapse = ", "))
                   } else {
                     describe(callbacks)
                   })
  }
  for (name in names(callbacks)) check_function(callbacks[[name]], paste0("callbacks$", name))
  callbacks
}

check_checkpoint <- function(checkpoint) {
  if (is.null(checkpoint)) {
    return(NULL)
  }
  if (!checkmate::test_string(checkpoint, min.chars = 1) || dir.exists(checkpoint) ||
        file.access(dirname(checkpoint), 2) != 0) {
    stop_assertion("checkpoint", "Must be the path of a file in a directory that can be written ",
                   "to, but is ", if (is.character(checkpoint) && length(checkpoint) == 1) {
                     quoted(checkpoint)
                   } else {
                     describe(checkpoint)
                   })
  }
  # Whole, because the working directory may change before the last epoch.
  file.path(normalizePath(dirname(checkpoint), "/"), basename(checkpoint))
}

# A number a level, in the order of the levels. `rows` are the images to train on.
check_class_weights <- function(weights, target, rows) {
  if (is.null(weights)) {
    return(NULL)
  }
  levels <- target$levels
  if (is.null(levels)) {
    stop_assertion("class_weights", "Must be NULL for loss = \"mse\", but is ", describe(weights))
  }
  if (identical(weights, "balanced")) {
    counts <- tabulate(target$y[rows], length(levels))
    weights <- ifelse(counts > 0, length(rows) / (sum(counts > 0) * counts), 0)
    return(stats::setNames(weights, levels))
  }
  if (!checkmate::test_numeric(weights, lower = 0, finite = TRUE, any.missing = FALSE,
                               len = length(levels)) ||
        !(is.null(names(weights)) || setequal(names(weights), levels))) {
    stop_assertion("class_weights", "Must be \"balanced\" or one number of at least 0 a class (",
                   paste0("\"", levels, "\"", collapse = ", "), "), unnamed or by name, but is ",
                   describe(weights))
  }
  weights <- if (is.null(names(weights))) stats::setNames(weights, levels) else weights[levels]
  as_double(weights)
}

check_monitor <- function(early_stopping, validation, loss) {
  if (is.null(early_stopping)) {
    return()
  }
  if (loss == "mse" && endsWith(early_stopping$monitor, "accuracy")) {
    stop_assertion("early_stopping", "Must monitor \"loss\" or \"val_loss\" for loss = \"mse\", ",
                   "but monitors \"", early_stopping$monitor, "\"")
  }
  if (is.null(validation) && startsWith(early_stopping$monitor, "val_")) {
    stop_assertion("early_stopping", "Must monitor \"loss\" or \"accuracy\" where there is no ",
                   "'validation', but monitors \"", early_stopping$monitor, "\"")
  }
}
