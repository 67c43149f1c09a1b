# Batches out of the arrays that the user gave.

# Images `rows` (all, if NULL) as scaled doubles.
gather_batch <- function(x, rows, scale) {
  if (is.null(rows)) rows <- seq_len(dim(x)[1])
  gather_batch_cpp(x, rows, scale)
}

# Targets are the numbers of the classes, or a matrix with a row an image.
gather_target <- function(y, rows) {
  if (is.matrix(y)) y[rows, , drop = FALSE] else y[rows]
}

# The first and last position of each batch of `size` in 1..n, as two vectors.
batch_bounds <- function(n, size) {
  first <- if (n > 0) seq.int(1L, n, by = size) else integer()
  list(first = as.integer(first), last = as.integer(pmin(first - 1 + size, n)))
}

# The batch that the user's function makes of `x`.
augmented <- function(augment, x) {
  result <- augment(x)
  if (!is_numeric_like(result) || !identical(dim(result), dim(x))) {
    stop_assertion("augment", "Must return a numeric array of the dim it was given, ",
                   format_dim(dim(x)), ", but returned ", describe(result))
  }
  as_double(result)
}
