# Definitions in plain R of what the code does to pictures, and files to do it to.

# R's native raster of red, green, blue (h, w, 3) or with alpha (h, w, 4), values 0 to 255.
as_native <- function(rgb) {
  alpha <- if (dim(rgb)[3] == 4) rgb[, , 4] else array(255, dim(rgb)[1:2])
  value <- rgb[, , 1] + 256 * rgb[, , 2] + 65536 * rgb[, , 3] + 2^24 * alpha
  value <- ifelse(value >= 2^31, value - 2^32, value)
  value[value == -2^31] <- NA # the one pattern that R calls so
  array(as.integer(t(matrix(value, dim(rgb)[1]))), dim(rgb)[1:2])
}

resize_native <- function(native, size, fit = "stretch", channels = 3L, orientation = 1L,
                          fill = 255L) {
  bytes <- resize_image_cpp(native, dim(native), orientation,
                            match(fit, c("crop", "pad", "stretch")) - 1L, as.integer(size),
                            channels, fill)
  array(as.integer(bytes), c(size, channels))
}

# The weights (out, in) by which `out` cells take the pixels of [begin, begin + length) on an axis
# of `n` pixels.
naive_weights <- function(n, begin, length, out) {
  step <- length / out
  reach <- max(1, step)
  weights <- matrix(0, out, n)
  for (o in 1:out) {
    for (p in 1:n) {
      weights[o, p] <- max(0, 1 - abs((p - 0.5) - (begin + (o - 0.5) * step)) / reach)
    }
  }
  weights / rowSums(weights)
}

# x (h, w, C) to `size`, with fractions.
naive_resize <- function(x, size, fit, fill = 255) {
  extents <- dim(x)[1:2]
  length <- extents
  filled <- size
  if (fit == "crop") length <- min(extents / size) * size
  if (fit == "pad") filled <- pmax(1, floor(extents / max(extents / size) + 0.5))
  begin <- (extents - length) / 2
  at <- floor((size - filled) / 2)
  rows <- naive_weights(extents[1], begin[1], length[1], filled[1])
  columns <- naive_weights(extents[2], begin[2], length[2], filled[2])
  out <- array(fill, c(size, dim(x)[3]))
  for (k in seq_len(dim(x)[3])) {
    out[at[1] + 1:filled[1], at[2] + 1:filled[2], k] <-
      rows %*% matrix(x[, , k], extents[1]) %*% t(columns)
  }
  out
}

# The picture of resize-pytorch.py.
formula_picture <- function(rows, columns) {
  x <- array(0, c(rows, columns, 3))
  for (r in 1:rows) for (c in 1:columns) for (k in 1:3) {
    x[r, c, k] <- (7 * (r - 1)^2 + 13 * (c - 1) * k + 31 * (k - 1) * (r - 1)) %% 256
  }
  x
}

# A folder of `n` pictures a class, PNG and JPEG in turn: the class is the colour that prevails.
picture_folder <- function(n = 4, classes = c("blue", "green", "red"), seed = 1,
                           folder = tempfile("pictures")) {
  set.seed(seed)
  for (class in classes) {
    dir.create(file.path(folder, class), recursive = TRUE)
    for (i in seq_len(n)) {
      extents <- sample(18:40, 2)
      x <- array(runif(prod(extents) * 3, 0, 0.4), c(extents, 3))
      k <- match(class, c("red", "green", "blue"), nomatch = 1)
      x[, , k] <- x[, , k] + 0.5
      name <- file.path(folder, class, sprintf("%02d", i))
      if (i %% 2 == 0) jpeg::writeJPEG(x, paste0(name, ".jpg"), quality = 0.95) else
        png::writePNG(x, paste0(name, ".png"))
    }
  }
  folder
}

# The JPEG file `bytes` with an EXIF segment that gives the orientation.
with_orientation <- function(bytes, number, little = TRUE) {
  two <- function(x) if (little) c(x %% 256, x %/% 256) else c(x %/% 256, x %% 256)
  four <- function(x) if (little) c(two(x), 0, 0) else c(0, 0, two(x))
  tiff <- c(utf8ToInt(if (little) "II" else "MM"), two(42), four(8), two(2),
            two(0x010F), two(2), four(1), 65, 0, 0, 0, # another entry before it: the make, "A"
            two(0x0112), two(3), four(1), two(number), 0, 0, four(0))
  segment <- c(utf8ToInt("Exif"), 0, 0, tiff)
  length <- length(segment) + 2
  c(bytes[1:2], as.raw(c(0xFF, 0xE1, length %/% 256, length %% 256, segment)), bytes[-(1:2)])
}
