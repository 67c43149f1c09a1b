# Writes pages that begin with random images, filters and geometries, and what the package computes
# for them: Rscript tools/explore/cases.R FOLDER NUMBER SEED
# Each case is a page, case-<k>.html, and its values, case-<k>.json: matrices row by row.
library(convstep)
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
set.seed(as.integer(arguments[3]))
to_json <- getFromNamespace("to_json", "convstep")

one_image <- function(x) array(x, c(1, dim(x), 1))
one_matrix <- function(x) matrix(x, dim(x)[2])
any_of <- function(...) sample(c(...), 1)
# Half of the images hold few different values, so that maxima are shared.
numbers <- function(rows, columns) {
  values <- if (runif(1) < 0.5) rnorm(rows * columns) else sample(-2:3, rows * columns, TRUE)
  matrix(as.double(values), rows, columns)
}

write_case <- function(k) {
  repeat {
    x <- numbers(any_of(1:16, 28, 64), any_of(1:16, 28))
    W <- numbers(any_of(1:7), any_of(1:7))
    geometry <- list(stride = any_of(1:4, 8), pad = any_of(0:3, 8), dilation = any_of(1:3, 6))
    spans <- geometry$dilation * (dim(W) - 1) + 1
    pooling <- list(f = any_of(1:7), stride = any_of(1:4, 8), pad = any_of(0:3, 8))
    if (all(spans <= dim(x) + 2 * geometry$pad) && all(pooling$f <= dim(x) + 2 * pooling$pad)) break
  }
  b <- rnorm(1)
  out <- conv_forward(one_image(x), array(W, c(dim(W), 1, 1)), b, geometry)
  back <- conv_backward(out$Z, out$cache)
  ones <- conv_backward(1 + 0 * out$Z, out$cache)
  case <- list(
    pool_f = pooling$f, pool_stride = pooling$stride, pool_pad = pooling$pad,
    Z = one_matrix(out$Z), dA = one_matrix(back$dA_prev), dW = matrix(back$dW, nrow(W)),
    db = as.vector(back$db), ones_dA = one_matrix(ones$dA_prev), ones_dW = matrix(ones$dW, nrow(W))
  )
  for (mode in c("max", "average")) {
    pooled <- pool_forward(one_image(x), pooling, mode)
    case[[mode]] <- one_matrix(pooled$A)
    for (ties in c("all", "first")) {
      dA <- pool_backward(array(1, dim(pooled$A)), pooled$cache, mode, ties)
      case[[paste0(mode, "_", ties)]] <- one_matrix(dA)
    }
  }
  page <- explore_convolution(x, W, b, geometry, browse = FALSE)
  file.rename(page, file.path(folder, paste0("case-", k, ".html")))
  # JSON has no infinity and no NaN.
  text <- gsub("(-?Inf|NaN)", "\"\\1\"", to_json(case))
  writeLines(text, file.path(folder, paste0("case-", k, ".json")))
}
for (k in seq_len(as.integer(arguments[2]))) write_case(k)
