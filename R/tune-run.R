# Who makes the fits of cnn_tune(): this session, or the workers of a cluster.

# A list of run(jobs, done), which calls done(i, value) as each job is ready, and close().
open_team <- function(cluster, shared) {
  here <- list2env(shared, parent = emptyenv())
  run_here <- function(jobs, done, which = seq_along(jobs)) {
    for (i in which) done(i, do.call(jobs[[i]]$call, c(list(here), jobs[[i]]$args), quote = TRUE))
  }
  if (is.null(cluster)) {
    return(list(run = run_here, close = function() NULL))
  }
  timeout <- if (is.null(cluster$timeout)) Inf else cluster$timeout
  pool <- open_pool(cluster$cluster, shared, timeout)
  list(
    run = function(jobs, done) {
      if (!any(pool$alive)) {
        return(run_here(jobs, done))
      }
      ready <- rep(FALSE, length(jobs))
      tryCatch(
        pool_run(pool, jobs, function(i, value) {
          ready[i] <<- TRUE
          done(i, value)
        }),
        convstep_no_workers = function(condition) {
          warning("No worker of the cluster is left: this session makes the other fits.",
                  call. = FALSE)
        }
      )
      run_here(jobs, done, which(!ready))
    },
    close = function() close_pool(pool)
  )
}

# One fit: a list of `fit` (NULL after an error) and `note`, what was wrong with it or "".
worker_fit <- function(store, given, held, seed, init) {
  m <- NROW(store$y)
  part <- function(rows) {
    list(x = part_of_images(store$x, rows), y = gather_target(store$y, rows))
  }
  if (is.null(held)) {
    train <- list(x = store$x, y = store$y)
  } else {
    train <- part(setdiff(seq_len(m), held))
    given$validation <- part(held)
  }
  given$callbacks <- look_up_between_batches(given$callbacks)
  given$init <- init
  note <- ""
  fit <- tryCatch(
    withCallingHandlers(
      under_seed(seed, do.call(cnn, c(train, given, list(verbose = FALSE)), quote = TRUE)),
      warning = function(condition) {
        note <<- conditionMessage(condition)
        if (startsWith(note, "Interrupted")) stop(structure(
          class = c("convstep_interrupted", "error", "condition"), list(message = note, call = NULL)
        ))
        invokeRestart("muffleWarning")
      }
    ),
    convstep_interrupted = stop,
    error = function(condition) {
      note <<- conditionMessage(condition)
      NULL
    }
  )
  # The data would stand in the call.
  if (!is.null(fit)) {
    given[c("validation", "callbacks", "init")] <- NULL
    fit$call <- as.call(c(list(quote(cnn), x = quote(x), y = quote(y)), given))
  }
  list(fit = fit, note = note)
}

# After each batch, a fit that is not wanted any more stops.
look_up_between_batches <- function(callbacks) {
  users <- callbacks$on_batch_end
  callbacks$on_batch_end <- function(info) {
    stop_if_unwanted()
    if (!is.null(users)) users(info)
  }
  as.list(callbacks)
}

tune_progress <- function(verbose, n) {
  silent <- list(step = function(...) NULL, done = function() NULL)
  if (!verbose || n == 0) {
    return(silent)
  }
  made <- 0
  if (!cli::is_dynamic_tty()) {
    return(list(done = silent$done, step = function(which, row, metric) {
      made <<- made + 1
      cli::cat_line("fit ", made, " of ", n, ": ", which, ": ",
                    if (row$note == "") paste(metric, format(row[[metric]], digits = 4)) else row$note)
    }))
  }
  environment <- environment()
  bar <- cli::cli_progress_bar(total = n, clear = TRUE, .envir = environment, .auto_close = FALSE,
                               format = "{cli::pb_current} of {n} fits {cli::pb_bar} ETA {cli::pb_eta}")
  list(step = function(...) cli::cli_progress_update(id = bar, .envir = environment),
       done = function() cli::cli_progress_done(id = bar, .envir = environment))
}
