# A cache of its own for each test.
new_cache <- function() file.path(tempfile("cache"), "of images")

cached <- function(cache, pattern = "shard$") list.files(cache, pattern, full.names = TRUE)

# A file in IDX format with these images (n, rows, columns), of values 0 to 255.
write_images_idx <- function(x, file, open = base::file) {
  four <- function(n) as.raw(n %/% 256^(3:0) %% 256)
  connection <- open(file, "wb")
  on.exit(close(connection))
  writeBin(c(as.raw(c(0, 0, 8, 3)), four(dim(x)[1]), four(dim(x)[2]), four(dim(x)[3]),
             as.raw(aperm(x, 3:1))), connection)
}

# What cnn() makes of them must be the same bits.
train_on <- function(x, ..., validation = 0.25) {
  set.seed(5)
  comparable(cnn(x, ..., layers = small_net(), epochs = 2, batch_size = 7,
                 validation = validation))
}
