# What a training says: a line an epoch and, in a terminal, a bar that is gone when the line comes.

print_epoch <- function(fit, last) {
  now <- fit$history[nrow(fit$history), ]
  value <- function(name, digits) {
    if (is.na(now[[name]])) NULL else paste(name, formatC(now[[name]], digits, format = "f"))
  }
  parts <- c(paste0("epoch ", format(now$epoch, width = nchar(last)), "/", last),
             value("loss", 4), value("accuracy", 4), value("val_loss", 4),
             value("val_accuracy", 4), paste(formatC(now$seconds, 1, format = "f"), "s"))
  cli::cat_line(paste(parts, collapse = "  "))
}

# A list of `update(images, totals)`, where `totals` are the sums of loss and of right answers, and
# `done()`. Both do nothing where there is nothing to see.
progress_start <- function(verbose, epoch, last, n) {
  if (!verbose || !cli::is_dynamic_tty()) {
    return(list(update = function(images, totals) NULL, done = function() NULL))
  }
  seen <- 0
  figures <- ""
  shown <- -Inf
  environment <- environment()
  start <- proc.time()[["elapsed"]]
  bar <- cli::cli_progress_bar(
    total = n, clear = TRUE, .envir = environment, .auto_close = FALSE,
    format = paste("epoch", epoch, "of", last, "{cli::pb_bar} {figures} ETA {cli::pb_eta}")
  )
  list(
    update = function(images, totals) {
      now <- proc.time()[["elapsed"]]
      if (now - shown < 0.1) {
        return()
      }
      shown <<- now
      accuracy <- if (is.na(totals[2])) "" else sprintf(" accuracy %.4f", totals[2] / images)
      figures <<- sprintf("loss %.4f%s %s images/s", totals[1] / images, accuracy,
                          big(round(images / max(now - start, 1e-3))))
      cli::cli_progress_update(set = images, id = bar, .envir = environment)
    },
    done = function() cli::cli_progress_done(id = bar, .envir = environment)
  )
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
