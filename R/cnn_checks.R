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
                   "but is ", describe(x), table_hint(x, name))
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
  extents <- if (!is.data.frame(x)) as.integer(dim(x))
  is_series <- input[2] == 1
  if (identical(extents, if (input[3] == 1) input[1:2] else input) ||
        is_series && identical(extents, input[c(1, 3)])) {
    dim(x) <- c(1L, input)
  }
  x <- series_as_images(x, is_series && identical(extents[-1], input[c(1, 3)]))
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

# What early stopping, or the schedule of a learning rate, looks at must be there.
check_monitor <- function(monitor, name, validation, loss) {
  if (is.null(monitor)) {
    return()
  }
  if (!loss_counts(loss) && endsWith(monitor, "accuracy")) {
    stop_assertion(name, "Must monitor \"loss\" or \"val_loss\" for loss = \"",
                   loss_name(loss), "\", but monitors \"", monitor, "\"")
  }
  if (is.null(validation) && startsWith(monitor, "val_")) {
    stop_assertion(name, "Must monitor \"loss\" or \"accuracy\" where there is no ",
                   "'validation', but monitors \"", monitor, "\"")
  }
}
