#' A page to play with
#'
#' Opens a page in the browser on which a window can be dragged over an image: by mouse, by finger
#' or with the arrow keys. It shows the cells under the window, the filter, their products, the sum,
#' and the feature map that the sums make. The filter's cells can be edited, its size, stride,
#' padding and dilation changed; the image is one of the package's digits, a drawing made on the
#' page, or `x`. Other views show pooling, and where the gradient goes in the backward pass of both.
#'
#' The page is one file that asks no server for anything. What it computes is what [conv_forward()],
#' [conv_backward()], [pool_forward()] and [pool_backward()] compute, for one image of one channel.
#'
#' @param x An image of one's own to begin with: a matrix (rows, columns), or an array
#'   `(1, n_H, n_W, 1)`, of at most 64 rows and columns; `NULL` for a digit.
#' @param W A filter to begin with: a matrix (rows, columns), or an array `(f_H, f_W, 1, 1)`, of at
#'   most 7 rows and columns; `NULL` for one that looks for edges.
#' @param b The bias, one number.
#' @param hparameters A list of `stride`, `pad` and, if wanted, `dilation` as for [conv_forward()],
#'   each one number; at most 8, 8 and 6.
#' @param browse Whether to open the page, or only to say where it is.
#'
#' @return Invisibly, the path of the page: the package's own file, or a temporary copy if an
#'   argument is given.
#'
#' @section Errors:
#' An image or a filter that is no matrix of finite numbers or is too large, a hyperparameter out of
#' its range, a filter that does not fit into the image.
#'
#' @seealso [plot_convolution()] and [plot_pooling()] for pictures that stand still.
#' @examples
#' explore_convolution(browse = interactive())
#' digits <- mnist_sample()
#' explore_convolution(digits$test$x[2, , , , drop = FALSE], W = matrix(c(1, 0, -1), 1),
#'                     browse = interactive())
#' @export
explore_convolution <- function(x = NULL, W = NULL, b = 0, hparameters = list(stride = 1, pad = 0),
                                browse = interactive()) {
  check_flag(browse, "browse")
  start <- c(explore_start(x, W, hparameters), b = check_finite(b, "b"))
  path <- system.file("explore", "convolution.html", package = "convstep", mustWork = TRUE)
  if (!missing(x) || !missing(W) || !missing(b) || !missing(hparameters)) {
    path <- write_start(path, start)
  }
  if (browse) utils::browseURL(path)
  invisible(path)
}

# The state that the page begins with, checked: a list of matrices and numbers.
explore_start <- function(x, W, hparameters) {
  limits <- c(stride = 8, pad = 8, dilation = 6)
  conv_hparameters(hparameters)
  geometry <- lapply(c(stride = "stride", pad = "pad", dilation = "dilation"), function(name) {
    value <- hparameters[[name]]
    if (name == "dilation" && is.null(value)) value <- 1
    value <- check_count(value, paste0("hparameters$", name), lower = 0)
    if (value > limits[[name]]) {
      stop_assertion(paste0("hparameters$", name), "Must be at most ", limits[[name]],
                     " on the page, but is ", value)
    }
    value
  })
  if (!is.null(x)) x <- check_small_matrix(x, "x", most = 64)
  if (!is.null(W)) W <- check_small_matrix(W, "W", most = 7)
  fitted_x <- if (is.null(x)) matrix(0, 28, 28) else x
  fitted_W <- if (is.null(W)) matrix(0, 3, 3) else W
  # Complains if the filter does not fit.
  conv_forward(array(fitted_x, c(1, dim(fitted_x), 1)), array(fitted_W, c(dim(fitted_W), 1, 1)), 0,
               hparameters)
  c(list(x = x, W = W), geometry)
}

check_small_matrix <- function(x, name, most) {
  x <- check_matrix_values(x, name)
  if (any(dim(x) > most)) {
    stop_assertion(name, "Must have at most ", most, " rows and columns on the page, but has dim ",
                   format_dim(dim(x)))
  }
  bad <- x[!is.finite(x)]
  if (length(bad) > 0) stop_assertion(name, "Must hold finite numbers, but has ", bad[1])
  x
}

# A temporary copy of the page that begins with `start`.
write_start <- function(path, start) {
  page <- readLines(path, encoding = "UTF-8")
  at <- grep("<script id=\"start\"", page, fixed = TRUE)
  page[at] <- paste0("<script id=\"start\" type=\"application/json\">", to_json(start), "</script>")
  copy <- tempfile("convolution-", fileext = ".html")
  writeLines(page, copy, useBytes = TRUE)
  copy
}

# Numbers and matrices by name, a matrix row by row; 17 digits give each double back.
to_json <- function(fields) {
  number <- function(x) format(x, digits = 17, trim = TRUE)
  array <- function(x) paste0("[", paste(x, collapse = ","), "]")
  value <- function(x) {
    if (!is.matrix(x)) return(number(x))
    array(apply(matrix(vapply(x, number, ""), nrow(x)), 1, array))
  }
  fields <- fields[!vapply(fields, is.null, NA)]
  paste0("{", paste0("\"", names(fields), "\":", vapply(fields, value, ""), collapse = ","), "}")
}
