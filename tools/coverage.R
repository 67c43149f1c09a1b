# Rscript tools/coverage.R FOLDER [FILTER]: the work of ./tools/coverage, on a copy of the tree.
arguments <- commandArgs(trailingOnly = TRUE)
least <- 95

Sys.setenv(NOT_CRAN = "true")
test_call <- sprintf(
  "testthat::test_dir(%s, filter = %s, package = 'convstep', load_package = 'installed',
     reporter = 'check', stop_on_failure = FALSE)",
  deparse(file.path(normalizePath(arguments[1]), "tests", "testthat")), deparse(arguments[-1][1])
)
test_call <- sub("filter = NA_character_", "filter = NULL", test_call, fixed = TRUE)
found <- as.data.frame(covr::package_coverage(
  arguments[1], type = "none", code = test_call, quiet = TRUE,
  line_exclusions = c("R/RcppExports.R", "src/RcppExports.cpp")
))

# A header counts once for each source that includes it: a line is run if it ran in one of them.
lines <- do.call(rbind, Map(function(file, first, last, value) {
  data.frame(file = file, line = first:last, value = value)
}, found$filename, found$first_line, found$last_line, found$value))
lines <- lines[grepl("^(R|src)/", lines$file), ]
lines <- aggregate(value ~ file + line, lines, max)

for (file in sort(unique(lines$file), method = "radix")) {
  here <- lines[lines$file == file, ]
  missed <- sort(here$line[here$value == 0])
  runs <- cumsum(c(1, diff(missed) != 1))
  missed <- vapply(split(missed, runs[seq_along(missed)]), function(run) {
    if (length(run) == 1) format(run) else paste0(run[1], "-", run[length(run)])
  }, "")
  cat(sprintf("%-28s %5d lines %6.1f %%  %s\n", file, nrow(here), 100 * mean(here$value > 0),
              if (length(missed) > 0) paste("not run:", paste(missed, collapse = ", ")) else ""))
}
percent <- function(rows) 100 * mean(lines$value[rows] > 0)
in_r <- grepl("^R/", lines$file)
cat(sprintf("coverage: %.1f %% of lines (R %.1f %%, C++ %.1f %%)\n",
            percent(TRUE), percent(in_r), percent(!in_r)))
quit(status = if (percent(TRUE) < least) 1 else 0)
