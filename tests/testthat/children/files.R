# Reads files that are nearly IDX files: cut, lengthened, with bytes changed (the header's above
# all), plain and gzipped; and checkpoints that were cut. Arguments: the seed, the number of files.
# Each must end in an error that says so or in what the bytes mean.
library(convstep)
source("helper-calls.R")
arguments <- commandArgs(trailingOnly = TRUE)
set.seed(as.integer(arguments[1]))
number <- as.integer(arguments[2])

big_endian <- function(n) as.raw(n %/% 256^(3:0) %% 256)
images <- c(as.raw(c(0, 0, 8, 3)), unlist(lapply(c(5, 4, 3), big_endian)), as.raw(1:60))
labels <- c(as.raw(c(0, 0, 8, 1)), big_endian(7), as.raw(0:6))
gzipped <- function(bytes) {
  file <- tempfile()
  on.exit(unlink(file))
  connection <- gzfile(file, "wb")
  writeBin(bytes, connection)
  close(connection)
  readBin(file, "raw", 1e6)
}
mutate <- function(bytes) {
  at <- sample(if (runif(1) < 0.7) min(16, length(bytes)) else length(bytes), sample(4, 1), TRUE)
  switch(sample(5, 1),
    replace(bytes, at, as.raw(sample(c(0, 1, 2, 3, 8, 127, 128, 255, sample(255, 1)), length(at),
                                     TRUE))),
    bytes[seq_len(sample(length(bytes), 1) - 1)],
    c(bytes, as.raw(sample(0:255, sample(40, 1), TRUE))),
    bytes[-at],
    as.raw(sample(0:255, sample(100, 1), TRUE))
  )
}
# What the format says the bytes mean, or NULL.
meaning <- function(bytes) {
  number <- function(from) sum(as.integer(bytes[from + 0:3]) * 256^(3:0))
  if (length(bytes) < 8 || !identical(bytes[1:3], as.raw(c(0, 0, 8)))) return(NULL)
  rank <- as.integer(bytes[4])
  if (!rank %in% c(1, 3) || length(bytes) < 4 + 4 * rank) return(NULL)
  extents <- vapply(4 * seq_len(rank) + 1, number, 0)
  if (any(extents[-1] == 0) || length(bytes) != 4 + 4 * rank + prod(extents)) return(NULL)
  cells <- as.integer(bytes[-seq_len(4 + 4 * rank)])
  if (rank == 1) cells else aperm(array(cells, rev(extents)), 3:1)
}

file <- tempfile()
outcomes <- c(value = 0, error = 0)
for (k in seq_len(number)) {
  plain <- if (runif(1) < 0.5) images else labels
  inside <- if (runif(1) < 0.8) mutate(plain) else plain
  packed <- runif(1) < 0.5
  bytes <- if (packed) gzipped(inside) else inside
  damaged <- packed && runif(1) < 0.5
  if (damaged) bytes <- mutate(bytes)
  writeBin(bytes, file)
  result <- tryCatch(read_idx(file), error = conditionMessage)
  if (is.character(result)) {
    outcomes["error"] <- outcomes["error"] + 1
    if (!grepl("is not a whole IDX file: Must .*, but", result)) cat("unclear:", result, "\n")
    if (!damaged && !is.null(meaning(inside))) cat("refused a whole file:", result, "\n")
  } else {
    outcomes["value"] <- outcomes["value"] + 1
    # A changed gzip header may still hold the same data; gzfile() reads bytes as they are where
    # there is no such header.
    expected <- list(meaning(inside), meaning(bytes))
    if (!any(vapply(expected, identical, NA, result))) cat("wrong value\n")
  }
}
cat("idx:", outcomes["error"], "errors,", outcomes["value"], "values\n")

# A checkpoint that was cut is R's to refuse; what else may be wrong with one is tried by fuzz.R.
saveRDS(good_fit(), file)
whole <- readBin(file, "raw", 1e6)
refused <- 0
for (k in seq_len(number %/% 10)) {
  writeBin(whole[seq_len(sample(length(whole) - 1, 1))], file)
  result <- tryCatch(suppressWarnings(readRDS(file)), error = function(e) NULL)
  if (is.null(result)) refused <- refused + 1 else cat("wrong value\n")
}
cat("checkpoints:", refused, "refused\n")
