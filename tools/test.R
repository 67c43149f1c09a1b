# Runs the test suite against the installed package and ends with one line of counts.
library(testthat)
library(convstep)

filter <- commandArgs(trailingOnly = TRUE)
filter <- if (length(filter) > 0) filter[1]
Sys.setenv(NOT_CRAN = "true")
# A spinner is for terminals; elsewhere one line a file will do.
reporter <- ProgressReporter$new(max_failures = Inf,
                                 update_interval = if (isatty(stdout())) 0.1 else Inf)
results <- as.data.frame(test_dir(
  "tests/testthat", filter = filter, package = "convstep", load_package = "installed",
  reporter = reporter, stop_on_failure = FALSE
))
bad <- results$failed > 0 | results$error
skipped <- !bad & results$skipped
cat(sum(!bad & !skipped), " passed, ", sum(bad), " failed",
    if (any(skipped)) paste0(", ", sum(skipped), " skipped"), "\n", sep = "")
quit(status = if (any(bad)) 1 else 0)
