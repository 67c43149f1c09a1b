# Suggested packages may be missing.
if (requireNamespace("testthat", quietly = TRUE)) {
  library(testthat)
  library(convstep)
  test_check("convstep")
}
