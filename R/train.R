# The training of cnn(): epochs, batches, and what happens between them.

# `data` and `held` (or NULL) are lists of the arrays `x` and `y` and the `rows` of them to use.
train <- function(fit, plan, data, held, settings) {
  epochs <- seq.int(nrow(fit$history) + 1L, length.out = settings$epochs)
  stopped <- NULL
  settings$progress <- training_progress(settings$verbose, epochs, length(data$rows))
  former <- suspend_pool_cpp()
  on.exit(resume_pool_cpp(former))
  tryCatch(
    for (epoch in epochs) {
      done <- train_epoch(fit, plan, data, epoch, settings)
      scores <- if (is.null(held)) c(NA, NA) else score(done$fit, plan, held)
      done$fit$history[epoch, ] <- list(epoch, done$loss, done$accuracy, scores[1], scores[2],
                                        proc.time()[["elapsed"]] - done$start)
      # Assigned at one stroke: an interrupt finds the former epoch or this one, whole.
      fit <- remember_best(done$fit)
      if (settings$verbose) print_epoch(fit, max(epochs))
      if (!is.null(settings$checkpoint)) keep_checkpoint(finish(fit), settings$checkpoint)
      asked <- call_back(settings$callbacks$on_epoch_end, fit)
      if (settings$verbose && out_of_patience(fit)) cli::cat_line(format_stop(fit))
      if (done$asked_to_stop || asked || out_of_patience(fit)) break
    },
    interrupt = function(condition) stopped <<- "Interrupted",
    convstep_not_finite = function(condition) stopped <<- conditionMessage(condition)
  )
  if (!is.null(stopped)) {
    warning(stopped, ": the fit is that after ",
            if (nrow(fit$history) == 0) "no epoch" else paste("epoch", nrow(fit$history)), ".",
            call. = FALSE)
  }
  finish(fit)
}

# One epoch: goes through the batches, steps and reports.
train_epoch <- function(fit, plan, data, epoch, settings) {
  start <- proc.time()[["elapsed"]]
  optimizer <- fit$optimizer
  optimizer$lr <- learning_rate(optimizer, epoch)
  loss <- loss_function(fit$loss)
  n <- length(data$rows)
  bounds <- batch_bounds(n, fit$batch_size)
  batches <- length(bounds$first)
  # Results of a batch go into one pool. New parameters go into two by turns, because the step reads
  # the former ones; in the end the parameters are all that is left of the pools.
  batch_pool <- result_pool_cpp()
  step_pools <- list(result_pool_cpp(), result_pool_cpp())
  progress <- settings$progress(epoch)
  on.exit({
    use_pool_cpp(NULL)
    progress$done()
  })
  totals <- c(0, 0)
  asked_to_stop <- FALSE
  order <- with_stream(fit$seed, epoch, 0, 0, data$rows[sample.int(n)])
  next_images <- image_batches(data$x, order, fit$batch_size)
  for (batch in seq_len(batches)) {
    rows <- order[bounds$first[batch]:bounds$last[batch]]
    images <- next_images(batch)
    # All that is random in a batch runs under a seed of its own.
    result <- with_stream(fit$seed, epoch, batch, 1, {
      # What the user's function gets is the user's, and no vector to use again.
      if (is.null(settings$augment)) use_pool_cpp(batch_pool)
      x <- gather_images(images$x, images$rows, fit$scale)
      if (!is.null(settings$augment)) {
        x <- augmented(settings$augment, x)
        use_pool_cpp(batch_pool)
      }
      batch_gradient(plan, fit$params, fit$state, x, gather_target(data$y, rows), loss,
                     fit$class_weights)
    })
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
      info <- list(epoch = epoch, batch = batch, batches = batches,
                   loss = result$sum / length(rows), accuracy = result$correct / length(rows))
      asked_to_stop <- call_back(settings$callbacks$on_batch_end, info) || asked_to_stop
    }
  }
  list(fit = fit, loss = totals[1] / n, accuracy = totals[2] / n, start = start,
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
