# Links to workers, over the engines that there are. All of them run R processes that wait for
# calls, and the functions sendCall() and recvData() of parallel speak to them; what those lack is
# waiting for an answer with a limit, which is each engine's own. A link is a list of
#   post(message)    sends a message; returns when it is out
#   ready()          whether fetch() would find an answer
#   fetch()          the next answer
#   bound(timeout)   limits the time that a message may stand still on its way; returns a function
#                    that undoes it
#   forgets          whether a worker may be another one each time, so that it must be sent all it
#                    needs with each message
#   connection       of a link over a socket, which R can wait for
# Faults are R errors.

cluster_links <- function(cluster) {
  if (identical(cluster, "future")) {
    return(lapply(seq_len(future::nbrOfWorkers()), function(i) future_link()))
  }
  lapply(unclass(cluster), function(node) {
    if (inherits(node, c("SOCKnode", "SOCK0node"))) {
      socket_link(node)
    } else if (inherits(node, "miraiNode")) {
      mirai_link(node)
    } else if (inherits(node, "MPInode")) {
      rmpi_link(node)
    } else {
      node_link(node)
    }
  })
}

# What runs in the worker, which may not have the package's namespace loaded yet. Nothing is lost:
# an error comes back as an answer.
remote_call <- function(message) {
  tryCatch(asNamespace("convstep")$worker_run(message), error = function(e) {
    list(ticket = message$ticket, kind = "error", value = conditionMessage(e))
  })
}
environment(remote_call) <- baseenv()

# Which of several links of one engine have an answer, after at most `timeout` seconds.
links_wait <- function(links, timeout) {
  if (!is.null(links[[1]]$connection)) {
    connections <- lapply(links, `[[`, "connection")
    return(socketSelect(connections, FALSE, if (is.finite(timeout)) timeout))
  }
  # The others can only be asked. A message takes longer than the shortest pause.
  until <- now() + timeout
  pause <- 1e-4
  repeat {
    ready <- vapply(links, function(link) link$ready(), NA)
    if (any(ready) || now() >= until) {
      return(ready)
    }
    Sys.sleep(pause)
    pause <- min(0.02, pause * 1.1)
  }
}

# Any node of parallel or snow. Its functions are not exported, but stable since snow: packages that
# add engines extend them.
node_link <- function(node, package = "parallel") {
  engine <- asNamespace(package)
  list(
    post = function(message) engine$sendCall(node, remote_call, list(message)),
    ready = function() TRUE,
    fetch = function() engine$recvData(node)$value,
    bound = function(timeout) function() NULL,
    forgets = FALSE
  )
}

# Sockets: PSOCK and forked clusters, of parallel or snow.
socket_link <- function(node) {
  link <- node_link(node)
  link$connection <- node$con
  # In one piece: R writes each field of a message as it serialises it, and small packets wait for
  # each other. Native byte order saves a pass over the data.
  link$post <- function(message) {
    call <- list(type = "EXEC", tag = NULL, data = list(fun = remote_call, args = list(message),
                                                        return = TRUE, tag = NULL))
    # What cannot be written is a warning of R's.
    tryCatch(writeBin(serialize(call, NULL, xdr = FALSE), node$con), warning = stop)
  }
  link$bound <- function(timeout) {
    former <- socketTimeout(node$con, max(1, timeout))
    function() socketTimeout(node$con, former)
  }
  link
}

# An answer is a list; errors of the engine are of classes of its own.
mirai_link <- function(node) {
  link <- node_link(node)
  task <- function() .subset2(node, "mirai")
  link$ready <- function() !mirai::unresolved(task())
  link$fetch <- function() {
    value <- task()$data
    if (mirai::is_error_value(value)) {
      stop(if (mirai::is_mirai_error(value)) value else paste("mirai: error", unclass(value)))
    }
    value
  }
  link
}

# Snow over Rmpi, which is loaded where there is such a cluster.
rmpi_link <- function(node) {
  link <- node_link(node, "snow")
  probe <- getExportedValue("Rmpi", "mpi.iprobe")
  link$ready <- function() isTRUE(probe(node$rank, node$RECVTAG, node$comm))
  link
}

# The plan of future. Each message is a future of its own.
future_link <- function() {
  task <- NULL
  list(
    post = function(message) {
      task <<- future::future(remote_call(message), seed = NULL,
                              globals = list(remote_call = remote_call, message = message))
    },
    ready = function() future::resolved(task),
    fetch = function() future::value(task),
    bound = function(timeout) function() NULL,
    forgets = TRUE
  )
}
