# The files that a source keeps its decoded images in.

test_that("what is cached is used again, and belongs to the files as they were", {
  skip_if_not_installed("png")
  folder <- picture_folder(2)
  cache <- new_cache()
  make <- function(...) image_source(folder, 8, ..., cache = cache)
  source <- make()
  shard <- cached(cache)
  expect_length(shard, 1)
  inode <- file.info(shard)$ctime
  expect_identical(make()$shards, source$shards)
  expect_identical(cached(cache), shard)
  # Read in another way, it is another shard.
  make(resize = "pad")
  make(channels = 1)
  expect_length(cached(cache), 3)
  # A changed file is noticed: by those who use the former source, and by the next one.
  x <- take_images(source, 1:6)
  png::writePNG(matrix(0, 40, 40), source$files[1])
  expect_warning(same <- take_images(source, 1:6),
                 "1 file has changed or gone since .* '.*01[.]png'")
  expect_identical(same, x)
  now <- make()
  expect_identical(unique(as.vector(take_images(now, 1))), as.raw(0))
  expect_identical(take_images(now, 2:6), x[2:6, , , ])
  # Gone from the folder as well as from the cache, or only from the folder.
  unlink(source$files[1])
  expect_warning(take_images(now, 1:6), "1 file has changed or gone")
  clear_cache(cache)
  expect_error(suppressWarnings(take_images(now, 1:6)),
               "1 file has changed or gone .* not everything of them is in the cache: '.*01[.]png'")
})

test_that("a cleared cache is filled again", {
  skip_if_not_installed("png")
  cache <- new_cache()
  source <- image_source(picture_folder(2), 8, cache = cache)
  x <- take_images(source, 1:6)
  size <- sum(file.size(cached(cache)))
  expect_identical(clear_cache(cache), size)
  expect_length(cached(cache), 0)
  expect_identical(take_images(source, 1:6), x)
  expect_identical(clear_cache(tempfile()), 0)
  other <- file.path(cache, "notes.txt")
  writeLines("mine", other)
  clear_cache(cache)
  expect_true(file.exists(other))
})

test_that("bad files are named when they come from the cache, too", {
  skip_if_not_installed("png")
  folder <- picture_folder(2)
  writeLines("no image", file.path(folder, "green", "00.png"))
  cache <- new_cache()
  for (time in 1:2) {
    condition <- tryCatch(image_source(folder, 8, cache = cache), error = identity)
    expect_s3_class(condition, "convstep_bad_images")
    expect_identical(basename(condition$files$file), "00.png")
    expect_identical(condition$files$reason, "is no image of a known kind")
    expect_warning(source <- image_source(folder, 8, on_error = "skip", cache = cache),
                   "00[.]png' is no image of a known kind", class = "convstep_bad_images")
    kept <- suppressWarnings(read_images(folder, 8, on_error = "skip"))
    expect_identical(dim(source), dim(kept$x))
    expect_identical(source$y, kept$y)
    expect_identical(take_images(source, 1:6), kept$x)
  }
})

test_that("a damaged shard is found: at once if it can be made again, else when it is read", {
  skip_if_not_installed("png")
  cache <- new_cache()
  source <- image_source(picture_folder(2), 8, cache = cache)
  x <- take_images(source, 1:6)
  shard <- cached(cache)
  bytes <- readBin(shard, "raw", 1e6)
  for (damage in list(bytes[seq_len(length(bytes) - 1)], bytes[1:3], raw(), c(bytes, as.raw(0)),
                      replace(bytes, length(bytes) - 50, xor(bytes[length(bytes) - 50], as.raw(1))),
                      replace(bytes, 6 * 192 + 3, xor(bytes[6 * 192 + 3], as.raw(1))))) {
    writeBin(damage, shard)
    expect_identical(take_images(source, 1:6), x)
    expect_identical(readBin(shard, "raw", 1e6), bytes)
  }
  writeBin(replace(bytes, 200, xor(bytes[200], as.raw(1))), shard)
  expect_identical(take_images(source, c(1, 3:6)), x[c(1, 3:6), , , ])
  expect_error(take_images(source, 2), "is damaged: its checksums are not those of what it holds")
})

test_that("a cache keeps to its limit, the last used shards longest", {
  skip_if_not_installed("png")
  cache <- new_cache()
  folders <- lapply(1:3, function(seed) picture_folder(2, seed = seed))
  make <- function(i, limit) image_source(folders[[i]], 8, cache = cache, limit = limit)
  sources <- lapply(1:2, make, limit = 1e6)
  size <- file.size(cached(cache)[1])
  shard <- function(source) file.path(cache, source$shards$name)
  Sys.setFileTime(shard(sources[[1]]), Sys.time() - 100)
  Sys.setFileTime(shard(sources[[2]]), Sys.time() - 200)
  old <- file.path(cache, "0123456789abcdef.abc.part")
  writeLines("left by a crash", old)
  Sys.setFileTime(old, Sys.time() - 2 * 86400)
  third <- make(3, 2 * size)
  expect_setequal(cached(cache), c(shard(sources[[1]]), shard(third)))
  expect_false(file.exists(old))
  expect_error(make(1, 6 * 8 * 8 * 3 - 1), "Must be at least the 1,152 bytes that the images take")
})

test_that("the cache must be a folder", {
  skip_if_not_installed("png")
  folder <- picture_folder(1)
  file <- tempfile()
  writeLines("a file", file)
  expect_error(image_source(folder, 8, cache = file), "Must be the path of a folder")
  expect_error(image_source(folder, 8, cache = file.path(file, "below")), "cannot be made")
  expect_error(clear_cache(NA), "Must be the path of a folder")
})

test_that("a killed process leaves no half shard, and the next one fills the cache", {
  skip_if_not_installed("png")
  skip_on_os("windows")
  skip_on_cran()
  folder <- picture_folder(100)
  cache <- new_cache()
  dir.create(cache, recursive = TRUE)
  # The child kills itself in the middle of a shard.
  status <- system2(rscript(), c("--vanilla", shQuote(c(test_path("children", "cache.R"), folder,
                                                        cache, "kill"))),
                    stdout = FALSE, stderr = FALSE, env = child_environment())
  expect_gt(status, 100)
  expect_length(cached(cache), 0)
  expect_length(cached(cache, "part$"), 1)
  source <- image_source(folder, 64, cache = cache)
  expect_identical(take_images(source, 1:300), read_images(folder, 64)$x)
  clear_cache(cache)
  expect_length(list.files(cache), 0)
})

test_that("two processes may fill the same cache", {
  skip_if_not_installed("png")
  skip_on_cran()
  folder <- picture_folder(60)
  cache <- new_cache()
  workers <- parallel::makeCluster(2)
  on.exit(parallel::stopCluster(workers))
  parallel::clusterEvalQ(workers, library(convstep))
  sums <- parallel::clusterCall(workers, function(folder, cache) {
    x <- take_images(image_source(folder, 8, cache = cache), 1:180)
    sum(as.integer(x))
  }, folder, cache)
  expect_identical(sums[[1]], sum(as.integer(read_images(folder, 8)$x)))
  expect_identical(sums[[1]], sums[[2]])
  expect_length(list.files(cache), 1)
})

test_that("a full disk is an error that says so, and leaves nothing behind", {
  skip_on_os(c("windows", "mac"))
  skip_on_cran()
  # A limit on the size of files, which fails like a disk that is full.
  folder <- picture_folder(20)
  cache <- new_cache()
  skip_if(Sys.getenv("R_COVR") != "", "the limit would cut the files of covr")
  output <- tempfile()
  child <- paste(c(rscript(), "--vanilla", test_path("children", "cache.R"), folder, cache),
                 collapse = "' '")
  command <- paste0("trap '' XFSZ; ulimit -f 64; '", child, "'")
  system2("sh", c("-c", shQuote(command)), stdout = output, stderr = output,
          env = child_environment())
  lines <- readLines(output, warn = FALSE)
  expect_match(lines, "The cache cannot be written, as .* cannot be written: .* Make room",
               all = FALSE)
  expect_length(list.files(cache), 0)
})
