# Links to workers, over the engines that there are. All of them run R processes that wait for calls,
# and parallel's functions sendCall() and recvData() speak to them; what those lack is waiting for an
# answer with a limit, which is each engine's own. A link is an environment of class "link", and of
# another class for its engine:
#   link_post(link, message)   sends a message; returns when it is out
#   link_ready(link)           whether link_fetch() would find an answer
#   link_fetch(link)           the next answer
#   link_bound(link, timeout)  limits the time that a message may stand still on its way; returns a
#                              function that undoes it
#   link_forgets(link)         whether a worker may be another one each time, so that it must be
#                              sent all it needs with each message
# Faults are R errors or warnings.

cluster_links <- function(cluster) {
  if (identical(cluster, "future")) {
    return(lapply(seq_len(future::nbrOfWorkers()), function(i) new_link("link_future", NULL)))
  }
  lapply(unclass(cluster), function(node) {
    kind <- if (inherits(node, c("SOCKnode", "SOCK0node"))) {
      "link_socket"
    } else if (inherits(node, "miraiNode")) {
      "link_mirai"
    } else if (inherits(node, "MPInode")) {
      "link_rmpi"
    } else {
      "link_other"
    }
    new_link(kind, node)
  })
}

new_link <- function(kind, node) {
  link <- new.env(parent = emptyenv())
  link$node <- node
  structure(link, class = c(kind, "link"))
}

# What runs in the worker, which may not have the package's namespace loaded yet. Nothing is lost:
# an error comes back as an answer.
remote_call <- function(message) {
  tryCatch(asNamespace("convstep")$worker_run(message), error = function(e) {
    list(ticket = message$ticket, kind = "error", value = conditionMessage(e))
  })
}
environment(remote_call) <- baseenv()

link_post <- function(link, message) UseMethod("link_post")
link_ready <- function(link) UseMethod("link_ready")
link_fetch <- function(link) UseMethod("link_fetch")
link_bound <- function(link, timeout) UseMethod("link_bound")
link_forgets <- function(link) inherits(link, "link_future")

# Which of several links have an answer, after at most `timeout` seconds; none: logical(0) or all
# FALSE.
links_wait <- function(links, timeout) {
  if (inherits(links[[1]], "link_socket")) {
    connections <- lapply(links, function(link) link$node$con)
    return(socketSelect(connections, FALSE, if (is.finite(timeout)) timeout))
  }
  # The others can only be asked. A message takes longer than the shortest pause.
  until <- now() + timeout
  pause <- 1e-4
  repeat {
    ready <- vapply(links, link_ready, NA)
    if (any(ready) || now() >= until) {
      return(ready)
    }
    Sys.sleep(pause)
    pause <- min(0.02, pause * 1.1)
  }
}

# --- any node of parallel or snow ---------------------------------------------------------------

link_post.link <- function(link, message) {
  engine_function(link, "sendCall")(link$node, remote_call, list(message))
}

link_ready.link <- function(link) TRUE

link_fetch.link <- function(link) engine_function(link, "recvData")(link$node)$value

link_bound.link <- function(link, timeout) function() NULL

# Not exported, but stable since snow: packages that add engines extend them.
engine_function <- function(link, name) {
  package <- if (inherits(link, "link_rmpi")) "snow" else "parallel"
  get(name, envir = asNamespace(package), mode = "function")
}

# --- sockets: PSOCK and forked clusters, of parallel or snow ------------------------------------

# In one piece: R writes each field of a message as it serialises it, and small packets wait for
# each other. Native byte order saves a pass over the data.
link_post.link_socket <- function(link, message) {
  call <- list(type = "EXEC", tag = NULL, data = list(fun = remote_call, args = list(message),
                                                      return = TRUE, tag = NULL))
  # What cannot be written is a warning of R's.
  tryCatch(writeBin(serialize(call, NULL, xdr = FALSE), link$node$con), warning = stop)
}

link_fetch.link_socket <- function(link) unserialize(link$node$con)$value

link_bound.link_socket <- function(link, timeout) {
  former <- socketTimeout(link$node$con, max(1, timeout))
  function() socketTimeout(link$node$con, former)
}

# --- mirai -----------------------------------------------------------------------------------------

link_ready.link_mirai <- function(link) !mirai::unresolved(.subset2(link$node, "mirai"))

# An answer is a list; errors of the engine are numbers.
link_fetch.link_mirai <- function(link) {
  value <- .subset2(link$node, "mirai")$data
  if (mirai::is_error_value(value)) {
    stop(if (mirai::is_mirai_error(value)) value else paste("mirai: error", unclass(value)))
  }
  value
}

# --- snow over Rmpi --------------------------------------------------------------------------------

link_ready.link_rmpi <- function(link) {
  # Loaded, as there is such a cluster.
  probe <- getExportedValue("Rmpi", "mpi.iprobe")
  isTRUE(probe(link$node$rank, link$node$RECVTAG, link$node$comm))
}

# --- the plan of future ----------------------------------------------------------------------------

link_post.link_future <- function(link, message) {
  link$future <- future::future(remote_call(message), seed = NULL,
                                globals = list(remote_call = remote_call, message = message))
}

link_ready.link_future <- function(link) future::resolved(link$future)

link_fetch.link_future <- function(link) future::value(link$future)
