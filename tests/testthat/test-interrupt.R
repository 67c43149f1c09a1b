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
