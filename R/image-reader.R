# What cnn() and those who work on its fits read images from, arrays and sources alike: a taker has
# `dim`, `type` (of the cells), `take(rows)`, which returns an array of these images, and
# `advise(rows)`, which says what will be taken next; one of a source has also that, `source`.

is_source <- function(x) inherits(x, "image_source")

# The targets that come with a source, where none are given.
source_targets <- function(x, name = "x") {
  if (!is_source(x)) stop("argument \"y\" is missing, with no default", call. = FALSE)
  if (is.null(x$y)) {
    stop_assertion(name, "Must be a source with targets where 'y' is not given, but has none")
  }
  x$y
}

# All images, where a few are shown or looked into.
all_images <- function(x) if (inherits(x, "image_taker")) x$take(seq_len(dim(x)[1])) else x

# A source whose files are open. `take` and `advise` get numbers from 1 to the first of `dim`.
#' @export
dim.image_taker <- function(x) unclass(x)$dim

new_taker <- function(dim, type, take, advise = function(rows) NULL) {
  structure(list(dim = as.integer(dim), type = type, take = take, advise = advise),
            class = "image_taker")
}

# Arrays become takers where that is asked for; otherwise they stay what they are.
image_taker <- function(x) {
  if (inherits(x, "image_taker")) {
    return(x)
  }
  new_taker(dim(x), typeof(x), function(rows) take_images_cpp(x, rows))
}

open_source <- function(source) {
  parts <- unclass(source)
  taker <- switch(parts$kind,
    files = files_taker(parts),
    idx = idx_taker(parts),
    `function` = function_taker(parts)
  )
  taker$source <- source
  taker
}

# Some of the images, in a form that can be sent to another process: of a source a smaller one,
# which is opened there.
part_of_images <- function(x, rows) {
  if (inherits(x, "image_taker")) x <- x$source
  if (is_source(x)) x[rows] else take_images_cpp(x, rows)
}

pointer_taker <- function(source, pointer) {
  rows <- source$rows
  shape <- source$dim[-1]
  new_taker(source$dim, "raw", function(i) reader_take_cpp(pointer, rows[i], shape),
            function(i) reader_advise_cpp(pointer, rows[i]))
}

files_taker <- function(source) {
  if (is.null(source$idx)) warn_changed(source$listed, source$keys)
  pointer_taker(source, open_files(source, verbose = interactive(), cluster = NULL)$pointer)
}

warn_changed <- function(files, keys) {
  changed <- which(colSums(matrix(keys != file_keys(files), 8)) > 0)
  if (length(changed) > 0) {
    warning(length(changed), if (length(changed) == 1) " file has" else " files have",
            " changed or gone since image_source() was called, the first is '", files[changed[1]],
            "': the images are used as they were. Call image_source() again to read them anew.",
            call. = FALSE)
  }
}

# open_cache() for a source of files: also `reasons(which)`, why those that are bad are.
open_files <- function(source, verbose, cluster) {
  known <- character(length(source$keys) / 8)
  decoder <- NULL
  on.exit(if (!is.null(decoder)) decoder$stop())
  start <- function() if (is.null(decoder)) decoder <<- start_decoder(cluster)
  progress <- file_progress(verbose, length(known))
  on.exit(progress$done(), add = TRUE)
  idx <- if (!is.null(source$idx)) idx_filler(source)
  on.exit(if (!is.null(idx)) idx$close(), add = TRUE)
  opened <- open_cache(source, function(rows, add) {
    if (!is.null(idx)) {
      return(idx$fill(rows, add))
    }
    start()
    stop_changed(source, rows)
    files <- source$listed[rows]
    decode_files(files, source$reading, decoder, progress, rows[1], function(these, block, why) {
      known[rows[these]] <<- why
      add(block, why != "")
    })
    stop_changed(source, rows)
  })
  opened$reasons <- function(which) {
    unknown <- which[known[which] == ""]
    again <- decode_each(source$listed[unknown], source$reading)
    known[unknown] <- vapply(again, function(x) if (is.character(x)) x else "was not there", "")
    known[which]
  }
  opened
}

# What is written into the cache under the key of a file must be that file's.
stop_changed <- function(source, rows) {
  files <- source$listed[rows]
  changed <- which(colSums(matrix(keys_at(source$keys, rows) != file_keys(files), 8)) > 0)
  if (length(changed) > 0) {
    stop(length(changed), if (length(changed) == 1) " file has" else " files have",
         " changed or gone since image_source() looked, and not everything of them is in the ",
         "cache: ", paste0("'", files[changed], "'", collapse = ", "),
         ". Call image_source() again.", call. = FALSE)
  }
}

# Files in IDX format: those that are compressed go through the cache, others are read in place.

is_idx <- function(path) {
  file.exists(path) && !dir.exists(path) && file.access(path, 4) == 0 && {
    connection <- gzfile(path, "rb")
    on.exit(close(connection))
    start <- suppressWarnings(tryCatch(readBin(connection, "raw", 4), error = function(e) raw(0)))
    length(start) == 4 && all(start[1:2] == 0) && start[3] == 8
  }
}

idx_source <- function(path, y, cache, limit) {
  check_file(path)
  connection <- gzfile(path, "rb")
  on.exit(close(connection))
  extents <- read_idx_header(connection, path)$extents
  if (length(extents) != 3) {
    stop_idx(path, "hold images (3 dimensions), but holds labels")
  }
  n <- extents[1]
  if (!is.null(y)) check_target_length(NROW(y), "y", n)
  source <- list(kind = "idx", dim = as.integer(c(extents, 1)), y = y, files = NULL,
                 rows = seq_len(n), file = normalizePath(path), key = file_keys(path))
  if (is.null(gzip_end(path))) {
    if (file.size(path) != 16 + prod(extents)) {
      stop_idx(path, "hold ", big(prod(extents)), " bytes after the header, which says ",
               format_dim(extents), ", but has ", big(file.size(path) - 16))
    }
    return(structure(source, class = "image_source"))
  }
  source[c("kind", "idx", "cache", "limit")] <- list("files", TRUE, cache, limit)
  source$listed <- source$file
  source$keys <- idx_keys(source$key, n)
  source$shards <- plan_shards(source$keys, source$dim[-1], "idx 1")
  check_limit(source)
  open_files(source, verbose = FALSE, cluster = NULL)
  structure(source, class = "image_source")
}

# A key an image of one file.
idx_keys <- function(key, n) hash_strings_cpp(paste(paste(key, collapse = ""), seq_len(n)))

# Decompresses the file as far as it is asked for, and goes on from there: `fill(rows, add)` as for
# open_cache(), and `close()`.
idx_filler <- function(source) {
  connection <- NULL
  at <- 0
  checksum <- 0
  size <- prod(source$dim[-1])
  bytes_of <- function(images) {
    bytes <- read_bytes(connection, images * size, damaged_idx(source$file))
    if (length(bytes) < images * size) stop_idx(source$file, "be whole, but ends early")
    checksum <<- crc32_cpp(bytes, checksum)
    bytes
  }
  close_file <- function() if (!is.null(connection)) close(connection)
  fill <- function(rows, add) {
    if (!identical(file_keys(source$file), source$key)) {
      stop("'", source$file, "' has changed or gone since image_source() looked, and not all of it ",
           "is in the cache. Call image_source() again.", call. = FALSE)
    }
    if (is.null(connection)) {
      connection <<- gzfile(source$file, "rb")
      checksum <<- crc32_cpp(read_idx_header(connection, source$file)$bytes)
    }
    while (at < rows[1] - 1) {
      step <- min(4096, rows[1] - 1 - at)
      bytes_of(step)
      at <<- at + step
    }
    bounds <- batch_bounds(length(rows), max(1, floor(2^22 / size)))
    for (i in seq_along(bounds$first)) {
      n <- bounds$last[i] - bounds$first[i] + 1
      block <- array(bytes_of(n), c(source$dim[3:2], n))
      at <<- at + n
      add(matrix(aperm(block, c(2, 1, 3)), size), logical(n))
    }
    if (rows[length(rows)] == length(source$keys) / 8) {
      excess <- read_bytes(connection, 1, damaged_idx(source$file))
      if (length(excess) > 0) stop_idx(source$file, "end after its images, but has more")
      if (checksum != gzip_end(source$file)$checksum) {
        stop_idx(source$file, "be intact, but its checksum is not that of what it holds")
      }
    }
  }
  list(fill = fill, close = close_file)
}

idx_taker <- function(source) {
  if (!identical(file_keys(source$file), source$key)) {
    stop("'", source$file, "' has changed or gone since image_source() was called: call it again.",
         call. = FALSE)
  }
  pointer <- image_reader_cpp(source$dim[-1], TRUE)
  reader_add_plain_cpp(pointer, source$file, 16, max(source$rows))
  pointer_taker(source, pointer)
}

# The user's function, whose results are looked at each time.
function_taker <- function(source) {
  take <- function(i) {
    rows <- source$rows[i]
    x <- source$take(rows)
    if (!(is_numeric_like(x) || is.raw(x)) ||
          !identical(as.integer(dim(x)), c(length(rows), source$dim[-1]))) {
      stop_assertion("source", "Must give images of dim ",
                     format_dim(c(length(rows), source$dim[-1])), " for ", length(rows),
                     " rows, but its function returned ", describe(x))
    }
    check_cells(x, "source", rows)
  }
  type <- if (source$dim[1] > 0) typeof(take(1L)) else "double"
  new_taker(source$dim, type, take)
}
