# Definitions in plain R of the augmentations, and of the generator that they draw from.

# Numbers of 64 bits as four of 16, the lowest first.
w64 <- function(hex) {
  hex <- gsub(" ", "", hex)
  as.numeric(strtoi(substring(hex, c(13, 9, 5, 1), c(16, 12, 8, 4)), 16))
}
add64 <- function(a, b) {
  sum <- a + b
  for (i in 1:3) sum[i + 1] <- sum[i + 1] + sum[i] %/% 65536
  sum %% 65536
}
mul64 <- function(a, b) {
  product <- numeric(5)
  for (i in 1:4) for (j in 1:(5 - i)) {
    part <- a[i] * b[j] # below 2^32
    k <- i + j - 1
    product[k] <- product[k] + part %% 65536
    product[k + 1] <- product[k + 1] + part %/% 65536
  }
  for (k in 1:4) {
    product[k + 1] <- product[k + 1] + product[k] %/% 65536
    product[k] <- product[k] %% 65536
  }
  product[1:4]
}
shift64 <- function(a, n) {
  a <- c(a, numeric(4))[n %/% 16 + 1:4]
  n <- n %% 16
  if (n == 0) a else (a %/% 2^n) + (c(a[-1], 0) * 2^(16 - n)) %% 65536
}
xor64 <- function(a, b) as.numeric(bitwXor(a, b))
number64 <- function(x) c(x %% 65536, x %/% 65536 %% 65536, x %/% 2^32 %% 65536, 0)

# Output i of seed s.
naive_splitmix <- function(s, i) {
  z <- add64(s, mul64(number64(i + 1), w64("9E37 79B9 7F4A 7C15")))
  z <- mul64(xor64(z, shift64(z, 30)), w64("BF58 476D 1CE4 E5B9"))
  z <- mul64(xor64(z, shift64(z, 27)), w64("94D0 49BB 1331 11EB"))
  xor64(z, shift64(z, 31))
}

# The first n uniform numbers of image i (from 0) of a batch with this key.
naive_uniforms <- function(key, i, n) {
  stream <- numeric(4)
  for (part in c(key, i)) stream <- naive_splitmix(stream, part)
  vapply(seq_len(n) - 1, function(k) {
    upper <- shift64(naive_splitmix(stream, k), 11)
    (sum(upper * 65536^(0:3)) + 0.5) / 2^53
  }, 0)
}

# Image x (H, W, C) at the places (y, x), functions of row and column counted from 0.
naive_warp <- function(x, place, fill, extend = FALSE) {
  H <- dim(x)[1]
  W <- dim(x)[2]
  out <- x
  for (c in seq_len(dim(x)[3])) {
    value <- function(h, w) {
      if (extend) {
        h <- min(max(h, 0), H - 1)
        w <- min(max(w, 0), W - 1)
      }
      if (h < 0 || h >= H || w < 0 || w >= W) fill else x[h + 1, w + 1, c]
    }
    for (h in 1:H - 1) for (w in 1:W - 1) {
      at <- place(h, w)
      y <- floor(at[1])
      z <- floor(at[2])
      p <- at[1] - y
      q <- at[2] - z
      out[h + 1, w + 1, c] <- (1 - p) * ((1 - q) * value(y, z) + q * value(y, z + 1)) +
        p * ((1 - q) * value(y + 1, z) + q * value(y + 1, z + 1))
    }
  }
  out
}

# Each augmentation of one image x (H, W, C), by its uniform numbers u.
naive_augment <- list(
  flip = function(x, u, s) {
    if (s$vertical && u[1] < 0.5) x <- x[dim(x)[1]:1, , , drop = FALSE]
    if (s$horizontal && u[2] < 0.5) x <- x[, dim(x)[2]:1, , drop = FALSE]
    x
  },
  shift = function(x, u, s) {
    by <- floor(u * (2 * s$max + 1)) - s$max
    out <- 0 * x + s$fill
    rows <- intersect(1:dim(x)[1], 1:dim(x)[1] + by[1])
    columns <- intersect(1:dim(x)[2], 1:dim(x)[2] + by[2])
    out[rows, columns, ] <- x[rows - by[1], columns - by[2], ]
    out
  },
  # Clockwise by the angle: what is shown at a place was at the place turned back.
  rotate = function(x, u, s) {
    angle <- (2 * u[1] - 1) * s$degrees / 180 * pi
    m <- (dim(x)[1:2] - 1) / 2
    naive_warp(x, function(h, w) {
      down <- h - m[1]
      right <- w - m[2]
      c(m[1] + cos(angle) * down - sin(angle) * right, m[2] + sin(angle) * down + cos(angle) * right)
    }, s$fill)
  },
  zoom = function(x, u, s) {
    factor <- exp(log(s$range[1]) + u[1] * log(s$range[2] / s$range[1]))
    m <- (dim(x)[1:2] - 1) / 2
    naive_warp(x, function(h, w) m + (c(h, w) - m) / factor, s$fill)
  },
  crop = function(x, u, s) {
    area <- s$share[1] + u[1] * diff(s$share)
    ratio <- exp(log(s$ratio[1]) + u[2] * log(s$ratio[2] / s$ratio[1]))
    part <- pmin(1, sqrt(area) * c(1 / sqrt(ratio), sqrt(ratio))) * dim(x)[1:2]
    corner <- u[3:4] * (dim(x)[1:2] - part)
    naive_warp(x, function(h, w) corner + (c(h, w) + 0.5) * part / dim(x)[1:2] - 0.5, 0, TRUE)
  },
  colour = function(x, u, s) {
    u <- 2 * u - 1
    weights <- if (dim(x)[3] == 3) c(0.299, 0.587, 0.114) else rep(1 / dim(x)[3], dim(x)[3])
    grey <- function(x) array(matrix(x, ncol = dim(x)[3]) %*% weights, dim(x))
    x <- x + u[1] * s$brightness
    x <- mean(grey(x)) + (x - mean(grey(x))) * (1 + u[2] * s$contrast)
    if (dim(x)[3] > 1) x <- grey(x) + (x - grey(x)) * (1 + u[3] * s$saturation)
    x
  },
  noise = function(x, u, s) {
    first <- seq(1, length(u), 2)
    radius <- sqrt(-2 * log(u[first]))
    angle <- 2 * pi * u[first + 1]
    x + s$sd * as.vector(rbind(radius * cos(angle), radius * sin(angle)))[seq_along(x)]
  },
  erase = function(x, u, s) {
    if (u[5] >= s$probability) {
      return(x)
    }
    area <- s$share[1] + u[1] * diff(s$share)
    ratio <- exp(log(s$ratio[1]) + u[2] * log(s$ratio[2] / s$ratio[1]))
    part <- pmax(1, round(pmin(1, sqrt(area) * c(1 / sqrt(ratio), sqrt(ratio))) * dim(x)[1:2]))
    corner <- floor(u[3:4] * (dim(x)[1:2] - part + 1))
    x[corner[1] + seq_len(part[1]), corner[2] + seq_len(part[2]), ] <- s$fill
    x
  }
)
