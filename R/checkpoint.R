# Checkpoints: fits in files, written so that the former one stays until the new one is whole, and
# read so that a damaged one is an error.

#' Read a checkpoint
#'
#' Reads a fit that [cnn()] wrote after an epoch, with its argument `checkpoint`, or that was saved
#' by [saveRDS()]; to predict with it, or to train it further by `cnn(x, y, init = fit)`.
#'
#' The file is compressed by gzip, which puts the length and a checksum of the contents at its end.
#' [readRDS()] turns bytes into objects before the checksum is looked at, and what a damaged file
#' does to it is left to chance: garbage, or a crash. Here the whole file is read and compared with
#' its length and checksum first, and only then made an object; and that must be a fit whose parts
#' fit each other. Files that are not compressed, or by another program (`compress = "xz"` or
#' `"bzip2"` of [saveRDS()]), are refused.
#'
#' The checksum shows damage, not forgery: as with [readRDS()], read only files from people you
#' trust.
#'
#' @param file The path of the file.
#'
#' @return The fit as it was written, an object of class `cnn`; see [cnn()].
#'
#' @section Errors:
#' A path without a file that can be read; a file that is not compressed by gzip, that ends early,
#' holds more than one compressed stream, or is damaged; one that is whole, but holds no fit, or a
#' fit whose parts do not fit each other. The message says what is wrong, and of which version of
#' the package a fit is that this version does not understand. No more memory is taken for a damaged
#' file than the length that it gives, or 1032 times its size, whichever is less.
#'
#' @references Deutsch, P. (1996). GZIP file format specification version 4.3. RFC 1952.
#'   <https://www.rfc-editor.org/rfc/rfc1952>
#' @seealso [cnn()], sections "Going on" and "Interrupted".
#' @examples
#' digits <- mnist_sample()$test
#' x <- digits$x[1:300, , , , drop = FALSE]
#' file <- tempfile(fileext = ".rds")
#' set.seed(1)
#' cnn(x, digits$y[1:300], epochs = 1, checkpoint = file)
#' # In another session, after a crash:
#' fit <- read_checkpoint(file)
#' fit <- cnn(x, digits$y[1:300], epochs = 1, init = fit, checkpoint = file)
#' nrow(read_checkpoint(file)$history)
#' @export
read_checkpoint <- function(file) {
  check_file(file)
  bytes <- read_gzip(file, function(fault) stop_checkpoint(file, fault))
  fit <- tryCatch(unserialize(bytes), error = function(e) {
    stop_checkpoint(file, "holds nothing that R can read: ", conditionMessage(e))
  })
  if (!inherits(fit, "cnn") || !is.list(fit)) {
    stop_checkpoint(file, "holds ", describe(fit), ", not a fit")
  }
  part <- wrong_part(fit)
  if (!is.null(part)) {
    stop_checkpoint(file, "holds a fit whose '", part, "' is not as it was", describe_version(fit))
  }
  fit
}

stop_checkpoint <- function(file, ...) {
  stop_assertion("file", "Must be a checkpoint as cnn() wrote it, but '", file, "' ", ...)
}

# What a fit says about the version that made it, if that is another one.
describe_version <- function(fit) {
  here <- package_version_string()
  if (!checkmate::test_string(fit$version) || fit$version == here) {
    return("")
  }
  paste0(" (it is of convstep ", quoted(fit$version), ", this is ", here, ")")
}

package_version_string <- function() getNamespaceVersion("convstep")[["version"]]

# For cnn(), which must not lose a training because a disk is full.
keep_checkpoint <- function(fit, file) {
  tryCatch(write_checkpoint(fit, file), error = function(e) {
    warning("After epoch ", nrow(fit$history), " no checkpoint was written, the former one stays: ",
            conditionMessage(e), call. = FALSE)
  })
}

# Read again before it replaces the former one: of a full disk saveRDS() says nothing.
write_checkpoint <- function(fit, file) {
  replace_file(file, function(part) {
    saveRDS(fit, part)
    read_gzip(part, function(fault) {
      stop("What was written to '", part, "' ", fault, ".", call. = FALSE)
    })
  })
}
