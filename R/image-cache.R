# Decoded images on disk: shards, each of some of a source's images in order. A shard's name is a
# hash of its images' keys and of how they were read, and a key one of a file's path, size and time:
# so a file that has changed belongs to another shard, and what is found under a name can be used.

#' Clear the cache of decoded images
#'
#' Deletes what [image_source()] has kept on disk, as far as no other process is using it (on
#' Windows). A source whose images are gone decodes its files again when it is next used.
#'
#' @param cache The folder.
#'
#' @return Invisibly, the bytes that were freed.
#'
#' @section Errors:
#' A `cache` that is not the path of a folder; without such a folder there is nothing to do.
#'
#' @examples
#' clear_cache(file.path(tempdir(), "images"))
#' @export
clear_cache <- function(cache = tools::R_user_dir("convstep", "cache")) {
  files <- cached_files(check_cache_folder(cache))
  unlink(files$path)
  invisible(sum(files$size[!file.exists(files$path)]))
}

check_cache_folder <- function(cache) {
  if (!checkmate::test_string(cache, min.chars = 1) || file.exists(cache) && !dir.exists(cache)) {
    stop_assertion("cache", "Must be the path of a folder, but is ",
                   if (checkmate::test_string(cache)) quoted(cache) else describe(cache))
  }
  path.expand(cache)
}

# Our files in the folder, whole and in the making.
cached_files <- function(cache) {
  path <- list.files(cache, "^[0-9a-f]{16}[.](shard|[0-9a-f]+[.]part)$", full.names = TRUE)
  info <- file.info(path, extra_cols = FALSE)
  data.frame(path, size = info$size, used = info$mtime)[!is.na(info$size), ]
}

# The oldest files but those in `keep` are deleted until all take no more than `limit` bytes; and
# what crashes left unfinished a day ago or earlier.
trim_cache <- function(cache, limit, keep) {
  files <- cached_files(cache)
  left <- grepl("part$", files$path) & files$used < Sys.time() - 86400
  unlink(files$path[left])
  files <- files[!left, ]
  files <- files[order(files$used), ]
  excess <- sum(files$size) - limit
  for (i in which(!basename(files$path) %in% keep & grepl("shard$", files$path))) {
    if (excess <= 0) break
    unlink(files$path[i])
    excess <- excess - files$size[i]
  }
}

# Keys of files as they are now, 8 bytes each; a file that is not there has one too.
file_keys <- function(files) {
  info <- file.info(files, extra_cols = FALSE)
  hash_strings_cpp(paste(normalizePath(files, mustWork = FALSE), info$size,
                         format(as.numeric(info$mtime), digits = 17, trim = TRUE), sep = "\n"))
}

keys_at <- function(keys, rows) {
  as.vector(matrix(keys, 8)[, rows, drop = FALSE])
}

# Shards of about 64 MB, but no more than 500 of them: a data frame of `first`, `n` and `name`.
plan_shards <- function(keys, shape, how) {
  n <- length(keys) / 8
  size <- max(1, floor(2^26 / prod(shape)), ceiling(n / 500))
  bounds <- batch_bounds(n, size)
  name <- vapply(seq_along(bounds$first), function(i) {
    rows <- bounds$first[i]:bounds$last[i]
    hash_raw_cpp(c(hash_strings_cpp(how), keys_at(keys, rows)))
  }, "")
  data.frame(first = bounds$first, n = bounds$last - bounds$first + 1L,
             name = paste0(name, ".shard"))
}

# A reader of all shards of `source`: a list of `pointer` and `bad`, a flag an image. Shards that
# are not there, or damaged, are written first, by `fill(rows, add)`, which calls `add(block, bad)`
# for the images in order, an image a column, and stops if the files are no longer what they were.
open_cache <- function(source, fill) {
  make_cache_folder(source$cache)
  pointer <- image_reader_cpp(source$dim[-1], FALSE)
  shards <- source$shards
  bad <- vector("list", nrow(shards))
  filled <- FALSE
  for (i in seq_len(nrow(shards))) {
    rows <- seq.int(shards$first[i], length.out = shards$n[i])
    keys <- keys_at(source$keys, rows)
    path <- file.path(source$cache, shards$name[i])
    add <- function() reader_add_shard_cpp(pointer, path, keys)
    flags <- if (file.exists(path)) tryCatch(add(), error = function(e) NULL)
    if (is.null(flags)) {
      write_shard(path, source, rows, keys, fill)
      filled <- TRUE
      flags <- add()
    }
    bad[[i]] <- flags
  }
  suppressWarnings(Sys.setFileTime(file.path(source$cache, shards$name), Sys.time()))
  if (filled) trim_cache(source$cache, source$limit, shards$name)
  list(pointer = pointer, bad = unlist(bad))
}

make_cache_folder <- function(cache) {
  if (!dir.exists(cache) && !dir.create(cache, showWarnings = FALSE, recursive = TRUE) &&
      !dir.exists(cache)) {
    stop("The folder '", cache, "' for the cache cannot be made: choose another by 'cache'.",
         call. = FALSE)
  }
}

# Another process may be writing the same shard: each has a file of its own, of which the last to be
# renamed stays.
write_shard <- function(path, source, rows, keys, fill) {
  part <- sub("shard$", paste0(sub("^.*[^0-9a-f]", "", tempfile("x_", "")), ".part"), path)
  writer <- NULL
  whole <- FALSE
  on.exit({
    if (!is.null(writer) && !whole) shard_finish_cpp(writer, FALSE)
    unlink(part)
  })
  written <- function(code) {
    tryCatch(code, error = function(e) {
      stop("The cache cannot be written, as ", conditionMessage(e), ". Make room (clear_cache() ",
           "frees what the cache takes), or choose another folder by 'cache'.", call. = FALSE)
    })
  }
  writer <- written(shard_writer_cpp(part, source$dim[-1]))
  done <- 0
  fill(rows, function(block, bad) {
    these <- keys_at(keys, done + seq_len(ncol(block)))
    written(shard_add_cpp(writer, block, these, bad))
    done <<- done + ncol(block)
  })
  written(shard_finish_cpp(writer, TRUE))
  whole <- TRUE
  if (!file.rename(part, path) && !file.exists(path)) {
    stop("'", part, "' cannot be renamed to '", path, "'.", call. = FALSE)
  }
}
