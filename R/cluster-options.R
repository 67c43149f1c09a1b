# What the user says about a cluster.

#' Clusters
#'
#' [cnn()] and [cnn_tune()] share their work among the workers of a cluster: any that the package
#' parallel knows. `cluster_options()` says how to use one, where the defaults do not fit;
#' `socket_cluster()` is [parallel::makePSOCKcluster()] with the settings that suit.
#'
#' A cluster can be
#' * of R processes behind sockets on this machine and, by ssh, on others: `socket_cluster()`,
#'   [parallel::makeCluster()] of type `"PSOCK"`, or the package snow's;
#' * of forked processes on this machine: [parallel::makeForkCluster()];
#' * of `mirai::make_cluster()`, whose workers can come by ssh, a cluster's resource manager, and
#'   over TLS;
#' * of MPI processes through `snow::makeMPIcluster()` and Rmpi;
#' * for [cnn_tune()] also `"future"`: the workers of the plan that `future::plan()` has set.
#'
#' Every worker needs convstep in the version that runs here.
#'
#' @section Threads:
#' Each worker uses its share of the cores of its machine: all that it may run on, divided by the
#' number of this cluster's workers there. When the work is done, the workers' settings are as
#' before.
#'
#' @section Lost workers:
#' A worker whose connection breaks is lost, and so is one that does not answer for `timeout`
#' seconds. A warning says which; its work is done again by the others, with the same result. A
#' cluster that has lost a worker is used without it for the rest of the call; end it by
#' [parallel::stopCluster()] and make a new one. When none is left, [cnn()] returns the fit after
#' the last whole epoch, and [cnn_tune()] does what is left in this session, both with a warning.
#'
#' Ctrl-C ends the work here at once and that of workers behind sockets after the piece (a shard, a
#' batch) that they are at; others finish their job. The cluster can be used again.
#'
#' @section Other machines by ssh:
#' R, convstep in its library, and a login by key are needed on each; `master` is this machine's
#' name as the others see it. A name that comes twice gets two workers.
#' ```
#' cl <- socket_cluster(c("node1", "node2", "node2"), master = "node0")
#' fit <- cnn(x, y, cluster = cl, shards = 8)
#' parallel::stopCluster(cl)
#' ```
#'
#' @param cluster A cluster, as above.
#' @param timeout After how many seconds without an answer a worker is lost. It must be longer than
#'   the longest job takes: for [cnn()] a worker's part of a batch (and, the first time, sending the
#'   images), for [cnn_tune()] the training of a net. `NULL` for 120 in the one and no limit in the
#'   other.
#' @param exchange The precision in which [cnn()] sends parameters and gradients: `"double"`, or
#'   `"single"`, which halves the bytes and rounds each number to 24 bits.
#' @param workers The number of workers to start on this machine, or the names of machines.
#' @param ... Further arguments of [parallel::makePSOCKcluster()], such as `master`, `port`, `user`,
#'   `rshcmd`, `rscript`.
#'
#' @return `cluster_options()`: a list of class `convstep_cluster`, to be given for `cluster`.
#'   `socket_cluster()`: a cluster of parallel.
#'
#' @section Errors:
#' Something that is no cluster; a value out of range. In [cnn()] and [cnn_tune()]: workers without
#' convstep or with another version.
#'
#' @examples
#' \donttest{
#' cl <- socket_cluster(2)
#' digits <- mnist_sample()$test
#' set.seed(1)
#' tuned <- cnn_tune(digits$x[1:300, , , , drop = FALSE], digits$y[1:300],
#'                   grid = list(batch_size = c(16, 64)), folds = 3, epochs = 2, cluster = cl)
#' parallel::stopCluster(cl)
#' }
#' @name clusters
NULL

#' @rdname clusters
#' @export
cluster_options <- function(cluster, timeout = NULL, exchange = c("double", "single")) {
  cluster <- if (identical(cluster, "future")) cluster else check_workers(cluster)
  if (!is.null(timeout)) timeout <- check_positive(timeout, "timeout", finite = FALSE)
  structure(list(cluster = cluster, timeout = timeout,
                 exchange = check_option(exchange, "exchange", c("double", "single"))),
            class = "convstep_cluster")
}

#' @rdname clusters
#' @export
socket_cluster <- function(workers, ...) {
  if (!is.character(workers)) workers <- check_count(workers, "workers")
  # Without this, the small packets at the ends of a message wait up to 40 ms for the other side.
  former <- options(socketOptions = "no-delay")
  on.exit(options(former))
  arguments <- list(...)
  start <- c("-e", shQuote("options(socketOptions='no-delay')"))
  arguments$rscript_args <- c(start, arguments$rscript_args)
  if (is.null(arguments$useXDR)) arguments$useXDR <- FALSE
  do.call(parallel::makePSOCKcluster, c(list(workers), arguments))
}

#' @export
print.convstep_cluster <- function(x, ...) {
  what <- if (is.character(x$cluster)) "plan of future" else
    paste(length(x$cluster), "workers,", class(x$cluster)[1])
  set <- Filter(length, unclass(x)[c("timeout", "exchange")])
  cat("<cluster_options> ", what, ", ", format_fields(set), "\n", sep = "")
  invisible(x)
}

# For cnn(), whose workers must keep what they were sent.
check_cluster_of_fit <- function(cluster) {
  cluster <- check_cluster_options(cluster)
  if (inherits(cluster, "convstep_cluster") && is.character(cluster$cluster)) {
    stop_assertion("cluster", "Must be a cluster of processes that keep their data, but is the ",
                   "plan of future")
  }
  cluster
}

# NULL, or what cluster_options() or mpi_cluster() returns.
check_cluster_options <- function(cluster) {
  if (is.null(cluster) || inherits(cluster, "convstep_cluster") || is_mpi(cluster)) {
    return(cluster)
  }
  cluster_options(cluster)
}

check_workers <- function(cluster) {
  if (!inherits(cluster, "cluster") || length(cluster) < 1) {
    stop_assertion("cluster", "Must be a cluster such as parallel::makeCluster() returns, or NULL, ",
                   "but is ", describe(cluster))
  }
  cluster
}
