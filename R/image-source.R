#' Images that need not fit in memory
#'
#' Makes a source: a small object that [cnn()], [predict()][predict.cnn], [evaluate()],
#' [confusion()] and [plot_images()] take wherever they take an array of images, and that hands them
#' out batch by batch.
#'
#' Files are decoded once, when the source is made, by the rules of [read_images()]; what they hold
#' is kept as bytes, at its final size, in a folder on disk, and read from there. In a later session
#' the same call finds it there. Nothing but the batch at hand is in memory; while a net trains on
#' it, the system is told which images come next.
#'
#' @section Order:
#' Any image can be read at any time, so that [cnn()] shuffles truly in each epoch, and a source
#' gives the same bits as the same images in an array.
#'
#' @section The cache:
#' Images lie in files ("shards") of about 64 MB, each written under another name and renamed when
#' it is whole and on the disk: a crash leaves no half of one. Their names follow from the paths,
#' sizes and times of the image files and from `size`, `channels`, `resize` and `fill`: a file that
#' has changed is decoded anew, with its neighbours in the shard. Every image has a checksum, which
#' is compared when it is first read. Several processes may fill and read the same cache. Where the
#' folder grows beyond `limit`, the shards that have not been used for longest are deleted;
#' [clear_cache()] deletes all.
#'
#' A source stands for the images as they were when it was made. If files change afterwards or are
#' deleted, those who use the source get a warning, and the images from the cache.
#'
#' @param path What holds the images: a folder, files or a data frame as for [read_images()]; or the
#'   path of one file of images in the format of [read_idx()]; or a function that takes numbers of
#'   images and returns them, an array `(b, n_H, n_W, n_C)`, always the same for the same numbers.
#' @param ... Further arguments, according to what `path` is.
#' @inheritParams read_images
#' @param cache The folder that keeps the decoded images.
#' @param limit The bytes that the cache may take at most, all sources in it together.
#' @param y The targets, one an image: for a file in IDX format or a function.
#' @param length,shape For a function: the number of images, and their rows, columns and channels.
#'
#' @return A list of class `image_source`. `dim()` of it is `(m, n_H, n_W, n_C)`; its fields `y` and
#'   `files` are the targets (or `NULL`) and the paths. `source[i]` is a source of some of the
#'   images, and `take_images()` gives them as an array. [saveRDS()] keeps a source; its images stay
#'   where they are.
#'
#' @section Errors:
#' As for [read_images()]; a source that is larger than `limit`; a cache that cannot be written,
#' because the disk is full for instance; files that change while they are read. When the source is
#' used: a damaged shard; files that are gone or changed and no longer in the cache; a function that
#' returns something else than announced.
#'
#' @seealso [read_images()], [clear_cache()], `vignette("photos")`
#' @examples
#' # A file of MNIST's format is read where it lies, unless it is compressed.
#' file <- function(name) system.file("extdata", name, package = "convstep")
#' digits <- image_source(file("mnist-test-images-idx3-ubyte.gz"),
#'                        y = factor(read_idx(file("mnist-test-labels-idx1-ubyte.gz"))),
#'                        cache = file.path(tempdir(), "images"))
#' digits
#' plot_images(digits[1:20])
#'
#' # Whatever else holds images, as a function.
#' waves <- image_source(function(rows) array(outer(rows, 1:64, function(i, p) sin(i * p)),
#'                                            c(length(rows), 8, 8, 1)),
#'                       length = 1000, shape = c(8, 8, 1))
#' dim(waves)
#' @export
image_source <- function(path, ...) UseMethod("image_source")

#' @rdname image_source
#' @export
image_source.default <- function(path, size, channels = 3, resize = c("crop", "pad", "stretch"),
                                 labels = c("folder", "none"), fill = 255,
                                 on_error = c("stop", "skip"), y = NULL,
                                 cache = tools::R_user_dir("convstep", "cache"), limit = 2e10,
                                 cluster = NULL, verbose = interactive(), ...) {
  check_no_dots(...)
  cache <- check_cache_folder(cache)
  limit <- check_positive(limit, "limit", finite = FALSE)
  if (checkmate::test_string(path) && is_idx(path)) {
    return(idx_source(path, y, cache, limit))
  }
  reading <- check_reading(size, channels, resize, fill)
  labels <- check_option(labels, "labels", c("folder", "none"))
  on_error <- check_option(on_error, "on_error", c("stop", "skip"))
  verbose <- check_flag(verbose, "verbose")
  check_cluster(cluster)
  found <- list_images(path, labels)
  if (!is.null(y)) {
    check_target_length(NROW(y), "y", length(found$files))
    found$y <- y
  }
  n <- length(found$files)
  source <- list(
    kind = "files", dim = c(n, reading_shape(reading)), y = found$y, files = found$files,
    rows = seq_len(n), reading = reading, listed = normalizePath(found$files, mustWork = FALSE),
    keys = file_keys(found$files), cache = cache, limit = limit
  )
  how <- paste(c("files 1", unlist(reading)), collapse = " ")
  source$shards <- plan_shards(source$keys, source$dim[-1], how)
  check_limit(source)
  opened <- open_files(source, verbose, cluster)
  bad <- which(opened$bad)
  report_bad_images(found$files[bad], opened$reasons(bad), n, on_error)
  source <- structure(source, class = "image_source")
  if (length(bad) > 0) source[-bad] else source
}

check_no_dots <- function(...) {
  if (...length() > 0) {
    stop("Unused arguments of image_source(): ", paste(names_or_numbers(...), collapse = ", "),
         ".", call. = FALSE)
  }
}

names_or_numbers <- function(...) {
  names <- names(list(...))
  if (is.null(names)) paste("number", seq_len(...length())) else names
}

check_limit <- function(source) {
  bytes <- prod(source$dim)
  if (bytes > source$limit) {
    stop_assertion("limit", "Must be at least the ", big(bytes), " bytes that the images take, ",
                   "but is ", big(source$limit))
  }
}

#' @rdname image_source
#' @export
image_source.function <- function(path, length, shape, y = NULL, ...) {
  check_no_dots(...)
  n <- check_count(length, "length")
  if (!checkmate::test_integerish(shape, lower = 1, any.missing = FALSE, len = 3, tol = 0)) {
    stop_assertion("shape", "Must be the rows, columns and channels of an image, but is ",
                   describe(shape))
  }
  if (!is.null(y)) check_target_length(NROW(y), "y", n)
  structure(list(kind = "function", dim = c(n, as.integer(shape)), y = y, files = NULL,
                 rows = seq_len(n), take = path), class = "image_source")
}

#' @export
dim.image_source <- function(x) unclass(x)$dim

#' @export
`[.image_source` <- function(x, i) {
  n <- dim(x)[1]
  rows <- if (is.logical(i)) rep_len(i, n) else i
  rows <- tryCatch(seq_len(n)[rows], error = function(e) NA)
  if (anyNA(rows)) {
    stop_assertion("i", "Must be numbers of images from 1 to ", n, ", or TRUE and FALSE, but is ",
                   describe(i))
  }
  source <- unclass(x)
  source$rows <- source$rows[rows]
  source$dim[1] <- length(rows)
  source["y"] <- list(if (is.matrix(source$y)) source$y[rows, , drop = FALSE] else source$y[rows])
  source["files"] <- list(source$files[rows])
  structure(source, class = "image_source")
}

#' @export
print.image_source <- function(x, ...) {
  where <- switch(x$kind, files = paste("cache:", x$cache), idx = paste("file:", x$file),
                  `function` = "made by a function")
  cat("<image source> ", describe_shape(dim(x)), "\n", describe_targets(x$y), where, "\n", sep = "")
  invisible(x)
}

#' @rdname image_source
#' @param x A source, or an array of images.
#' @param rows The numbers of the images to take.
#' @export
take_images <- function(x, rows) {
  x <- check_images(x, "x", min = 0)
  n <- dim(x)[1]
  if (!checkmate::test_integerish(rows, lower = 1, upper = n, any.missing = FALSE, tol = 0)) {
    stop_assertion("rows", "Must be whole numbers from 1 to ", n, ", but is ", describe(rows))
  }
  image_taker(x)$take(as.integer(rows))
}
