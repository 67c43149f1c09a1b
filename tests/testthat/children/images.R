# Reads files cut at many places and with bits flipped; ends with "done" if nothing crashed.
library(convstep)
set.seed(1)
x <- array(runif(12 * 9 * 3), c(12, 9, 3))
whole <- list(png::writePNG(x, raw()), jpeg::writeJPEG(x, raw(), quality = 0.9))
files <- character()
add <- function(bytes) {
  file <- tempfile()
  writeBin(bytes, file)
  files <<- c(files, file)
}
for (bytes in whole) {
  for (n in unique(round(seq(1, length(bytes) - 1, length.out = 150)))) add(bytes[seq_len(n)])
  for (i in 1:300) {
    at <- sample.int(length(bytes), sample.int(4, 1))
    add(replace(bytes, at, as.raw(sample(0:255, length(at), TRUE))))
  }
}
read <- suppressWarnings(read_images(files, 8, labels = "none", on_error = "skip"))
stopifnot(nrow(read$skipped) > 300, length(read$files) > 100)
cat("done\n")
