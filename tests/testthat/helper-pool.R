# Oracles of pooling: the definitions as R loops, on top of helper-naive.R.

# visit(n, h, w, c, rows, columns) for every window; rows and columns are its real cells.
naive_pool_windows <- function(A, hparameters, visit) {
  window <- naive_window(dim(A)[2:3], pair(hparameters$f), hparameters)
  extents <- c(dim(A)[1], window$out, dim(A)[4])
  if (extents[1] == 0) {
    return(extents)
  }
  real <- function(axis, o) {
    inside <- window$inside(axis)
    match(intersect(window$cells(axis, o), inside), inside)
  }
  for (c in seq_len(dim(A)[4])) {
    for (w in seq_len(window$out[2])) {
      for (h in seq_len(window$out[1])) {
        for (n in seq_len(dim(A)[1])) visit(n, h, w, c, real(1, h), real(2, w))
      }
    }
  }
  extents
}

naive_pool_forward <- function(A, hparameters, mode) {
  cells <- list()
  extents <- naive_pool_windows(A, hparameters, function(n, h, w, c, rows, columns) {
    x <- A[n, rows, columns, c]
    cells[[length(cells) + 1]] <<- list(
      c(n, h, w, c),
      if (mode == "average") mean(x) else if (length(x) == 0) -Inf else max(x)
    )
  })
  Z <- array(0, extents)
  for (cell in cells) Z[rbind(cell[[1]])] <- cell[[2]]
  Z
}

naive_pool_backward <- function(dZ, A, hparameters, mode, ties) {
  dA <- array(0, dim(A))
  naive_pool_windows(A, hparameters, function(n, h, w, c, rows, columns) {
    if (length(rows) == 0 || length(columns) == 0) {
      return()
    }
    g <- dZ[n, h, w, c]
    x <- matrix(A[n, rows, columns, c], length(rows))
    share <- if (mode == "average") {
      g / length(x)
    } else if (ties == "all") {
      (x == max(x)) * g
    } else {
      replace(x * 0, TRUE, 0) + first_maximum(x) * g
    }
    if (mode == "max" && ties == "first") {
      # Nothing but the chosen cell is touched, whatever g is.
      share[!first_maximum(x)] <- 0
    }
    dA[n, rows, columns, c] <<- dA[n, rows, columns, c] + share
  })
  dA
}

# TRUE at the first NaN, else the first maximum, row by row.
first_maximum <- function(x) {
  by_row <- as.vector(t(x))
  at <- if (anyNA(by_row)) which(is.na(by_row))[1] else which(by_row == max(by_row))[1]
  matrix(seq_along(by_row) == at, nrow(x), byrow = TRUE)
}

# Pooling small enough for the loops: list(A, hparameters). Batches around the vector widths, few
# distinct values where `ties`.
random_pool <- function(ties = FALSE) {
  repeat {
    hparameters <- list(
      f = sample(1:4, sample(1:2, 1), TRUE),
      stride = sample(1:4, sample(1:2, 1), TRUE),
      pad = sample(list(0, 0, 1, 2, c(0, 1), c(3, 1), 6, "same", "valid"), 1)[[1]]
    )
    extents <- sample(c(1, 2, 4, 5, 7, 9), 2, TRUE)
    if (all(naive_window(extents, pair(hparameters$f), hparameters)$out >= 1)) break
  }
  A <- random_array(sample(c(1, 2, 3, 7, 8, 9, 17), 1), extents, sample(1:3, 1))
  if (ties) A <- round(A)
  list(A = A, hparameters = hparameters)
}
