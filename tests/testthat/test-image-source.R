# Sources of images, beside the same images in arrays.

test_that("a source of files gives the images of read_images(), and the same bits in training", {
  skip_if_not_installed("jpeg")
  skip_if_not_installed("png")
  folder <- picture_folder(8)
  pictures <- read_images(folder, 8)
  source <- image_source(folder, 8, cache = new_cache())
  expect_identical(dim(source), dim(pictures$x))
  expect_identical(source$y, pictures$y)
  expect_identical(source$files, pictures$files)
  rows <- c(17L, 2L, 24L, 2L)
  expect_identical(take_images(source, rows), pictures$x[rows, , , ])
  expect_identical(take_images(pictures$x, rows), pictures$x[rows, , , ])
  expect_identical(take_images(source, integer()), pictures$x[0, , , , drop = FALSE])

  fit <- train_on(source)
  expect_identical(train_on(pictures$x, pictures$y), fit)
  expect_identical(predict(fit, source, type = "prob"), predict(fit, pictures$x, type = "prob"))
  expect_identical(evaluate(fit, source), evaluate(fit, pictures$x, pictures$y))
  expect_identical(confusion(fit, source), confusion(fit, pictures$x, pictures$y))
  held <- list(x = pictures$x[1:9, , , ], y = pictures$y[1:9])
  expected <- train_on(pictures$x, pictures$y, validation = held)
  expect_identical(train_on(source, validation = source[1:9]), expected)
  expect_identical(train_on(source, validation = list(x = source[1:9])), expected)
  expect_identical(train_on(pictures$x, pictures$y, validation = source[1:9]), expected)
  expect_identical(plot_images(source[1:5]), plot_images(pictures$x[1:5, , , ], pictures$y[1:5]))
  start <- cnn(source, layers = small_net(), epochs = 1)
  expect_identical(nrow(cnn(source, init = start, epochs = 1)$history), 2L)
  expect_error(cnn(image_source(folder, 8, labels = "none", cache = source$cache)),
               "Must be a source with targets where 'y' is not given")
  expect_error(cnn(pictures$x), "argument \"y\" is missing")
})

test_that("parts of a source are sources", {
  skip_if_not_installed("png")
  source <- image_source(picture_folder(3), 8, cache = new_cache())
  x <- take_images(source, 1:9)
  part <- source[c(9, 1, 4)]
  expect_identical(dim(part), c(3L, 8L, 8L, 3L))
  expect_identical(part$y, source$y[c(9, 1, 4)])
  expect_identical(take_images(part, 3:1), x[c(4, 1, 9), , , ])
  expect_identical(take_images(part[2:3], 1:2), x[c(1, 4), , , ])
  expect_identical(take_images(source[-(1:3)], 1:6), x[4:9, , , ])
  expect_identical(take_images(source[source$y == "green"], 1:3), x[4:6, , , ])
  restored <- unserialize(serialize(part, NULL))
  expect_identical(take_images(restored, 1:3), take_images(part, 1:3))
  expect_error(source[10], "Must be numbers of images from 1 to 9")
  expect_error(take_images(source, 0), "Must be whole numbers from 1 to 9")
})

test_that("IDX files are read in place, or through the cache if they are compressed", {
  set.seed(2)
  x <- array(sample(0:255, 50 * 8 * 6, TRUE), c(50, 8, 6))
  bytes <- array(as.raw(x), c(50, 8, 6, 1))
  plain <- tempfile(fileext = ".idx3")
  write_images_idx(x, plain)
  cache <- new_cache()
  source <- image_source(plain, y = factor(rep(1:2, 25)), cache = cache)
  expect_false(dir.exists(cache))
  expect_identical(take_images(source, 50:1), bytes[50:1, , , , drop = FALSE])
  packed <- tempfile(fileext = ".gz")
  write_images_idx(x, packed, gzfile)
  compressed <- image_source(packed, y = factor(rep(1:2, 25)), cache = cache)
  expect_identical(take_images(compressed, 50:1), bytes[50:1, , , , drop = FALSE])
  expect_length(cached(cache), 1)
  expect_identical(train_on(source), train_on(bytes, factor(rep(1:2, 25))))
  clear_cache(cache)
  expect_identical(take_images(compressed, 7), bytes[7, , , , drop = FALSE])
  # Cut, too long, damaged, changed, gone.
  whole <- readBin(packed, "raw", 1e5)
  file <- tempfile()
  writeBin(whole[seq_len(length(whole) - 300)], file)
  expect_error(image_source(file, cache = new_cache()), "is not a whole IDX file")
  writeBin(replace(whole, 900, xor(whole[900], as.raw(16))), file)
  expect_error(image_source(file, cache = new_cache()), "is not a whole IDX file")
  writeBin(readBin(plain, "raw", 1000), file)
  expect_error(image_source(file), "hold 2,400 bytes after the header.*but has 984")
  expect_error(image_source(plain, y = 1:3), "Must have one target an image")
  write_images_idx(x[1:40, , ], plain)
  expect_error(take_images(source, 1), "has changed or gone since")
  unlink(plain)
  expect_error(take_images(source, 1), "has changed or gone since")
})

test_that("a function is a source", {
  data <- bars(30)
  calls <- list()
  source <- image_source(function(rows) {
    calls[[length(calls) + 1]] <<- rows
    data$x[rows, , , , drop = FALSE]
  }, length = 30, shape = c(8, 8, 1), y = data$y)
  expect_identical(train_on(source), train_on(data$x, data$y))
  expect_true(all(lengths(calls) <= 8))
  expect_identical(take_images(source[5:9], 2:3), data$x[6:7, , , , drop = FALSE])
  numbers <- image_source(function(rows) array(as.raw(rows), c(length(rows), 2, 2, 1)), 9,
                          c(2, 2, 1))
  expect_type(take_images(numbers, 3), "raw")
  wrong <- function(f) image_source(f, 3, c(2, 2, 1))
  expect_error(take_images(wrong(function(rows) matrix(1, 2, 2)), 1), "but its function returned")
  expect_error(take_images(wrong(function(rows) array(NA, c(length(rows), 2, 2, 1))), 2),
               "holds NA in image 1")
  expect_error(image_source(identity, 3, 2), "Must be the rows, columns and channels")
  expect_error(image_source(identity, 3, c(2, 2, 1), y = 1), "Must have one target an image")
  expect_error(image_source(identity, 3, c(2, 2, 1), size = 3), "Unused arguments")
})

test_that("sources print themselves", {
  source <- image_source(identity, 3000, c(2, 2, 1), y = rep(0.5, 3000))
  expect_snapshot({
    source
    source[1:2]
  })
})
