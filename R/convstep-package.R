#' @keywords internal
#' @importFrom Rcpp evalCpp
#' @importFrom stats ave coef nobs predict rnorm update
#' @useDynLib convstep, .registration = TRUE
"_PACKAGE"

.onLoad <- function(libname, pkgname) {
  runtime_init_cpp()
}

.onUnload <- function(libpath) {
  library.dynam.unload("convstep", libpath)
}
