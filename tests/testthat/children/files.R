# Reads files that are nearly IDX files: cut, lengthened, with bytes changed (the header's above
# all), plain and gzipped; and checkpoints that are damaged or hold something else. Arguments: the
# seed, the number of files of a kind. Each must end in an error that says so or in what the bytes
# mean.
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
    if (!grepl("is not a whole IDX file: Must .*, but|but nothing is in '", result)) {
      cat("unclear:", result, "\n")
    }
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

# A gzip file may consist of several members, whose contents follow each other; what comes after
# them and is none does not count.
for (k in seq_len(number %/% 20)) {
  inside <- if (runif(1) < 0.5) images else labels
  cut <- sample(length(inside) - 1, 1)
  if (runif(1) < 0.5) inside <- c(inside, as.raw(1))
  writeBin(c(gzipped(inside[seq_len(cut)]), gzipped(inside[-seq_len(cut)]),
             as.raw(sample(0:30, sample(0:9, 1), TRUE))), file)
  if (!identical(tryCatch(read_idx(file), error = function(e) NULL), meaning(inside))) {
    cat("wrong value of members\n")
  }
}
# Extents of any size, and not enough behind them.
enormous <- c(value = 0, error = 0)
for (k in seq_len(number %/% 20)) {
  inside <- c(as.raw(c(0, 0, 8, 3, sample(0:255, 12, TRUE))), raw(sample(100, 1)))
  writeBin(if (runif(1) < 0.5) gzipped(inside) else inside, file)
  result <- tryCatch(read_idx(file), error = conditionMessage)
  kind <- if (is.character(result)) "error" else "value"
  enormous[kind] <- enormous[kind] + 1
}
cat("enormous headers:", enormous["error"], "errors,", enormous["value"], "values\n")

# Checkpoints: damaged files first.
refusal <- paste0("^Assertion on 'file' failed: Must be (a checkpoint as cnn.. wrote it, but '.*' ",
                  "(is not|ends|cannot be|is damaged|holds)|the path of a file, but nothing)")
read_or_refuse <- function() {
  result <- tryCatch(read_checkpoint(file), error = conditionMessage)
  if (is.character(result) && !grepl(refusal, result)) cat("unclear:", result, "\n")
  result
}
fit <- good_fit()
saveRDS(fit, file)
whole <- readBin(file, "raw", 1e6)
outcomes <- c(value = 0, error = 0)
for (k in seq_len(number)) {
  damaged <- mutate(whole)
  # The end by itself: checksum and length.
  if (runif(1) < 0.3) damaged <- c(utils::head(whole, -12), mutate(utils::tail(whole, 12)))
  writeBin(damaged, file)
  result <- read_or_refuse()
  kind <- if (is.character(result)) "error" else "value"
  outcomes[kind] <- outcomes[kind] + 1
  # Time and system in the header mean nothing.
  same_contents <- identical(damaged[-(5:10)], whole[-(5:10)])
  if (kind == "value" && !identical(result, fit)) cat("wrong value\n")
  if (kind == "error" && same_contents) cat("refused a whole file:", result, "\n")
}
cat("damaged checkpoints:", outcomes["error"], "errors,", outcomes["value"], "values\n")

# Then whole files that hold something else, or a fit with one thing wrong.
others <- list(
  NULL, -1.5, sum, function(x) x, quote(x), quote(x + y), y ~ x, "a fit", list(), new.env(),
  globalenv(), structure(list(), class = "cnn"), structure(1, class = "cnn"),
  structure(list(1), class = "cnn"), structure(function(x) x, class = "cnn"), unclass(fit),
  structure(new.env(), class = "cnn"), fit$layers, fit$history, raw(1e5), factor("a"), 1i
)
# A function may stand for a learning rate.
wrong_values <- Filter(Negate(is.function), others)
tampered <- function(x) {
  if (is.list(x) && length(x) > 0) {
    i <- sample(length(x), 1)
    return(switch(sample(8, 1), x[-i], unname(x), c(x, x), unclass(x),
                  replace(x, i, list(tampered(x[[i]]))), replace(x, i, list(tampered(x[[i]]))),
                  replace(x, i, list(tampered(x[[i]]))), replace(x, i, sample(wrong_values, 1))))
  }
  if (!is.atomic(x) || is.null(x)) return(wrong_values[[sample(length(wrong_values), 1)]])
  switch(sample(6, 1), x[-1], as.character(x), array(x, rev(c(dim(x), 2))), c(x, x), x[0],
         wrong_values[[sample(length(wrong_values), 1)]])
}
without_dropout <- fit$layers[!vapply(fit$layers, inherits, NA, "layer_dropout")]
checked <- c("version", "input", "outputs", "loss", "levels", "layers", "params", "state", "scale",
             "batch_size", "seed", "optimizer", "optimizer_state")
outcomes <- c(value = 0, error = 0)
for (k in seq_len(number)) {
  part <- sample(checked, 1)
  wrong <- if (runif(1) < 0.1) {
    others[[sample(length(others), 1)]]
  } else {
    replace(fit, part, list(tampered(fit[[part]])))
  }
  saveRDS(wrong, file, version = sample(2:3, 1))
  result <- read_or_refuse()
  kind <- if (is.character(result)) "error" else "value"
  outcomes[kind] <- outcomes[kind] + 1
  # Without its dropout a net is another one, but a whole one.
  whole <- identical(wrong, fit) || identical(wrong, replace(fit, "layers", list(without_dropout)))
  if (kind == "value" && !whole) cat("took a fit with another", part, "\n")
  if (kind == "error" && identical(wrong, fit)) cat("refused a whole file:", result, "\n")
}
cat("other contents:", outcomes["error"], "errors,", outcomes["value"], "values\n")
