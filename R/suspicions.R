# The commonest mistakes that are no errors to a computer: images on a scale that the net was not
# made for, or with their axes in another order. Each warning says what was seen, what was probably
# meant, and the line to write.

warn_suspicion <- function(...) {
  warning(structure(class = c("convstep_suspicion", "warning", "condition"),
                    list(message = paste0(...), call = NULL)))
}

# What a fit remembers of its training images: the type of their cells and their range. Bytes have
# the range of their type, whatever they hold; so has a source, of which that would be to be read.
seen_of <- function(images) {
  type <- cell_type(images)
  range <- if (type == "raw") {
    c(0, 255)
  } else if (inherits(images, "image_taker") || length(images) == 0) {
    c(NA_real_, NA_real_)
  } else {
    as.double(range(images))
  }
  list(type = type, range = range)
}

format_range <- function(range) paste(format(range[1]), "to", format(range[2]))

# For a new fit: `scale` is what the user gave.
suspect_images <- function(images, seen, scale, name = "x") {
  suspect_axes(dim(images), name)
  largest <- max(abs(seen$range))
  if (!is.null(scale) || seen$type == "raw" || is.na(largest) || largest <= 20) {
    return(invisible())
  }
  bytes <- seen$range[1] >= 0 && largest <= 255
  warn_suspicion(
    "The values of '", name, "' go from ", format_range(seen$range), ", and a net learns best from ",
    "values near 1", if (bytes) ": they look like bytes that were not divided by 255", ". Write ",
    "cnn(", name, ", y, scale = ", if (bytes) "1 / 255" else "\"standardise\"", "), or scale = 1 if ",
    "they are meant to be as they are."
  )
}

suspect_axes <- function(dim, name) {
  first <- dim[2] == 3 && min(dim[3:4]) >= 8 || dim[2] == 1 && dim[3] >= 8 && dim[3] == dim[4]
  if (first) {
    warn_suspicion(
      "'", name, "' has dim ", format_dim(dim), ", images of ", dim[2],
      if (dim[2] == 1) " row and " else " rows and ", dim[4], " channels: the channels seem to come ",
      "first, as in PyTorch. Here they are last: write aperm(", name, ", c(1, 3, 4, 2))."
    )
  }
}

# For images that a fit is used on.
suspect_newdata <- function(images, fit, name) {
  seen <- fit$seen
  if (is.null(seen) || anyNA(seen$range) || dim(images)[1] == 0) {
    return(invisible())
  }
  range <- seen_of(images)$range
  if (anyNA(range)) {
    return(invisible())
  }
  ratio <- max(abs(range)) / max(abs(seen$range))
  if (is.finite(ratio) && ratio > 0 && (ratio > 20 || ratio < 1 / 100)) {
    factor <- 255
    line <- if (ratio < 1) paste0(factor, " * ", name) else if (is.raw(images)) {
      paste0("array(as.integer(", name, ") / ", factor, ", dim(", name, "))")
    } else {
      paste0(name, " / ", factor)
    }
    warn_suspicion(
      "The values of '", name, "' go from ", format_range(range), ", those of the images that the ",
      "net was trained on went from ", format_range(seen$range), if (seen$type == "raw") " (bytes)",
      ": it was probably meant to be ", line, "."
    )
  }
}

# Classes that look like numbers.
suspect_classes <- function(y, name = "y") {
  if (is_numeric_like(y) && is.null(dim(y)) && length(unique(y)) > 20) {
    n <- length(unique(y))
    warn_suspicion(
      "'", name, "' holds ", n, " different numbers from ", format_range(range(y)), ", taken for ", n,
      " classes. If they are numbers to predict, write loss = \"mse\"; if they are classes, ",
      "factor(", name, ")."
    )
  }
}

# What to write where the images came as a table of pixels, or "".
table_hint <- function(x, name) {
  if (length(dim(x)) != 2 || !(is.data.frame(x) || is.numeric(x))) {
    return("")
  }
  for (label in 0:1) {
    side <- sqrt(ncol(x) - label)
    if (side == round(side) && side > 1) {
      pixels <- if (label == 1) paste0(name, "[-1]") else name
      return(paste0(
        if (label == 1) ". It seems to have a column of labels and then the " else
          ". It seems to have the ", "pixels of images of ", side, " x ", side, ", row by row: write ",
        "aperm(array(t(as.matrix(", pixels, ")), c(", side, ", ", side, ", nrow(", name, "))), 3:1)"
      ))
    }
  }
  ""
}
