# Batches out of the arrays or sources that the user gave.

# A function of the number of a batch that returns a list of `x`, an array that holds the batch's
# images, and their `rows` in it; `bounds` are the first and last positions of the batches in
# `rows`. Random images touch another line of memory for each of their pixels; so a stretch of
# batches, about `bytes` of them, is taken out of `x` at a time, in the order of `x`, and then lies
# in the order of the batches. A source gives each batch by itself, and hears of the next. Takes no
# vectors from a result pool.
image_batches <- function(x, rows, bounds, bytes = 2^24) {
  rows_of <- function(batch) rows[seq.int(bounds$first[batch], length.out = size_of(batch))]
  size_of <- function(batch) bounds$last[batch] - bounds$first[batch] + 1
  if (inherits(x, "image_taker")) {
    return(function(batch) {
      taken <- x$take(rows_of(batch))
      if (batch < length(bounds$first)) x$advise(rows_of(batch + 1))
      list(x = taken, rows = seq_len(dim(taken)[1]))
    })
  }
  cell_bytes <- switch(typeof(x), double = 8, raw = 1, 4)
  images <- floor(bytes / (prod(dim(x)[-1]) * cell_bytes))
  if (images < 2 * max(size_of(seq_along(bounds$first)), 0)) {
    return(function(batch) list(x = x, rows = rows_of(batch)))
  }
  taken <- NULL
  from <- to <- 0
  function(batch) {
    if (bounds$first[batch] < from || bounds$last[batch] > to) {
      from <<- bounds$first[batch]
      to <<- max(bounds$last[bounds$last < from + images])
      taken <<- take_images_cpp(x, rows[from:to])
    }
    list(x = taken, rows = bounds$first[batch]:bounds$last[batch] - (from - 1L))
  }
}

# The images `rows` of the array `x` as doubles, or `single` as floats, on the scale of a fit.
gather_images <- function(x, rows, scale, single = FALSE) {
  if (is.list(scale)) {
    gather_batch_cpp(x, rows, scale$mean, 1 / scale$sd, single)
  } else {
    gather_batch_cpp(x, rows, 0, scale, single)
  }
}

# Runs the net in prediction over the images `rows` of `x`, batch by batch: `use(Z, positions)` gets
# the outputs and where in `rows` they belong, and must not keep `Z`.
forward_batches <- function(fit, plan, x, rows, size, use) {
  bounds <- batch_bounds(length(rows), size)
  next_images <- image_batches(x, rows, bounds, bytes = 0)
  pool <- result_pool_cpp()
  former <- suspend_pool_cpp()
  on.exit(resume_pool_cpp(former))
  for (i in seq_along(bounds$first)) {
    positions <- bounds$first[i]:bounds$last[i]
    use_pool_cpp(NULL)
    images <- next_images(i)
    use_pool_cpp(pool)
    A <- gather_images(images$x, images$rows, fit$scale, is_single(fit))
    Z <- network_forward(plan, fit$params, fit$state, A)$Z
    use(to_double_cpp(Z), positions)
  }
}

# Targets are a vector, a matrix with a row an image, or an array whose first extent is the image.
gather_target <- function(y, rows) {
  switch(max(1, length(dim(y))), y[rows], y[rows, , drop = FALSE], y[rows, , , drop = FALSE])
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
