#' Read photos
#'
#' Reads image files, brings them to one size and puts them into an array that [cnn()] takes, with
#' their labels. Photos that do not fit in memory are the business of [image_source()].
#'
#' JPEG files are decoded by the package \pkg{jpeg} and turned by their EXIF orientation, PNG files
#' by \pkg{png} (grey, palette and 16 bit too), and TIFF, WebP, BMP, GIF (the first picture), HEIF
#' and JPEG in CMYK by \pkg{magick}. What kind a file is its first bytes tell, not its name. What is
#' transparent becomes white; grey is `0.299 R + 0.587 G + 0.114 B`.
#'
#' @section Size:
#' `resize = "crop"` takes the largest part from the middle of the image that has the shape of
#' `size`, `"pad"` all of it with a border of `fill`, and `"stretch"` all of it, stretched. A new
#' pixel is the mean of the old ones around its place, weighted by a triangle as wide as two pixels
#' of the coarser grid: the antialiased bilinear filter of Pillow and PyTorch.
#'
#' @param path A folder; or the paths of files; or a data frame with the paths in the first column
#'   and a second one of labels (characters or a factor) or of numbers to predict, or several of
#'   numbers. Hidden files are passed over.
#' @param size The rows and columns that all images get: one number, or two.
#' @param channels 3 for red, green and blue, or 1 for grey.
#' @param resize How an image of another shape is brought to `size`; see "Size".
#' @param labels `"folder"`: the label of an image is the subfolder of `path` that it lies in, at
#'   any depth, or, of files, the folder that each lies in. `"none"`: there are none.
#' @param fill What the border of `resize = "pad"` is made of: 0 (black) to 255 (white).
#' @param on_error What to do about files that hold no whole image: `"stop"` with an error that
#'   names all of them, or `"skip"` them with a warning that does.
#' @param cluster To decode in several processes: their number, or a cluster that
#'   [parallel::makeCluster()] made. `NULL`: in this one.
#' @param verbose Whether to show a progress bar (in a terminal, after two seconds).
#'
#' @return A list of class `convstep_images`:
#'   * `x`: the images, a raw array `(m, n_H, n_W, n_C)` of bytes from 0 to 255;
#'   * `y`: their labels, a factor with sorted levels; or the numbers of the data frame; or `NULL`;
#'   * `files`: their paths;
#'   * `skipped`: a data frame of the `file`s skipped and the `reason`s.
#'
#' @section Errors:
#' No `size`; a `path` without images; files that are missing, empty, cut, damaged or no images:
#' all named in one message, and in the field `files` of the condition, which has the class
#' `convstep_bad_images`. A decoder that is not installed: the message says how to install it.
#'
#' @seealso `vignette("photos")`; [image_source()]
#' @examplesIf requireNamespace("png", quietly = TRUE)
#' # Two folders of tiny pictures: dark ones and light ones.
#' folder <- tempfile()
#' for (class in c("dark", "light")) {
#'   dir.create(file.path(folder, class), recursive = TRUE)
#'   for (i in 1:3) {
#'     grey <- matrix(runif(20 * 30, 0, 0.5) + 0.5 * (class == "light"), 20)
#'     png::writePNG(grey, file.path(folder, class, paste0(i, ".png")))
#'   }
#' }
#' pictures <- read_images(folder, size = 16, channels = 1)
#' pictures
#' dim(pictures$x)
#' plot_images(pictures$x, pictures$y)
#' @export
read_images <- function(path, size, channels = 3, resize = c("crop", "pad", "stretch"),
                        labels = c("folder", "none"), fill = 255, on_error = c("stop", "skip"),
                        cluster = NULL, verbose = interactive()) {
  reading <- check_reading(size, channels, resize, fill)
  labels <- check_option(labels, "labels", c("folder", "none"))
  on_error <- check_option(on_error, "on_error", c("stop", "skip"))
  verbose <- check_flag(verbose, "verbose")
  check_cluster(cluster)
  found <- list_images(path, labels)
  decoder <- start_decoder(cluster)
  on.exit(decoder$stop())

  n <- length(found$files)
  x <- raw(n * prod(reading_shape(reading)))
  dim(x) <- c(n, reading_shape(reading))
  reasons <- character(n)
  progress <- file_progress(verbose, n)
  on.exit(progress$done(), add = TRUE)
  decode_files(found$files, reading, decoder, progress, 1, function(rows, block, why) {
    place_images_cpp(x, rows[1], block)
    reasons[rows] <<- why
  })
  bad <- reasons != ""
  skipped <- report_bad_images(found$files[bad], reasons[bad], n, on_error)
  if (any(bad)) x <- take_images_cpp(x, which(!bad))
  structure(list(x = x, y = keep_targets(found$y, !bad), files = found$files[!bad],
                 skipped = skipped),
            class = "convstep_images")
}

keep_targets <- function(y, keep) {
  if (is.null(y) || all(keep)) y else if (is.matrix(y)) y[keep, , drop = FALSE] else y[keep]
}

# Decodes `files` in blocks: `use(rows, block, reasons)` gets the numbers of some of them, in order,
# their bytes, an image a column, and why those that are bad are. The first is number `first` in
# `progress`.
decode_files <- function(files, reading, decoder, progress, first, use) {
  size <- prod(reading_shape(reading))
  bounds <- batch_bounds(length(files), decoder$block)
  for (i in seq_along(bounds$first)) {
    rows <- bounds$first[i]:bounds$last[i]
    images <- decoder$decode(files[rows], reading)
    bad <- vapply(images, is.character, NA)
    reasons <- character(length(rows))
    reasons[bad] <- unlist(images[bad])
    images[bad] <- list(raw(size))
    use(rows, matrix(unlist(images), size), reasons)
    progress$update(first - 1 + bounds$last[i])
  }
}

# Each file as bytes, or as a string that says why not. A worker's namespace has it too.
decode_each <- function(files, reading) {
  lapply(files, function(file) {
    tryCatch(decode_image(file, reading), convstep_bad_image = conditionMessage)
  })
}

check_cluster <- function(cluster) {
  if (!is.null(cluster) && !inherits(cluster, "cluster")) check_count(cluster, "cluster")
}

# `decode(files, reading)`, how many files to give it at a time, and `stop()`.
start_decoder <- function(cluster) {
  if (is.null(cluster)) {
    return(list(decode = decode_each, block = 64, stop = function() NULL))
  }
  ours <- !inherits(cluster, "cluster")
  if (ours) cluster <- parallel::makeCluster(cluster)
  workers <- length(cluster)
  list(
    decode = function(files, reading) {
      files <- normalizePath(files, mustWork = FALSE)
      shares <- parallel::splitIndices(length(files), 4 * workers)
      shares <- lapply(shares[lengths(shares) > 0], function(share) files[share])
      do.call(c, parallel::clusterApplyLB(cluster, shares, decode_each, reading = reading))
    },
    block = 64 * workers,
    stop = function() if (ours) parallel::stopCluster(cluster)
  )
}

# All bad files in one condition: an error, or a warning and the data frame of them.
report_bad_images <- function(files, reasons, n, on_error) {
  bad <- data.frame(file = files, reason = reasons, stringsAsFactors = FALSE)
  if (nrow(bad) == 0) {
    return(bad)
  }
  none_left <- nrow(bad) == n
  message <- paste0(
    nrow(bad), " of ", n, if (n == 1) " file holds" else " files hold", " no image that can be ",
    "read", if (on_error == "skip" && !none_left) ", skipped", ":\n",
    paste0("  '", files, "' ", reasons, collapse = "\n"),
    if (on_error == "stop") "\nWith on_error = \"skip\" the others are read."
  )
  if (on_error == "stop" || none_left) {
    stop(structure(class = c("convstep_bad_images", "error", "condition"),
                   list(message = message, call = NULL, files = bad)))
  }
  warning(structure(class = c("convstep_bad_images", "warning", "condition"),
                    list(message = message, call = NULL, files = bad)))
  bad
}

#' @export
print.convstep_images <- function(x, ...) {
  cat("<images> ", describe_shape(dim(x$x)), "\n", describe_targets(x$y), sep = "")
  if (nrow(x$skipped) > 0) cat(nrow(x$skipped), "skipped\n")
  invisible(x)
}

describe_shape <- function(dim) {
  paste0(big(dim[1]), " of ", paste(dim[2:3], collapse = " x "), ", ", dim[4],
         if (dim[4] == 1) " channel" else " channels")
}

# A line of the classes, or of the numbers.
describe_targets <- function(y) {
  if (is.null(y)) {
    "no labels\n"
  } else if (is.factor(y)) {
    counts <- table(y)
    shown <- utils::head(paste0(names(counts), " (", big(as.vector(counts)), ")"), 10)
    paste0("labels: ", paste(shown, collapse = ", "),
           if (nlevels(y) > 10) paste0(", ... ", nlevels(y), " classes"), "\n")
  } else {
    paste0("targets: ", describe(y), "\n")
  }
}
