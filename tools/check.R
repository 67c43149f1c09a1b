# Reads the log of R CMD check: Rscript check.R 00check.log. Fails on anything but OK, INFO and the
# notes allowed below.

# A note is allowed if its heading matches `check` and every line of its text matches `text`.
allowed <- list(
  # The package is not on CRAN.
  list(check = "CRAN incoming feasibility", text = "^Maintainer: |^New submission$|^$"),
  # Needs MPI, and a newer R than the distribution has.
  list(check = "package dependencies", text = "enhances but not available for checking: .pbdMPI.$"),
  # Compiled code, the digits, and four vignettes that hold their pictures.
  list(check = "installed package size",
       text = "^installed size is|^sub-directories of 1Mb or more:$|^(doc|extdata|libs) "),
  # Needs a network, or a newer tool than the distribution has.
  list(check = "for future file timestamps", text = "unable to verify current time"),
  list(check = "HTML version of manual", text = "Skipping checking HTML validation")
)

log <- readLines(commandArgs(trailingOnly = TRUE)[1], encoding = "UTF-8")
starts <- grep("^\\* ", log)
entries <- Map(function(from, to) log[from:to], starts, c(starts[-1] - 1, length(log)))
result <- function(entry) {
  pattern <- "\\.\\.\\. .*?(OK|NONE|SKIPPED|INFO|NOTE|WARNING|ERROR)$"
  found <- regmatches(entry, regexpr(pattern, entry))
  if (length(found) == 0) "" else sub(".* ", "", found[1])
}
is_allowed <- function(entry) {
  heading <- sub("^\\* checking (.*?) \\.\\.\\..*", "\\1", entry[1])
  text <- trimws(entry[-1])
  any(vapply(allowed, function(note) {
    grepl(note$check, heading) && all(grepl(note$text, text))
  }, NA))
}

results <- vapply(entries, result, "")
bad <- results %in% c("ERROR", "WARNING") |
  (results == "NOTE" & !vapply(entries, is_allowed, NA))
finished <- any(grepl("^\\* DONE", log))
status <- grep("^Status: ", log, value = TRUE)
cat("\nR CMD check:", if (length(status) > 0) status else "it did not finish", "\n")
for (entry in entries[results == "NOTE" & !bad]) cat("allowed:", entry, sep = "\n  ")
for (entry in entries[bad]) cat("not allowed:", entry, sep = "\n  ")
quit(status = if (finished && !any(bad)) 0 else 1)
