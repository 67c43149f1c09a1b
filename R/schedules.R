# Learning rates that change in the course of a training.

#' Learning rates by epoch and by batch
#'
#' Functions for the argument `lr` of the [optimizers].
#'
#' A learning rate may be any function of the number of the epoch, from 1; if it has an argument
#' `history`, it gets that of the fit so far. Those made here:
#'
#' `schedule_step()` multiplies the rate by `factor` after every `every` epochs.
#'
#' `schedule_cosine()` goes from `lr` in the first epoch along half a cosine wave to `lr_min` in the
#' last, \deqn{\mathrm{lr}_e = \mathrm{lr}_{min} + (\mathrm{lr} - \mathrm{lr}_{min})
#'   \frac{1 + \cos(\pi (e - 1) / (E - 1))}{2}} and stays there.
#'
#' `schedule_warmup()` grows from `start` times the first rate of `then` to that rate over the first
#' `epochs` epochs, batch by batch in a straight line, and goes on with `then`, whose epochs count
#' from there.
#'
#' `schedule_one_cycle()` changes with each batch: along half a cosine wave from `lr / 25` up to
#' `lr` in the first `rise` of all batches, and down to `lr / 1e4` in the others.
#'
#' `schedule_plateau()` multiplies the rate by `factor` whenever the `monitor` has not improved for
#' more than `patience` epochs in a row, down to `lr_min`; after each cut it waits anew.
#'
#' @param lr The rate of the first epoch; for `schedule_one_cycle()` the highest.
#' @param factor The factor, above 0; for `schedule_plateau()` below 1.
#' @param every A number of epochs.
#' @param epochs The number of epochs \eqn{E} of the whole training; for `schedule_warmup()` of the
#'   growth.
#' @param lr_min The rate of the last epoch, or the lowest; above 0.
#' @param then A rate, or a function of the epoch, such as these.
#' @param start The share of the rate to start with, above 0 and at most 1.
#' @param rise The share of the batches in which the rate grows, above 0 and below 1.
#' @param patience A number of epochs, at least 0.
#' @param monitor The column of the fit's `history` to look at: `"loss"` or `"val_loss"`, which
#'   should fall, or `"accuracy"` or `"val_accuracy"`, which should grow.
#'
#' @return A function of the epoch's number that returns the learning rate. Those that change by the
#'   batch also take numbers between two epochs, as 2.5 for the middle of the second.
#'
#' @section Errors:
#' A value out of range; in [cnn()], a `monitor` of validation without any.
#'
#' @references Loshchilov, I. and Hutter, F. (2017). SGDR: stochastic gradient descent with warm
#'   restarts. International Conference on Learning Representations.
#'   <https://arxiv.org/abs/1608.03983>: the cosine.
#'
#'   Goyal, P. and others (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour.
#'   <https://arxiv.org/abs/1706.02677>: the warm-up.
#'
#'   Smith, L. N. and Topin, N. (2019). Super-convergence: very fast training of neural networks
#'   using large learning rates. <https://arxiv.org/abs/1708.07120>: the one cycle, here with the
#'   form and the shares that PyTorch's `OneCycleLR` has.
#' @examples
#' schedule_step(0.01, factor = 0.1, every = 10)(c(1, 10, 11, 21))
#' round(schedule_cosine(0.01, epochs = 5)(1:5), 5)
#' schedule_warmup(schedule_cosine(0.01, epochs = 5), epochs = 2)(c(1, 1.5, 2.5, 3, 7))
#' curve(schedule_one_cycle(0.01, epochs = 10)(x), 1, 11, xlab = "epoch", ylab = "lr")
#' history <- data.frame(val_loss = c(3, 2, 2.1, 2.2, 2.3))
#' schedule_plateau(0.01, patience = 1)(6, history)
#' @export
schedule_step <- function(lr, factor = 0.5, every = 10) {
  lr <- check_positive(lr, "lr")
  factor <- check_positive(factor, "factor")
  every <- check_count(every, "every")
  function(epoch) lr * factor^((epoch - 1) %/% every)
}

#' @rdname schedule_step
#' @export
schedule_cosine <- function(lr, epochs, lr_min = lr / 100) {
  lr <- check_positive(lr, "lr")
  epochs <- check_count(epochs, "epochs")
  lr_min <- check_positive(lr_min, "lr_min")
  function(epoch) {
    progress <- pmin((epoch - 1) / max(epochs - 1, 1), 1)
    half_cosine(lr, lr_min, progress)
  }
}

#' @rdname schedule_step
#' @export
schedule_warmup <- function(then, epochs = 1, start = 0.01) {
  then <- check_lr(then, "then")
  epochs <- check_count(epochs, "epochs")
  start <- check_share(start, "start")
  by_batch(function(epoch, history = NULL) {
    after <- epoch - epochs
    # What `then` says of a training in which the warm-up has not been.
    rate <- function(epoch) {
      whole <- if (isTRUE(attr(then, "by_batch"))) epoch else floor(epoch)
      rate_at(then, whole, utils::tail(history, -epochs))
    }
    ifelse(after < 1, rate(1) * (start + (1 - start) * (epoch - 1) / epochs),
           vapply(pmax(after, 1), rate, 0))
  })
}

#' @rdname schedule_step
#' @export
schedule_one_cycle <- function(lr, epochs, rise = 0.3) {
  lr <- check_positive(lr, "lr")
  epochs <- check_count(epochs, "epochs")
  rise <- check_share(rise, "rise")
  by_batch(function(epoch) {
    progress <- pmin((epoch - 1) / epochs, 1)
    ifelse(progress < rise, half_cosine(lr / 25, lr, progress / rise),
           half_cosine(lr, lr / 1e4, (progress - rise) / (1 - rise)))
  })
}

#' @rdname schedule_step
#' @export
schedule_plateau <- function(lr, factor = 0.1, patience = 3, monitor = "val_loss",
                             lr_min = lr / 1e4) {
  lr <- check_positive(lr, "lr")
  factor <- check_share(factor, "factor")
  patience <- check_count(patience, "patience", lower = 0)
  monitor <- check_choice(monitor, "monitor", monitors)
  lr_min <- check_positive(lr_min, "lr_min")
  schedule <- function(epoch, history) {
    values <- history[[monitor]][seq_len(min(epoch - 1, nrow(history)))]
    if (grepl("accuracy", monitor)) values <- -values
    max(lr * factor^plateaus(values, patience), min(lr, lr_min))
  }
  structure(schedule, monitor = monitor)
}

# How often no value was below the lowest for more than `patience` steps in a row.
plateaus <- function(values, patience) {
  best <- Inf
  waited <- 0
  cuts <- 0
  for (value in values) {
    better <- isTRUE(value < best)
    if (better) best <- value
    waited <- if (better) 0 else waited + 1
    if (waited > patience) {
      cuts <- cuts + 1
      waited <- 0
    }
  }
  cuts
}

# From `from` at progress 0 to `to` at 1.
half_cosine <- function(from, to, progress) to + (from - to) * (1 + cos(pi * progress)) / 2

by_batch <- function(schedule) structure(schedule, by_batch = TRUE)

check_share <- function(x, name) {
  x <- check_positive(x, name)
  if (x > 1) stop_assertion(name, "Must be at most 1, but is ", format(x))
  x
}

check_lr <- function(lr, name = "lr") if (is.function(lr)) lr else check_positive(lr, name)

# A function of the number of a batch in an epoch. What does not change in an epoch is asked once.
rates_of_epoch <- function(lr, epoch, batches, history) {
  if (isTRUE(attr(lr, "by_batch"))) {
    return(function(batch) rate_at(lr, epoch + (batch - 1) / batches, history))
  }
  rate <- rate_at(lr, epoch, history)
  function(batch) rate
}

# The rate for a training at `epoch`, which may lie between two, after the epochs of `history`.
rate_at <- function(lr, epoch, history) {
  if (!is.function(lr)) {
    return(lr)
  }
  rate <- if ("history" %in% names(formals(args(lr)))) lr(epoch, history = history) else lr(epoch)
  if (!checkmate::test_number(rate, finite = TRUE, lower = 0)) {
    stop_assertion("lr", "Must return one number of at least 0, but for epoch ", format(epoch),
                   " returned ", describe_number(rate))
  }
  rate
}
