# Suggested packages may be missing.
if (requireNamespace("testthat", quietly = TRUE)) {
  library(testthat)
  library(convstep)
  if (Sys.getenv("NOT_CRAN") != "true") convstep_threads(2) # what CRAN's machines lend
  test_check("convstep")
}
