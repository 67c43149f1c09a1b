# Checkpoints: what is written, what is left when writing fails, and what is no whole one.

in_folder <- function(code) {
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  code(folder)
}

small_fit <- function(...) {
  data <- bars(20)
  set.seed(1)
  cnn(data$x, data$y, small_net(), epochs = 1, batch_size = 10, ...)
}

test_that("CRC-32 is that of its standard", {
  # The check value of ISO 3309's CRC-32, and RFC 3720's like: nothing, and one zero byte.
  expect_identical(crc32_cpp(charToRaw("123456789")), 0xCBF43926 + 0)
  expect_identical(crc32_cpp(raw(0)), 0)
  expect_identical(crc32_cpp(raw(1)), 0xD202EF8D + 0)
})

test_that("a checkpoint comes back as it was", {
  file <- tempfile()
  on.exit(unlink(file))
  fits <- list(
    small_fit(), small_fit(optimizer = sgd(schedule_cosine(0.1, 3)), validation = 0.3,
                           early_stopping = early_stopping(2), class_weights = 1:2),
    cnn(bars(20)$x, 1:20, list(), epochs = 1, loss = "mse")
  )
  for (fit in fits) {
    for (version in 2:3) {
      saveRDS(fit, file, version = version)
      expect_identical(read_checkpoint(file), fit)
    }
    saveRDS(fit, file, ascii = TRUE)
    expect_s3_class(read_checkpoint(file), "cnn")
  }
})

test_that("a checkpoint is written after each epoch and can be gone on from", {
  data <- bars(60)
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  file <- file.path(folder, "fit.rds")
  run <- function(epochs, ...) {
    set.seed(6)
    cnn(data$x, data$y, small_net(), epochs = epochs, batch_size = 20, validation = 0.2, ...)
  }
  epochs <- integer()
  whole <- run(4, checkpoint = file, callbacks = list(on_epoch_end = function(fit) {
    epochs <<- c(epochs, nrow(read_checkpoint(file)$history))
  }))
  expect_identical(epochs, 1:4)
  expect_identical(comparable(read_checkpoint(file)), comparable(whole))
  expect_identical(list.files(folder, all.files = TRUE, no.. = TRUE), "fit.rds")
  # A training that dies in an epoch leaves the file of the former one.
  expect_error(run(4, checkpoint = file, callbacks = list(on_batch_end = function(info) {
    if (info$epoch == 3) stop("out of memory")
  })), "out of memory")
  on <- cnn(data$x, data$y, init = read_checkpoint(file), epochs = 2)
  expect_identical(comparable(on), comparable(whole))
})

# Calls write_checkpoint() on a file that holds "former", in a child of a shell that has run `limit`
# and cannot write it whole. The former file must stay; returns the files of its folder.
files_after_failure <- function(limit) {
  skip_on_os("windows")
  skip_if(Sys.getenv("R_COVR") != "", "the limit would cut the files of covr")
  in_folder(function(folder) {
    file <- file.path(folder, "fit.rds")
    saveRDS("former", file)
    script <- paste0("convstep:::write_checkpoint(runif(1e5), \"", file, "\")")
    command <- paste0(limit, "; exec ", shQuote(rscript()), " --vanilla -e ", shQuote(script))
    status <- suppressWarnings(system2("sh", c("-c", shQuote(command)), stdout = FALSE,
                                       stderr = FALSE, env = child_environment()))
    expect_false(status == 0)
    expect_identical(readRDS(file), "former")
    list.files(folder)
  })
}

test_that("a crash while a checkpoint is written leaves the former one", {
  # The limit on the size of files ends the child in the middle of the writing.
  expect_gt(length(files_after_failure("ulimit -f 64")), 1)
})

test_that("a full disk leaves the former checkpoint", {
  # The limit is now an error of the writing, of which saveRDS() says nothing.
  expect_identical(files_after_failure("trap '' XFSZ; ulimit -f 64"), "fit.rds")
})

test_that("a training outlives a checkpoint that cannot be written", {
  in_folder(function(folder) {
    gone <- file.path(folder, "gone")
    dir.create(gone)
    data <- bars(20)
    lose <- list(on_epoch_end = function(fit) unlink(gone, recursive = TRUE))
    # And what saveRDS() has to say of it.
    expect_warning(
      expect_warning(
        fit <- cnn(data$x, data$y, small_net(), epochs = 2, checkpoint = file.path(gone, "fit.rds"),
                   callbacks = lose),
        "cannot open"
      ),
      "After epoch 2 no checkpoint was written, the former one stays: cannot open the connection"
    )
    expect_identical(nrow(fit$history), 2L)
  })
})

test_that("a relative path stays where it was when the training began", {
  in_folder(function(folder) {
    former <- setwd(folder)
    on.exit(setwd(former))
    dir.create("elsewhere")
    data <- bars(20)
    fit <- cnn(data$x, data$y, small_net(), epochs = 2, checkpoint = "fit.rds",
               callbacks = list(on_batch_end = function(info) setwd(file.path(folder, "elsewhere"))))
    expect_identical(list.files(folder, recursive = TRUE), "fit.rds")
    expect_identical(nrow(read_checkpoint(file.path(folder, "fit.rds"))$history), 2L)
  })
})

test_that("a file that is no checkpoint says what is wrong", {
  folder <- tempfile("folder-")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  former <- setwd(folder)
  on.exit(setwd(former), add = TRUE, after = FALSE)
  fit <- small_fit()
  write <- function(bytes, name) {
    writeBin(bytes, name)
    name
  }
  save <- function(x, name, ...) {
    saveRDS(x, name, ...)
    name
  }
  whole <- readBin(save(fit, "whole.rds"), "raw", 1e6)
  n <- length(whole)
  invert <- function(i) replace(whole, i, !whole[i])
  gz <- gzfile("text.gz")
  writeLines("Some text.", gz)
  close(gz)
  later <- replace(fit, "version", "99.0")
  later$layers$conv1$kernel <- 3
  expect_error_snapshot({
    read_checkpoint(1)
    read_checkpoint(c("a", "b"))
    read_checkpoint(NA_character_)
    read_checkpoint("no such file")
    read_checkpoint(".")
    read_checkpoint(write(raw(0), "empty"))
    read_checkpoint(save(fit, "plain", compress = FALSE))
    read_checkpoint(save(fit, "xz", compress = "xz"))
    read_checkpoint(save(fit, "bzip2", compress = "bzip2"))
    read_checkpoint(write(whole[1:3], "head"))
    read_checkpoint(write(invert(n - 2), "length"))
    read_checkpoint(write(c(whole, raw(10)), "longer"))
    read_checkpoint(write(c(whole, whole), "twice"))
    read_checkpoint("text.gz")
    read_checkpoint(save(1, "number"))
    read_checkpoint(save(sum, "function"))
    read_checkpoint(save(unclass(fit)[1:3], "list"))
    read_checkpoint(save(structure(list(), class = "cnn"), "nothing but its class"))
    read_checkpoint(save(replace(fit, "params", list(rev(fit$params))), "other order"))
    read_checkpoint(save(later, "later"))
  })
  # Where the words are R's, or depend on what the bytes at the end happen to say.
  damaged <- c(lapply(c(seq(20, n - 10, length.out = 40), n - 7:4), invert),
               lapply(c(1000, n - 8:1), function(size) whole[seq_len(size)]))
  for (bytes in damaged) {
    expect_error(read_checkpoint(write(bytes, "damaged")),
                 "^Assertion on 'file' failed: Must be a checkpoint as cnn.. wrote it, but ")
  }
})

test_that("a small file that holds very much takes no memory", {
  skip_on_cran()
  limits <- child_value("
    file <- tempfile()
    saveRDS(raw(2^27), file)
    bytes <- readBin(file, 'raw', 1e6)
    writeBin(c(utils::head(bytes, -4), as.raw(c(100, 0, 0, 0))), file)
    rm(bytes)
    before <- gc(reset = TRUE)['Vcells', 6]
    message <- tryCatch(read_checkpoint(file), error = conditionMessage)
    list(grepl('is damaged', message), gc()['Vcells', 6] - before)
  ")
  expect_true(limits[[1]])
  expect_lt(limits[[2]], 8)
})
