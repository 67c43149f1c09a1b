line_at <- function(width, loss = 0.1234, accuracy = 0.9876, left = 754, epoch = 7, last = 100) {
  progress_line(epoch, last, 0.5, loss, accuracy, 123456, left, width)
}

test_that("the line of a training fits its terminal and keeps the time left", {
  for (width in c(20, 40, 60, 79, 80, 100, 200)) {
    for (loss in c(0, 1e-9, 0.1234, 99999, 1e5, 1e300)) {
      for (accuracy in c(NA, 1)) {
        line <- line_at(width, loss, accuracy)
        expect_lte(nchar(line), width)
        if (width >= 40) expect_match(line, " 12m 34s left$")
        expect_match(line, "^epoch 7/100 ")
      }
    }
  }
  full <- line_at(80)
  expect_match(full, "loss 0.1234 accuracy 0.9876 123,456 images/s", fixed = TRUE)
  # The bar is half full: there is one, even at 80 columns.
  bar <- strsplit(sub("^epoch 7/100 (.*) loss.*$", "\\1", full), "")[[1]]
  expect_gte(length(bar), 5)
  expect_identical(sum(bar != " "), length(bar) %/% 2L)
})

test_that("seconds are given in the two units that matter", {
  seconds <- c(0, 0.4, 59.4, 60, 3599, 3600, 7322, 86400, 1e6)
  expect_identical(vapply(seconds, format_seconds, ""),
                   c("0s", "0s", "59s", "1m 0s", "59m 59s", "1h 0m", "2h 2m", "1d 0h", "11d 13h"))
  expect_identical(format_seconds(Inf), "?")
})

test_that("the time left is that of the whole training", {
  former <- options(cli.dynamic = TRUE, cli.num_colors = 1L)
  on.exit(options(former))
  now <- 100
  start <- training_progress(TRUE, 3:6, 200, clock = function() now)
  # After half an epoch of four, 10 s: 70 s are left.
  now <- 110
  expect_match(start(3)$line(100, c(50, 60)), " 1m 10s left$")
  # The second epoch, validation behind the first one counted: 44 s for 1.5 of 4 epochs.
  now <- 144
  line <- start(4)$line(100, c(50, 60))
  expect_match(line, "^epoch 4/6 ")
  expect_match(line, " 1m 13s left$")
})

test_that("a training shows its bar in a terminal, and nothing where there is none", {
  data <- bars(40)
  run <- function(...) {
    invisible(cnn(data$x, data$y, small_net(), epochs = 2, batch_size = 5, ...))
  }
  shown <- function(...) {
    capture.output(said <- capture.output(run(...)), type = "message")
  }
  former <- options(cli.dynamic = TRUE, cli.progress_show_after = 0, cli.ansi = FALSE)
  on.exit(options(former))
  expect_match(paste(shown(verbose = TRUE), collapse = ""), "epoch 1/2 .* left")
  expect_identical(shown(verbose = FALSE), character())
  options(cli.dynamic = FALSE)
  expect_identical(shown(verbose = TRUE), character())
})

test_that("a diverged loss takes no two hundred digits", {
  fit <- cnn(bars(8)$x, bars(8)$y, list(), epochs = 0)
  fit$history[1, ] <- list(1L, 1.5e200, 0.5, 2e150, 0.5, 1)
  line <- capture.output(print_epoch(fit, 1))
  expect_match(line, "loss 1.500e+200 ", fixed = TRUE)
  expect_match(line, "val_loss 2.000e+150 ", fixed = TRUE)
  expect_lte(nchar(line), 100)
  expect_identical(format_loss(c(0, 3e-7, 0.12345, 12345.6, 1e5)),
                   c("0.0000", "3.000e-07", "0.1235", "12345.6000", "1.000e+05"))
})
