# Writes modern-pytorch.rds, the values that the tests of transposed convolution, enlarging, group
# normalisation and further activations compare with. Needs Python with PyTorch
# (the stored file came from
# 1.13.1) and jsonlite; run in this folder: Rscript modern-pytorch.R
stopifnot(system2("python3", "modern-pytorch.py") == 0)
# Lists of `dim` and `values` become arrays, other lists of numbers vectors.
restore <- function(x) {
  if (identical(names(x), c("dim", "values"))) {
    values <- as.numeric(unlist(x$values))
    if (length(x$dim) == 1) values else array(values, unlist(x$dim))
  } else if (is.list(x) && is.null(names(x)) && !is.list(x[[1]])) {
    unlist(x)
  } else if (is.list(x)) {
    lapply(x, restore)
  } else {
    x
  }
}
saveRDS(restore(jsonlite::read_json("modern-pytorch.json")), "modern-pytorch.rds", version = 3)
unlink("modern-pytorch.json")
