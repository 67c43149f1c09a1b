# What a training says: a line an epoch and, in a terminal, a bar that is gone when the line comes.

print_epoch <- function(fit, last) {
  now <- fit$history[nrow(fit$history), ]
  value <- function(name) {
    format <- if (grepl("loss", name)) format_loss else format_share
    if (is.na(now[[name]])) NULL else paste(name, format(now[[name]]))
  }
  parts <- c(paste0("epoch ", format(now$epoch, width = nchar(last)), "/", last),
             value("loss"), value("accuracy"), value("val_loss"), value("val_accuracy"),
             paste(formatC(now$seconds, 1, format = "f"), "s"))
  cli::cat_line(paste(parts, collapse = "  "))
}

# Four decimals where they say anything.
format_loss <- function(x) {
  plain <- !is.finite(x) | x == 0 | x >= 1e-4 & x < 1e5
  ifelse(plain, sprintf("%.4f", x), sprintf("%.3e", x))
}

format_share <- function(x) formatC(x, 4, format = "f")

# The two units that matter.
format_seconds <- function(x) {
  if (!is.finite(x)) {
    return("?")
  }
  x <- round(x)
  switch(1 + findInterval(x, c(60, 3600, 86400)),
    paste0(x, "s"),
    paste0(x %/% 60, "m ", x %% 60, "s"),
    paste0(x %/% 3600, "h ", x %% 3600 %/% 60, "m"),
    paste0(x %/% 86400, "d ", x %% 86400 %/% 3600, "h")
  )
}

# A function of an epoch's number that starts its bar: a list of `update(images, totals)`, where
# `totals` are the sums of loss and of right answers, and `done()`. Both do nothing where there is
# nothing to see. The time left is that of all `epochs`, as the part that is done went, validation
# included.
training_progress <- function(verbose, epochs, n, clock = function() proc.time()[["elapsed"]]) {
  if (!verbose || !cli::is_dynamic_tty()) {
    return(function(epoch) list(update = function(images, totals) NULL, done = function() NULL))
  }
  start <- clock()
  function(epoch) {
    epoch_start <- clock()
    shown <- -Inf
    text <- ""
    environment <- environment()
    bar <- cli::cli_progress_bar(total = n, clear = TRUE, .envir = environment, .auto_close = FALSE,
                                 format = "{text}")
    line <- function(images, totals) {
      done <- epoch - epochs[1] + images / n
      progress_line(epoch, max(epochs), images / n, totals[1] / images, totals[2] / images,
                    images / max(clock() - epoch_start, 1e-3),
                    (clock() - start) * (length(epochs) / done - 1), cli::console_width() - 1)
    }
    list(
      line = line,
      update = function(images, totals) {
        if (clock() - shown < 0.1) {
          return()
        }
        shown <<- clock()
        text <<- line(images, totals)
        cli::cli_progress_update(set = images, id = bar, .envir = environment)
      },
      done = function() cli::cli_progress_done(id = bar, .envir = environment)
    )
  }
}

# One line of at most `width` columns: the epoch, a bar in what room there is, the figures, the time
# left. Where not all has room, the speed goes first, then the bar, the accuracy, the loss.
progress_line <- function(epoch, last, share, loss, accuracy, speed, left, width) {
  head <- paste0("epoch ", epoch, "/", last)
  figures <- c(paste("loss", format_loss(loss)),
               if (!is.na(accuracy)) paste("accuracy", format_share(accuracy)),
               paste(big(round(speed)), "images/s"))
  left <- paste(format_seconds(left), "left")
  least_bar <- 5
  repeat {
    rest <- paste(c(figures, left), collapse = " ")
    room <- width - nchar(head) - nchar(rest) - 2
    if (room >= least_bar) {
      return(paste(head, bar_of(share, min(room, 30)), rest))
    }
    line <- paste(head, rest)
    if (nchar(line) <= width && length(figures) < 3) {
      return(line)
    }
    if (length(figures) == 0) {
      return(substr(line, 1, width))
    }
    figures <- figures[-length(figures)]
  }
}

bar_of <- function(share, width) {
  full <- floor(share * width)
  block <- if (cli::is_utf8_output()) "\u25a0" else "="
  paste0(strrep(block, full), strrep(" ", width - full))
}

# The bar of decoding: `update(files)` and `done()`.
file_progress <- function(verbose, n) {
  if (!verbose || !cli::is_dynamic_tty()) {
    return(list(update = function(files) NULL, done = function() NULL))
  }
  environment <- environment()
  bar <- cli::cli_progress_bar(
    total = n, clear = TRUE, .envir = environment, .auto_close = FALSE,
    format = "{cli::pb_current} of {cli::pb_total} images read {cli::pb_bar} ETA {cli::pb_eta}"
  )
  list(
    update = function(files) cli::cli_progress_update(set = files, id = bar, .envir = environment),
    done = function() cli::cli_progress_done(id = bar, .envir = environment)
  )
}
