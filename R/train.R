# The training of cnn(): epochs, batches, and what happens between them.

# `data` and `held` (or NULL) are lists of the arrays `x` and `y` and the `rows` of them to use.
train <- function(fit, plan, data, held, settings) {
  epochs <- seq.int(nrow(fit$history) + 1L, length.out = settings$epochs)
  stopped <- NULL
  if (!speaks(settings$cluster)) {
    settings[c("verbose", "callbacks", "checkpoint")] <- list(FALSE, list(), NULL)
  }
  settings$progress <- training_progress(settings$verbose, epochs, length(data$rows))
  former <- suspend_pool_cpp()
  source <- NULL
  on.exit({
    if (!is.null(source)) source$close()
    resume_pool_cpp(former)
  })
  tryCatch({
    source <- gradient_source(fit, plan, data, settings)
    for (epoch in epochs) {
      done <- train_epoch(fit, plan, source$gradient, epoch, settings)
      scores <- if (is.null(held)) c(NA, NA) else score(done$fit, plan, held)
      done$fit$history[epoch, ] <- list(epoch, done$loss, done$accuracy, scores[1], scores[2],
                                        done$lr, proc.time()[["elapsed"]] - done$start)
      # Assigned at one stroke: an interrupt finds the former epoch or this one, whole.
      fit <- remember_best(done$fit)
      if (settings$verbose) print_epoch(fit, max(epochs))
      if (!is.null(settings$checkpoint)) keep_checkpoint(finish(fit), settings$checkpoint)
      asked <- call_back(settings$callbacks$on_epoch_end, fit)
      if (settings$verbose && out_of_patience(fit)) cli::cat_line(format_stop(fit))
      asked <- from_first(settings$cluster, done$asked_to_stop || asked)
      if (asked || out_of_patience(fit)) break
    }
  },
  interrupt = function(condition) stopped <<- "Interrupted",
  convstep_not_finite = function(condition) stopped <<- conditionMessage(condition),
  convstep_no_workers = function(condition) stopped <<- conditionMessage(condition))
  if (!is.null(stopped)) {
    warning(stopped, ": the fit is that after ",
            if (nrow(fit$history) == 0) "no epoch" else paste("epoch", nrow(fit$history)), ".",
            call. = FALSE)
  }
  finish(fit)
}

# One epoch: goes through the batches, steps and reports. `gradient` is a function as in
# gradients.R.
train_epoch <- function(fit, plan, gradient, epoch, settings) {
  start <- proc.time()[["elapsed"]]
  optimizer <- fit$optimizer
  n <- fit$n
  bounds <- batch_bounds(n, fit$batch_size)
  batches <- length(bounds$first)
  # New parameters go into two pools by turns, because the step reads the former ones; in the end
  # the parameters are all that is left of the pools.
  step_pools <- list(result_pool_cpp(), result_pool_cpp())
  progress <- settings$progress(epoch)
  on.exit({
    use_pool_cpp(NULL)
    progress$done()
  })
  rate <- rates_of_epoch(fit$optimizer$lr, epoch, batches, fit$history)
  totals <- c(0, 0)
  asked_to_stop <- FALSE
  for (batch in seq_len(batches)) {
    result <- gradient(epoch, batch, fit$params, fit$state)
    optimizer$lr <- rate(batch)
    if (!is.finite(result$sum)) stop_not_finite(epoch, batch, optimizer$lr)
    use_pool_cpp(step_pools[[batch %% 2 + 1]])
    step <- optimizer_step(optimizer, fit$params, result$grads, fit$optimizer_state, plan$decay)
    use_pool_cpp(NULL)
    fit$params <- step$params
    fit$optimizer_state <- step$state
    fit$state <- result$state
    totals <- totals + c(result$sum, result$correct)
    progress$update(bounds$last[batch], totals)
    if (!is.null(settings$callbacks$on_batch_end)) {
      size <- bounds$last[batch] - bounds$first[batch] + 1
      info <- list(epoch = epoch, batch = batch, batches = batches,
                   loss = result$sum / size, accuracy = result$correct / size)
      asked_to_stop <- call_back(settings$callbacks$on_batch_end, info) || asked_to_stop
    }
  }
  list(fit = fit, loss = totals[1] / n, accuracy = totals[2] / n, lr = optimizer$lr, start = start,
       asked_to_stop = asked_to_stop)
}

stop_not_finite <- function(epoch, batch, lr) {
  message <- paste0("The loss is not finite any more in epoch ", epoch, ", batch ", batch,
                    " (a smaller learning rate than ", format(lr), ", or clip_norm, may help)")
  stop(structure(class = c("convstep_not_finite", "error", "condition"),
                 list(message = message, call = NULL)))
}

# Whether a callback asks to stop.
call_back <- function(callback, argument) {
  !is.null(callback) && isFALSE(callback(argument))
}
