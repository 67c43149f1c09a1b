# Which files hold the images, and what their labels are.

# A list of `files`, a character vector, and `y`: a factor, or numbers, or NULL.
list_images <- function(path, labels) {
  found <- if (is.data.frame(path)) {
    listed_images(path)
  } else if (checkmate::test_string(path) && dir.exists(path)) {
    folder_images(path, labels)
  } else {
    named_images(path, labels)
  }
  if (length(found$files) == 0) {
    stop_assertion("path", "Must hold at least one image, but holds none")
  }
  found
}

named_images <- function(path, labels) {
  if (!is.character(path) || length(path) == 0 || anyNA(path)) {
    stop_assertion("path", "Must be a folder, the paths of files, or a data frame of paths and ",
                   "labels, but is ", describe(path))
  }
  if (length(path) == 1 && !file.exists(path)) {
    stop_assertion("path", "Must be a folder, the paths of files, or a data frame of paths and ",
                   "labels, but there is nothing at ", quoted(path))
  }
  folders <- basename(dirname(normalizePath(path, mustWork = FALSE)))
  list(files = path, y = if (labels == "folder") as_classes(folders))
}

folder_images <- function(path, labels) {
  if (labels == "none") {
    return(list(files = image_paths(path, recursive = TRUE), y = NULL))
  }
  classes <- in_order(list.dirs(path, full.names = FALSE, recursive = FALSE))
  classes <- classes[!startsWith(classes, ".")]
  if (length(classes) == 0) {
    stop_assertion("path", "Must have a subfolder a class, but ", quoted(path), " has none; ",
                   "labels = \"none\" reads its files without labels")
  }
  files <- lapply(file.path(path, classes), image_paths, recursive = TRUE)
  empty <- lengths(files) == 0
  if (any(empty)) {
    warning("No class is made of folders without files: ",
            paste0("'", classes[empty], "'", collapse = ", "), ".", call. = FALSE)
  }
  list(files = as.character(unlist(files)),
       y = factor(rep(classes, lengths(files)), classes[!empty]))
}

# All files but hidden ones and those that systems leave in folders.
image_paths <- function(folder, recursive) {
  files <- list.files(folder, recursive = recursive)
  debris <- startsWith(basename(files), ".") | grepl("(^|/)[.]", files) |
    tolower(basename(files)) %in% c("thumbs.db", "desktop.ini")
  file.path(folder, in_order(files[!debris]))
}

# The first column of paths; of the others one of labels or numbers, or several of numbers.
listed_images <- function(path) {
  if (ncol(path) == 0 || !(is.character(path[[1]]) || is.factor(path[[1]])) || anyNA(path[[1]])) {
    stop_assertion("path", "Must have the paths in the first column of the data frame, but ",
                   if (ncol(path) == 0) "it has no column" else
                     paste0("that ", if (anyNA(path[[1]])) "has NA" else
                       paste("is", describe(path[[1]]))))
  }
  targets <- path[-1]
  y <- if (ncol(targets) == 1) {
    targets[[1]]
  } else if (ncol(targets) > 1) {
    if (!all(vapply(targets, is_numeric_like, NA))) {
      stop_assertion("path", "Must have one column of labels, or columns of numbers, after the ",
                     "paths, but has ", paste0("'", names(targets), "'", collapse = ", "))
    }
    as.matrix(targets)
  }
  list(files = as.character(path[[1]]), y = if (is.character(y)) as_classes(y) else y)
}

as_classes <- function(labels) factor(labels, in_order(unique(labels)))

# The same order in every language.
in_order <- function(x) x[order(enc2utf8(x), method = "radix")]

# How files become images: the arguments that read_images() and image_source() share.
check_reading <- function(size, channels, resize, fill) {
  if (missing(size)) {
    stop_assertion("size", "Must be given: the rows and columns that all images get, such as 64")
  }
  channels <- check_count(channels, "channels")
  if (!channels %in% c(1, 3)) {
    stop_assertion("channels", "Must be 1 (grey) or 3 (red, green, blue), but is ", channels)
  }
  resize <- check_option(resize, "resize", c("crop", "pad", "stretch"))
  fill <- check_finite(fill, "fill", 0, 256)
  list(size = check_pair(size, "size", lower = 1), channels = channels,
       resize = match(resize, c("crop", "pad", "stretch")) - 1L, fill = as.integer(fill))
}

reading_shape <- function(reading) c(reading$size, reading$channels)
