# Calls functions that somebody else wrote. An outcome is a list of
#   status    "value", "error", "time" (the limit was reached), "ended" (it ended R), or "skipped"
#   value     what was returned, for "value"
#   error     the message, for "error"
#   warnings  their messages, the first ten
#   output    what was printed, the first lines; `printed`, how many bytes in all
#   changed   the names of arguments that were changed in place
#
# Where R can fork, all calls run in a child process: whatever they do to the session, they do it to
# a copy of it, and one that cannot be interrupted is killed. Elsewhere they run in this session:
# limits of time and memory by R's own means; options, folder, seed and variables are put back. What
# that cannot stop is compiled code that never looks for interrupts, and a loop that catches the
# error of the time limit each time it comes.

# The outcomes of f with each of several lists of arguments, given by position. `seconds` is for all
# of them together; after an outcome that uses it up, or ends R, the rest are skipped.
call_safely <- function(f, calls, seconds = 5, isolate = can_isolate()) {
  outcomes <- if (isolate) call_in_child(f, calls, seconds) else call_here(f, calls, seconds)
  missing <- rep(list(list(status = "skipped")), length(calls) - length(outcomes))
  c(outcomes, missing)
}

# Forking is for sessions without a graphical interface, which the two processes would share.
can_isolate <- function() {
  .Platform$OS.type == "unix" && !.Platform$GUI %in% c("AQUA", "RStudio")
}

# --- in a child ----------------------------------------------------------------------------------

call_in_child <- function(f, calls, seconds) {
  # Not exported by 'parallel' on Windows, where this is never reached.
  parallel <- asNamespace("parallel")
  folder <- tempfile("convstep-")
  dir.create(folder)
  job <- NULL
  on.exit({
    if (!is.null(job)) end_child(parallel, job)
    unlink(folder, recursive = TRUE)
  })
  # What the child prints outside of the calls themselves has no place to go.
  job <- parallel$mcparallel(work_in_child(f, calls, seconds, folder), silent = TRUE,
                             mc.set.seed = FALSE)
  # A child that looks at its own clock ends first, and leaves the better message.
  ended <- !is.null(suppressWarnings(
    parallel$mccollect(job, wait = FALSE, timeout = seconds + 1)
  ))
  outcomes <- lapply(seq_along(calls), function(i) {
    file <- outcome_file(folder, i)
    if (file.exists(file)) readRDS(file)
  })
  done <- match(TRUE, vapply(outcomes, is.null, NA), nomatch = length(calls) + 1) - 1
  stopped <- done > 0 && outcomes[[done]]$status %in% c("time", "ended")
  outcomes <- outcomes[seq_len(done)]
  if (done < length(calls) && !stopped) {
    outcomes <- c(outcomes, list(list(status = if (ended) "ended" else "time")))
  }
  outcomes
}

outcome_file <- function(folder, i) file.path(folder, paste0(i, ".rds"))

work_in_child <- function(f, calls, seconds, folder) {
  # Where quit(save = "yes") would write, and pictures that nobody asked for.
  setwd(folder)
  # base::quit() would take the session's temporary folder along; before it comes to that, it calls
  # the last finalizers.
  reg.finalizer(environment(), function(frame) tools::pskill(Sys.getpid(), tools::SIGKILL),
                onexit = TRUE)
  options(device = function(...) grDevices::pdf(NULL))
  limit_memory()
  each_call(f, calls, seconds, function(outcome, i) {
    # Under its name only when it is whole.
    part <- file.path(folder, "part")
    saveRDS(outcome, part, compress = FALSE)
    file.rename(part, outcome_file(folder, i))
  })
  NULL
}

end_child <- function(parallel, job) {
  tools::pskill(job$pid, tools::SIGKILL)
  suppressWarnings(parallel$mccollect(job))
}

# --- in this session -----------------------------------------------------------------------------

call_here <- function(f, calls, seconds) {
  session <- remember_session()
  on.exit(restore_session(session))
  session$memory <- limit_memory()
  outcomes <- list()
  each_call(f, calls, seconds, function(outcome, i) outcomes[[i]] <<- outcome)
  outcomes
}

remember_session <- function() {
  global <- globalenv()
  names <- ls(global, all.names = TRUE)
  # Bindings that compute their value are left alone.
  names <- names[!vapply(names, bindingIsActive, NA, env = global)]
  list(options = options(), folder = getwd(), variables = mget(names, envir = global))
}

# What was changed in between is put back: options, the working folder, and variables of the global
# environment that were removed or overwritten, the seed of random numbers among them.
restore_session <- function(session) {
  added <- setdiff(names(options()), names(session$options))
  options(session$options)
  options(stats::setNames(rep(list(NULL), length(added)), added))
  setwd(session$folder)
  global <- globalenv()
  for (name in names(session$variables)) {
    value <- session$variables[[name]]
    if (!identical(get0(name, global, inherits = FALSE), value)) assign(name, value, global)
  }
  if (!".Random.seed" %in% names(session$variables)) {
    suppressWarnings(rm(".Random.seed", envir = global))
  }
  limit_memory(session$memory)
}

# Lets R's vectors grow by 2 GB at most, or sets a former limit; returns the former one. R 4.1
# cannot.
limit_memory <- function(limit = NULL) {
  if (getRversion() < "4.2.0") {
    return(NULL)
  }
  set <- get("mem.maxVSize", baseenv())
  former <- set()
  if (is.null(limit)) limit <- min(former, sum(gc()["Vcells", 2]) + 2048)
  set(limit)
  former
}

# --- one call after the other --------------------------------------------------------------------

each_call <- function(f, calls, seconds, keep) {
  end <- proc.time()[["elapsed"]] + seconds
  f <- with_harmless_calls(f)
  for (i in seq_along(calls)) {
    left <- max(end - proc.time()[["elapsed"]], 0.05)
    outcome <- outcome_of(f, calls[[i]], left)
    keep(outcome, i)
    if (outcome$status %in% c("time", "ended")) break
  }
}

# What the function itself sees under these names: quit() that signals a condition instead, and a
# Sys.sleep() that time limits can end.
with_harmless_calls <- function(f) {
  if (is.null(environment(f))) {
    return(f)
  }
  quit <- function(...) {
    stop(structure(class = c("convstep_quit", "error", "condition"),
                   list(message = "quit() was called", call = NULL)))
  }
  sleep <- function(time) {
    end <- proc.time()[["elapsed"]] + time
    while (proc.time()[["elapsed"]] < end) Sys.sleep(min(time, 0.02))
    invisible()
  }
  harmless <- list(quit = quit, q = quit, Sys.sleep = sleep)
  environment(f) <- list2env(harmless, parent = environment(f))
  f
}

outcome_of <- function(f, arguments, seconds) {
  before <- serialize(arguments, NULL)
  # Into a file: what is printed may be more than memory holds.
  file <- tempfile("printed-")
  connection <- file(file, "w")
  depth <- sink.number()
  sink(connection)
  on.exit({
    unsink(depth)
    close(connection)
    unlink(file)
  })
  heard <- hear(evaluate_within(f, arguments, seconds))
  unsink(depth)
  flush(connection)
  outcome <- heard$value
  outcome$warnings <- heard$warnings
  outcome$printed <- file.size(file) + sum(nchar(heard$messages))
  outcome$output <- c(readLines(file, 5, warn = FALSE), heard$messages)
  outcome$changed <- changed_arguments(arguments, unserialize(before))
  outcome
}

unsink <- function(depth) {
  while (sink.number() > depth) sink()
}

# The value of an expression, and the warnings and messages on the way.
hear <- function(expression) {
  warnings <- messages <- character()
  value <- withCallingHandlers(
    expression,
    warning = function(w) {
      if (length(warnings) < 10) warnings <<- c(warnings, conditionMessage(w))
      invokeRestart("muffleWarning")
    },
    message = function(m) {
      if (length(messages) < 5) messages <<- c(messages, sub("\n$", "", conditionMessage(m)))
      invokeRestart("muffleMessage")
    }
  )
  list(value = value, warnings = unique(warnings), messages = messages)
}

# By position, as names of arguments are the writer's own affair; from a frame that has nothing in
# it but the arguments.
evaluate_within <- function(f, arguments, seconds) {
  frame <- list2env(c(arguments, list(yours = f)), parent = baseenv())
  call <- as.call(lapply(c("yours", names(arguments)), as.name))
  started <- proc.time()[["elapsed"]]
  on.exit(setTimeLimit())
  outcome <- tryCatch({
    setTimeLimit(elapsed = seconds, transient = TRUE)
    value <- eval(call, frame)
    list(status = "value", value = value)
  }, error = function(e) {
    setTimeLimit()
    if (inherits(e, "convstep_quit")) {
      list(status = "ended")
    } else {
      list(status = "error", error = conditionMessage(e))
    }
  })
  # The error of the limit has no class of its own, and what cannot be interrupted ends without.
  late <- proc.time()[["elapsed"]] - started >= seconds
  if (late && outcome$status != "ended") list(status = "time") else outcome
}

changed_arguments <- function(arguments, before) {
  same <- mapply(identical, arguments, before)
  names(arguments)[!same]
}
