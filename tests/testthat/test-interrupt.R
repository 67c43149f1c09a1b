# Training that is cut short, by the user or by a crash.

interrupt_in <- function(epoch, batch) {
  list(on_batch_end = function(info) {
    if (info$epoch == epoch && info$batch == batch) {
      tools::pskill(Sys.getpid(), tools::SIGINT)
      # The signal is seen at one of R's next checks.
      Sys.sleep(5)
    }
  })
}

test_that("Ctrl-C returns the fit of the last whole epoch", {
  skip_on_os("windows")
  data <- bars(60)
  run <- function(epochs, ...) {
    set.seed(6)
    cnn(data$x, data$y, small_net(), epochs = epochs, batch_size = 20, validation = 0.2, ...)
  }
  set.seed(6)
  before <- {
    draw_seed()
    .Random.seed
  }
  expect_warning(fit <- run(5, callbacks = interrupt_in(3, 2)),
                 "Interrupted: the fit is that after epoch 2", fixed = TRUE)
  expect_identical(.Random.seed, before)
  expect_identical(comparable(fit), comparable(run(2)))
  # And it goes on from there as if nothing had happened.
  on <- cnn(data$x, data$y, init = fit, epochs = 3)
  expect_identical(comparable(on), comparable(run(5)))
  expect_warning(none <- run(5, callbacks = interrupt_in(1, 1)), "after no epoch")
  expect_identical(nrow(none$history), 0L)
  expect_length(predict(none, data$x), 60)
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
    epochs <<- c(epochs, nrow(readRDS(file)$history))
  }))
  expect_identical(epochs, 1:4)
  expect_identical(comparable(readRDS(file)), comparable(whole))
  expect_identical(list.files(folder, all.files = TRUE, no.. = TRUE), "fit.rds")
  # A training that dies in an epoch leaves the file of the former one.
  expect_error(run(4, checkpoint = file, callbacks = list(on_batch_end = function(info) {
    if (info$epoch == 3) stop("out of memory")
  })), "out of memory")
  on <- cnn(data$x, data$y, init = readRDS(file), epochs = 2)
  expect_identical(comparable(on), comparable(whole))
})

test_that("a crash while a checkpoint is written leaves the former one", {
  skip_on_os("windows")
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  file <- file.path(folder, "fit.rds")
  saveRDS("former", file)
  # The limit on the size of files ends the child in the middle of the writing.
  script <- paste0("convstep:::write_checkpoint(runif(1e5), \"", file, "\")")
  command <- paste("ulimit -f 64; exec", shQuote(rscript()), "--vanilla -e", shQuote(script))
  status <- suppressWarnings(system2("sh", c("-c", shQuote(command)), stdout = FALSE,
                                     stderr = FALSE, env = child_environment()))
  expect_false(status == 0)
  expect_gt(length(list.files(folder)), 1)
  expect_identical(readRDS(file), "former")
})
