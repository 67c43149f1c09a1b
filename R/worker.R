# What a worker does with a message of cluster.R. What jobs share lies in a store, for the token of
# one pool at a time: a message with another token empties it.

worker <- new.env(parent = emptyenv())

worker_run <- function(message) {
  answer <- function(kind, value) list(ticket = message$ticket, kind = kind, value = value)
  tryCatch({
    store <- worker_store(message$token)
    for (name in names(message$bring)) store[[name]] <- message$bring[[name]]
    if (is.null(worker$restore) && !is.null(store$settings)) {
      worker$restore <- apply_settings(store$settings)
    }
    missing <- setdiff(message$needs, names(store))
    if (length(missing) > 0) {
      # Some engines send each message to any worker that is free.
      return(answer("missing", missing))
    }
    call <- get(message$call, envir = asNamespace("convstep"), mode = "function")
    answer("value", do.call(call, c(list(store), message$args), quote = TRUE))
  }, error = function(e) answer("error", conditionMessage(e)))
}

worker_store <- function(token) {
  if (!identical(worker$token, token)) {
    worker_release()
    worker$token <- token
    worker$store <- new.env(parent = emptyenv())
  }
  worker$store
}

worker_hello <- function(store) worker_facts()

worker_facts <- function() {
  former <- convstep_threads("default")
  on.exit(convstep_threads(former))
  list(host = Sys.info()[["nodename"]], pid = Sys.getpid(), endian = .Platform$endian,
       version = package_version_string(), simd_sets = convstep_simd_sets(),
       cores = convstep_threads())
}

worker_ping <- function(store) NULL

worker_release <- function(store = NULL) {
  if (!is.null(worker$restore)) worker$restore()
  worker$restore <- worker$store <- worker$token <- NULL
  invisible()
}

# Threads by the worker's machine; one that did not say hello takes the least share. Returns a
# function that puts the former settings back.
apply_settings <- function(settings) {
  threads <- settings$threads[Sys.info()[["nodename"]]]
  if (is.na(threads)) threads <- min(settings$threads)
  former <- list(convstep_threads(unname(threads)), convstep_simd(settings$simd),
                 convstep_engine(settings$engine))
  function() {
    convstep_threads(former[[1]])
    convstep_simd(former[[2]])
    convstep_engine(former[[3]])
  }
}

# Stops the job at hand if the master has sent another message: it would not, if it still waited for
# this job's answer. Workers on sockets alone can tell; parallel keeps the connection in the frame of
# the loop that called us.
stop_if_unwanted <- function() {
  for (frame in sys.frames()) {
    master <- frame[["master"]]
    if (inherits(master, c("SOCKnode", "SOCK0node"))) {
      if (socketSelect(list(master$con), FALSE, 0)) stop("The master has given this job up")
      return(invisible())
    }
  }
}
