# Files to arrays.

test_that("a folder becomes images and labels, whatever the kind of file", {
  skip_if_not_installed("jpeg")
  skip_if_not_installed("png")
  folder <- picture_folder(3)
  writeLines("not a class", file.path(folder, "notes.txt"))
  file.create(file.path(folder, "red", c(".hidden", "Thumbs.db")))
  pictures <- read_images(folder, size = c(12, 10), verbose = FALSE)
  expect_s3_class(pictures, "convstep_images")
  expect_type(pictures$x, "raw")
  expect_identical(dim(pictures$x), c(9L, 12L, 10L, 3L))
  expect_identical(pictures$y, factor(rep(c("blue", "green", "red"), each = 3)))
  expect_identical(basename(pictures$files), rep(c("01.png", "02.jpg", "03.png"), 3))
  for (i in 1:9) {
    read <- if (i %% 3 == 2) jpeg::readJPEG else png::readPNG
    expected <- naive_resize(round(255 * read(pictures$files[i])), c(12, 10), "crop")
    expect_lte(max(abs(array(as.integer(pictures$x[i, , , ]), c(12, 10, 3)) - expected)), 0.501)
  }
  # The same in worker processes, from a vector of files, from a data frame.
  expect_identical(read_images(folder, c(12, 10), cluster = 2), pictures)
  expect_identical(read_images(pictures$files, c(12, 10)), pictures)
  table <- data.frame(pictures$files, age = 1:9 / 2)
  numbered <- read_images(table, c(12, 10))
  expect_identical(numbered$x, pictures$x)
  expect_identical(numbered$y, 1:9 / 2)
  table$height <- 9:1
  expect_identical(read_images(table, c(12, 10))$y, as.matrix(table[2:3]))
  expect_null(read_images(folder, 8, labels = "none", on_error = "skip") |>
                suppressWarnings() |> getElement("y"))
  expect_snapshot(print(pictures))
})

test_that("paths may hold spaces and letters of any script", {
  skip_if_not_installed("png")
  name <- "Caf\u00e9 \u5199\u771f"
  skip_if(is.na(iconv(name, "UTF-8", "")))
  folder <- file.path(tempfile(), name)
  dir.create(file.path(folder, "\u732b 1"), recursive = TRUE)
  png::writePNG(matrix(0.5, 4, 4), file.path(folder, "\u732b 1", "\u00e4 b.png"))
  pictures <- read_images(folder, 4, channels = 1)
  expect_identical(levels(pictures$y), "\u732b 1")
  expect_identical(as.integer(pictures$x), rep(128L, 16))
})

test_that("PNG files of every colour type are read", {
  skip_if_not_installed("png")
  set.seed(1)
  file <- tempfile(fileext = ".png")
  read <- function(channels = 3) {
    array(as.integer(read_images(file, c(6, 5), channels, labels = "none")$x), c(6, 5, channels))
  }
  grey <- matrix(sample(0:255, 30), 6)
  png::writePNG(grey / 255, file)
  expect_identical(read(), array(grey, c(6, 5, 3)))
  expect_identical(read(1), array(grey, c(6, 5, 1)))
  alpha <- matrix(sample(0:255, 30), 6)
  on_white <- 255 - (255 - grey) * alpha / 255
  png::writePNG(array(c(grey, alpha) / 255, c(6, 5, 2)), file)
  expect_lte(max(abs(read(1)[, , 1] - on_white)), 0.501)
  png::writePNG(array(c(grey, rev(grey), grey, alpha) / 255, c(6, 5, 4)), file)
  expect_lte(max(abs(read()[, , 3] - on_white)), 0.501)
  # Sixteen bits keep the upper eight.
  skip_if_not_installed("magick")
  deep <- magick::image_read(array(as.raw(grey[c(1:30, 30:1, 1:30)]), c(6, 5, 3)) |>
                               aperm(c(3, 2, 1)))
  magick::image_write(deep, file, format = "png", depth = 16)
  expect_lte(max(abs(read()[, , 1] - grey)), 1)
  magick::image_write(magick::image_convert(deep, type = "Palette"), file, format = "png")
  expected <- round(255 * png::readPNG(file))
  expect_lte(max(abs(read() - array(expected[, , 1:3], c(6, 5, 3)))), 0.5)
})

test_that("other kinds are read by magick", {
  skip_if_not_installed("magick")
  set.seed(3)
  pixels <- array(sample(0:255, 8 * 6 * 3, TRUE), c(8, 6, 3))
  picture <- magick::image_read(aperm(array(as.raw(pixels), dim(pixels)), c(3, 2, 1)))
  known <- magick::magick_config()
  for (format in c("tiff", "bmp", if (isTRUE(known$webp)) "webp", "gif")) {
    file <- tempfile(fileext = paste0(".", format))
    magick::image_write(picture, file, format = format, quality = 100)
    x <- read_images(file, c(8, 6), labels = "none")$x
    expect_lte(mean(abs(array(as.integer(x), dim(pixels)) - pixels)),
               c(tiff = 0, bmp = 0, webp = 30, gif = 40)[[format]])
  }
  cmyk <- tempfile(fileext = ".jpg")
  plain <- magick::image_convert(magick::image_blank(8, 8, "red"), colorspace = "CMYK")
  magick::image_write(plain, cmyk, format = "jpeg", quality = 100)
  x <- read_images(cmyk, 4, labels = "none")$x
  expect_gt(min(as.integer(x[1, , , 1])), 180)
  expect_lt(max(as.integer(x[1, , , 2:3])), 60)
})

test_that("a JPEG file's orientation is found, in either byte order", {
  skip_if_not_installed("jpeg")
  x <- array(0, c(16, 8, 3))
  x[1:8, , 1] <- 1
  plain <- jpeg::writeJPEG(x, raw(), quality = 1)
  expect_identical(jpeg_fault_cpp(plain), list(fault = "", orientation = 1L))
  for (little in c(TRUE, FALSE)) {
    for (number in 1:8) {
      turned <- with_orientation(plain, number, little)
      expect_identical(jpeg_fault_cpp(turned), list(fault = "", orientation = number))
    }
    expect_identical(jpeg_fault_cpp(with_orientation(plain, 9, little))$orientation, 1L)
  }
  file <- tempfile(fileext = ".jpg")
  writeBin(with_orientation(plain, 6), file)
  # The upper half was red: turned clockwise, the right half is.
  red <- as.integer(read_images(file, c(8, 16), labels = "none")$x[1, 4, , 1])
  expect_true(all(red[1:7] < 10) && all(red[10:16] > 245))
})

test_that("all that cannot be read is named at once", {
  skip_if_not_installed("jpeg")
  skip_if_not_installed("png")
  folder <- picture_folder(2, c("a", "b"))
  there <- list.files(folder, full.names = TRUE, recursive = TRUE)
  put <- function(name, bytes) writeBin(bytes, file.path(folder, "b", name))
  png <- readBin(there[1], "raw", 1e5)
  jpeg <- readBin(there[2], "raw", 1e5)
  put("cut.png", png[seq_len(length(png) / 2)])
  put("cut.jpg", jpeg[seq_len(length(jpeg) - 30)])
  put("flipped.png", replace(png, 60, xor(png[60], as.raw(1))))
  put("text.png", charToRaw("This is not a picture."))
  file.create(file.path(folder, "b", "empty.jpg"))
  within <- function(lines) gsub(folder, "folder", gsub("\\\\", "/", lines), fixed = TRUE)
  expect_snapshot(read_images(folder, 8), error = TRUE, transform = within)
  condition <- tryCatch(read_images(folder, 8), error = identity)
  expect_s3_class(condition, "convstep_bad_images")
  expect_identical(basename(condition$files$file),
                   c("cut.jpg", "cut.png", "empty.jpg", "flipped.png", "text.png"))
  expect_snapshot(kept <- read_images(folder, 8, on_error = "skip"), transform = within)
  expect_identical(kept$files, there)
  expect_identical(kept$y, factor(c("a", "a", "b", "b")))
  expect_identical(kept$x, read_images(there, 8)$x)
  expect_identical(kept$skipped, condition$files)
  expect_error(read_images(file.path(folder, "b", c("text.png", "no.png")), 8, on_error = "skip"),
               "2 of 2 files.*text.png' is no image of a known kind.*no.png' is not there")
})

test_that("files cut or flipped anywhere are errors or pictures, never crashes", {
  skip_if_not_installed("jpeg")
  skip_if_not_installed("png")
  skip_on_cran()
  expect_identical(tail(run_child("images.R"), 1), "done")
})

test_that("arguments out of range are refused", {
  folder <- tempfile("empty")
  dir.create(folder)
  within <- function(lines) gsub(folder, "folder", gsub("\\\\+", "/", lines), fixed = TRUE)
  expect_snapshot(error = TRUE, transform = within, {
    read_images(folder)
    read_images(folder, 64)
    read_images(folder, 64, labels = "none")
    read_images("no such folder", 64)
    read_images(1:3, 64)
    read_images(data.frame(), 64)
    read_images(data.frame(a = 1), 64)
    read_images(data.frame(a = "a.png", b = "b", c = 1), 64)
    read_images(folder, 0)
    read_images(folder, "64")
    read_images(folder, 64, channels = 2)
    read_images(folder, 64, resize = "squash")
    read_images(folder, 64, fill = 256)
    read_images(folder, 64, on_error = "ignore")
    read_images("a.png", 64, cluster = 0)
  })
})
