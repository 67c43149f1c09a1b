# A picture as what it is: the colours of its pixels, a matrix of "#RRGGBB", row 1 at the top. Drawn
# to an uncompressed bitmap, which base R can read back.
pixels_of <- function(code, width = 400, height = 300) {
  skip_if_not(capabilities("cairo"), "cairo")
  file <- tempfile(fileext = ".bmp")
  on.exit(unlink(file))
  grDevices::bmp(file, width, height, type = "cairo", antialias = "none")
  device <- grDevices::dev.cur()
  tryCatch(force(code), finally = grDevices::dev.off(device))
  bytes <- readBin(file, "raw", file.size(file))
  integer_at <- function(offset, size) {
    readBin(bytes[offset + seq_len(size)], "integer", size = size, endian = "little")
  }
  start <- integer_at(10, 4)
  columns <- integer_at(18, 4)
  rows <- integer_at(22, 4)
  depth <- integer_at(28, 2) %/% 8
  # Rows of a bitmap start at multiples of four bytes, and run from the bottom up; colours are blue,
  # green, red. Few colours are written as a table and an index a pixel.
  stride <- (columns * depth + 3) %/% 4 * 4
  lines <- matrix(bytes[start + seq_len(stride * abs(rows))], stride)
  if (depth == 1) {
    table <- matrix(bytes[54 + seq_len(start - 54)], 4)
    entries <- as.integer(lines[seq_len(columns), ]) + 1
    channel <- function(k) as.character(table[k, entries])
  } else {
    channel <- function(k) as.character(lines[seq(k, by = depth, length.out = columns), ])
  }
  colours <- toupper(paste0("#", channel(3), channel(2), channel(1)))
  colours <- t(matrix(colours, columns))
  if (rows > 0) colours[rev(seq_len(rows)), ] else colours
}

# Where a colour lies: the mean row and column of its pixels.
centre_of <- function(pixels, colour) {
  found <- which(pixels == toupper(colour), arr.ind = TRUE)
  if (nrow(found) == 0) stop("no pixel is ", colour)
  unname(colMeans(found))
}

# Draws to nowhere, and gives what the code returns.
undrawn <- function(code) {
  grDevices::pdf(NULL)
  device <- grDevices::dev.cur()
  on.exit(grDevices::dev.off(device))
  force(code)
}

# The graphics settings are afterwards what they were.
expect_settings_kept <- function(draw) {
  undrawn({
    graphics::par(mfrow = c(2, 2), bg = "grey", mar = c(1, 2, 3, 4))
    before <- graphics::par(no.readonly = TRUE)
    draw()
    after <- graphics::par(no.readonly = TRUE)
  })
  expect_identical(after[settings_kept], before[settings_kept])
}

settings_kept <- c("mar", "bg", "fg", "col", "col.axis", "col.lab", "family", "las", "mgp", "tcl",
                   "mfrow", "cex", "xpd")

# The strings of a picture and the heights of their capital letters in pixels, from what R records of
# its drawing.
texts_of <- function(code, width = 400, height = 300) {
  grDevices::pdf(NULL, width / 72, height / 72)
  device <- grDevices::dev.cur()
  on.exit(grDevices::dev.off(device))
  grDevices::dev.control("enable")
  force(code)
  unit <- 72 * graphics::strheight("X", units = "inches", cex = 1)
  calls <- lapply(grDevices::recordPlot()[[1]], `[[`, 2)
  calls <- Filter(function(call) identical(call[[1]]$name, "C_text"), calls)
  texts <- lapply(calls, function(call) {
    data.frame(label = as.character(call[[3]]), height = call[[8]] * unit)
  })
  texts <- do.call(rbind, texts)
  texts[nzchar(texts$label), ]
}
