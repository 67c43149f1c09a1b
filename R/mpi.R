# The processes of an MPI job. Each runs the same script and holds all of it: data, parameters,
# optimizer. A step needs of the others only their shards' sums.

#' The processes of an MPI job as a cluster
#'
#' For a script that `mpirun` or a resource manager starts several times over: [cnn()] with
#' `cluster = mpi_cluster()` shares each batch among the processes. All of them run the same script,
#' read the same data, and get the same fit.
#'
#' The processes exchange their sums of gradients by pbdMPI, each straight with each: what a process
#' sends and receives in a step does not grow with their number, while with another kind of cluster
#' all goes through one process. The order of the sums is the one that [cnn()] tells of in its
#' section "Shards", so the fit has the bits of any other cluster, or none.
#'
#' The first process (rank 0) alone speaks, calls the callbacks and writes the checkpoint, and its
#' random numbers count. MPI ends the whole job if one process dies; a new job goes on from the
#' checkpoint.
#'
#' @section A job for Slurm:
#' ```
#' #!/bin/bash
#' #SBATCH --ntasks=16
#' #SBATCH --cpus-per-task=4
#' #SBATCH --time=02:00:00
#' srun --mpi=pmix Rscript fit.R
#' ```
#' with a file `fit.R` such as
#' ```
#' library(convstep)
#' digits <- mnist_sample()$train
#' set.seed(1)
#' fit <- cnn(digits$x, digits$y, epochs = 10, batch_size = 256, cluster = mpi_cluster(),
#'            shards = 16, checkpoint = "fit.rds",
#'            init = if (file.exists("fit.rds")) read_checkpoint("fit.rds"))
#' pbdMPI::finalize()
#' ```
#' On one machine: `mpirun -n 4 Rscript fit.R`. Without either the script runs as one process.
#'
#' @return A list of class `convstep_mpi` with the process's `rank` (from 0), the `size` of the job.
#'
#' @section Errors:
#' pbdMPI is not installed.
#'
#' @references Thakur, R., Rabenseifner, R. and Gropp, W. (2005). Optimization of collective
#'   communication operations in MPICH. International Journal of High Performance Computing
#'   Applications, 19(1), 49-66: sums by reduce-scatter and allgather.
#' @seealso [clusters]
#' @examplesIf FALSE
#' fit <- cnn(x, y, cluster = mpi_cluster(), shards = 16)
#' @export
mpi_cluster <- function() {
  if (!requireNamespace("pbdMPI", quietly = TRUE)) {
    stop("mpi_cluster() needs the package pbdMPI: install.packages(\"pbdMPI\").", call. = FALSE)
  }
  pbdMPI::init()
  structure(list(rank = pbdMPI::comm.rank(), size = pbdMPI::comm.size()), class = "convstep_mpi")
}

#' @export
print.convstep_mpi <- function(x, ...) {
  cat("<mpi_cluster> process ", x$rank, " of ", x$size, " (from 0)\n", sep = "")
  invisible(x)
}

is_mpi <- function(cluster) inherits(cluster, "convstep_mpi")

# Whether this process speaks for all.
speaks <- function(cluster) !is_mpi(cluster) || cluster$rank == 0

# What rank 0 has.
from_first <- function(cluster, value) {
  if (is_mpi(cluster)) pbdMPI::bcast(value) else value
}

mpi_gradients <- function(course, plan, data, cluster) {
  restore <- settle_processes(cluster)
  ranges <- share_shards(course$shards, cluster$size)
  branches <- lapply(seq_len(cluster$size), function(i) {
    if (i <= length(ranges)) whole_branches(ranges[[i]], seq_len(course$shards))
  })
  own <- unlist(branches[[cluster$rank + 1]])
  shards <- open_shards(course, plan, data, own)
  length <- count_cells(learning_params(course)) + count_cells(course$state) + 2
  cuts <- round(length * (0:cluster$size) / cluster$size)
  gradient <- function(epoch, batch, params, state) {
    leaf <- function(shard) {
      flatten_shard(shards[[match(shard, own)]](epoch, batch, params, state), course, batch)
    }
    # Branches without images in this batch have no sum; the sizes say which, everywhere.
    filled <- lapply(branches, Filter, f = function(shards) sum(course$sizes[batch, shards]) > 0)
    sums <- lapply(filled[[cluster$rank + 1]], tree_sum, leaf)
    parts <- exchange_parts(sums, lengths(filled), cuts, cluster$rank)
    known <- stats::setNames(parts, vapply(unlist(filled, recursive = FALSE), range_name, ""))
    part <- tree_sum(seq_len(course$shards), NULL, known)
    whole <- double(length)
    counts <- as.integer(diff(cuts))
    whole <- pbdMPI::spmd.allgatherv.double(part, whole, counts)
    unflatten_batch(whole, course)
  }
  list(gradient = gradient, close = restore)
}

# Every process cuts its sums into a part for each, and gets its own part of all sums: a list, in
# the order of the processes and of their sums. `counts` has how many sums each has.
exchange_parts <- function(sums, counts, cuts, rank) {
  sizes <- diff(cuts)
  # A single sum lies as it is sent.
  out <- if (length(sums) == 1) sums[[1]] else cut_vectors_cpp(sums, cuts)
  mine <- sizes[rank + 1]
  got <- double(mine * sum(counts))
  sent <- as.integer(sizes * length(sums))
  received <- as.integer(mine * counts)
  before <- function(lengths) c(0L, cumsum(lengths)[-length(lengths)])
  got <- pbdMPI::spmd.alltoallv.double(out, got, sent, received, before(sent), before(received))
  lapply(seq_len(sum(counts)), function(i) slice_cpp(got, (i - 1) * mine, mine))
}

# All processes compute in the same way (see settle_workers()); returns a function that puts the
# former settings back.
settle_processes <- function(cluster) {
  facts <- pbdMPI::allgather(worker_facts())
  settings <- common_settings(facts, from_first(cluster, convstep_simd()),
                              from_first(cluster, convstep_engine()))
  apply_settings(settings)
}
