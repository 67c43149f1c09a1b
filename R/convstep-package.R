#' @section Where to begin:
#' * To learn: `check_yours()` lists the exercises, one for each function of the notebook, and says
#'   of a function that you wrote which mistake it makes; see [check_yours()]. The same in a
#'   browser, with pictures: `learnr::run_tutorial("convstep", "convstep")`.
#' * To play: [explore_convolution()] opens a page on which a window is dragged over an image, and
#'   its filter edited.
#' * To read: `vignette("convstep")` builds everything up from the definitions.
#' * To train a network: [cnn()].
#'
#' @section Memory:
#' When the package is loaded on Linux (with glibc), it lets the C library keep up to 256 MB of
#' freed memory for the next results instead of returning it to the system at once, as fresh memory
#' costs more time than most layers take to fill it. The environment variables
#' `MALLOC_TRIM_THRESHOLD_`, `MALLOC_MMAP_THRESHOLD_` and `GLIBC_TUNABLES`, set before R starts,
#' take precedence.
#'
#' @keywords internal
#' @importFrom Rcpp evalCpp
#' @importFrom stats ave coef nobs predict update
#' @useDynLib convstep, .registration = TRUE
"_PACKAGE"

.onLoad <- function(libname, pkgname) {
  runtime_init_cpp()
}

.onUnload <- function(libpath) {
  runtime_end_cpp()
  library.dynam.unload("convstep", libpath)
}
