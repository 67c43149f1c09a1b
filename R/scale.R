# How the values of images become what a net sees: times one number, or less the mean and by the
# standard deviation of each channel.

# `"standardise"` stays what it is until it is known which images are trained on.
check_scale <- function(scale, images) {
  if (is.null(scale)) {
    return(if (cell_type(images) == "raw") 1 / 255 else 1)
  }
  if (identical(scale, "standardise") || is_standardising(scale, dim(images)[4])) {
    return(scale)
  }
  if (!checkmate::test_number(scale, finite = TRUE) || scale <= 0) {
    stop_assertion("scale", "Must be one positive number, or \"standardise\", but is ",
                   describe_number(scale))
  }
  as.double(scale)
}

# The list of `mean` and `sd` that a fit keeps.
is_standardising <- function(scale, channels) {
  is_numbers <- function(x, ...) {
    checkmate::test_double(x, finite = TRUE, any.missing = FALSE, len = channels, ...)
  }
  is.list(scale) && identical(names(scale), c("mean", "sd")) && is_numbers(scale$mean) &&
    is_numbers(scale$sd, lower = .Machine$double.xmin)
}

# Mean and standard deviation by channel of the images `rows` of `x`, in a fixed number of images at
# a time, so that a source gives the same bits as an array. A channel that has one value only is
# divided by 1.
standardising <- function(x, rows) {
  rows <- sort(rows)
  bounds <- batch_bounds(length(rows), 256)
  next_images <- image_batches(x, rows, bounds, bytes = 0)
  pixels <- prod(dim(x)[2:3])
  count <- 0
  mean <- squares <- numeric(dim(x)[4])
  for (batch in seq_along(bounds$first)) {
    images <- next_images(batch)
    moments <- channel_moments_cpp(images$x, images$rows)
    n <- length(images$rows) * pixels
    step <- moments[, 1] - mean
    mean <- mean + step * n / (count + n)
    squares <- squares + moments[, 2] + step^2 * n * count / (count + n)
    count <- count + n
  }
  sd <- sqrt(squares / count)
  list(mean = mean, sd = ifelse(sd > 0, sd, 1))
}
