# A problem that a small net learns in an instant: noisy 8 x 8 images with a horizontal or a
# vertical bar.
bars <- function(m, seed = 1) {
  set.seed(seed)
  x <- array(runif(m * 64, 0, 0.3), c(m, 8, 8, 1))
  y <- factor(rep_len(c("horizontal", "vertical"), m))
  for (i in seq_len(m)) {
    at <- sample.int(8, 1)
    if (y[i] == "horizontal") x[i, at, , 1] <- 1 else x[i, , at, 1] <- 1
  }
  list(x = x, y = y)
}

small_net <- function() {
  list(layer_conv(4, f = 3, pad = 1), layer_pool(2), layer_affine(8))
}

# A fit without what differs between two runs of the same training, on images of any type.
comparable <- function(fit) {
  fit$call <- NULL
  fit$seen <- NULL
  fit$history$seconds <- NULL
  fit
}
