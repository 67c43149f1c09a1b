# Rscript tools/reports.R REPORT...: prints those entries of reports by a sanitizer or valgrind
# whose stack goes through our code, then their number; the status says whether there are any. R
# and other packages have findings of their own.
lines <- unlist(lapply(commandArgs(trailingOnly = TRUE), readLines, warn = FALSE))
entries <- split(lines, cumsum(grepl("^(==[0-9]+== ?)?$", lines)))
ours <- vapply(entries, function(entry) {
  any(grepl("convstep\\.so|convstep/src/", grep("(#[0-9]+|at|by) 0x", entry, value = TRUE)))
}, NA)
for (entry in entries[ours]) writeLines(entry)
cat(sum(ours), "in our code,", length(lines), "lines of reports in all\n")
quit(status = if (any(ours)) 1 else 0)
