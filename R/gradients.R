# Where the gradients of a batch come from: this session, the workers of a cluster, or the processes
# of an MPI job. Each is a list of
#   gradient(epoch, batch, params, state)   a list like batch_gradient() returns, of the whole batch
#   close()
# and all give the same bits for the same number of shards: see shards.R.

gradient_source <- function(fit, plan, data, settings) {
  course <- new_course(fit, plan, length(data$rows), settings$augment)
  if (is.null(settings$cluster)) {
    session_gradients(course, plan, data)
  } else if (inherits(settings$cluster, "convstep_mpi")) {
    mpi_gradients(course, plan, data, settings$cluster)
  } else {
    cluster_gradients(course, data, settings$cluster)
  }
}

session_gradients <- function(course, plan, data) {
  shards <- open_shards(course, plan, data, seq_len(course$shards))
  gradient <- function(epoch, batch, params, state) {
    # A single shard is the batch itself, and its gradients need not leave their pool.
    if (length(shards) == 1) {
      return(shards[[1]](epoch, batch, params, state))
    }
    leaf <- function(shard) {
      flatten_shard(shards[[shard]](epoch, batch, params, state), course, batch)
    }
    unflatten_batch(tree_sum(seq_along(shards), leaf), course)
  }
  list(gradient = gradient, close = function() NULL)
}

# Some of the shards of `data`, which holds the images of all.
open_shards <- function(course, plan, data, which) {
  pool <- result_pool_cpp()
  members <- shard_members(course$sizes, course$seed)
  lapply(which, function(shard) {
    data$rows <- data$rows[members[[shard]]]
    new_shard(course, plan, data, shard, pool)
  })
}

# --- a cluster -----------------------------------------------------------------------------------

# The master sends each worker the parameters, and gets the sums over its shards; both as bytes.
cluster_gradients <- function(course, data, options) {
  members <- shard_members(course$sizes, course$seed)
  images <- lapply(members, function(rows) function() shard_data(data, rows))
  shared <- c(list(course = course), stats::setNames(images, shard_name(seq_along(members))))
  pool <- open_pool(options$cluster, shared, if (is.null(options$timeout)) 120 else options$timeout)
  single <- options$exchange == "single"
  length <- count_cells(learning_params(course)) + count_cells(course$state) + 2
  gradient <- function(epoch, batch, params, state) {
    now <- flatten_cpp(list(params[course$learning], in_order_of(state, course$state)), 1, 0L)
    bytes <- to_bytes_cpp(list(now), single)
    jobs <- lapply(share_shards(course$shards, sum(pool$alive)), function(shards) {
      list(call = "worker_gradient", needs = c("course", shard_name(shards)),
           args = list(epoch, batch, shards, bytes, single))
    })
    known <- list()
    pool_run(pool, jobs, function(i, answer) {
      for (j in seq_along(answer$ranges)) {
        known[[answer$ranges[j]]] <<- from_bytes_cpp(answer$bytes, (j - 1) * length, length, single)
      }
    })
    unflatten_batch(tree_sum(seq_len(course$shards), NULL, known), course)
  }
  list(gradient = gradient, close = function() close_pool(pool))
}

shard_name <- function(shards) paste0("shard", shards)

# The images of a shard by themselves, to be sent.
shard_data <- function(data, members) {
  rows <- data$rows[members]
  list(x = part_of_images(data$x, rows), y = gather_target(data$y, rows), rows = seq_along(rows))
}

# In the worker: the sums over as many branches of the tree as the shards make whole ones.
worker_gradient <- function(store, epoch, batch, shards, bytes, single) {
  course <- store$course
  if (is.null(store$plan)) {
    store$plan <- network_plan(course$layers, course$input)
    store$pool <- result_pool_cpp()
    store$open <- list()
  }
  learning <- learning_params(course)
  flat <- from_bytes_cpp(bytes, 0, count_cells(learning) + count_cells(course$state), single)
  params <- course$params
  params[course$learning] <- unflatten_cpp(flat, learning, 0)
  state <- unflatten_cpp(flat, course$state, count_cells(learning))
  leaf <- function(shard) {
    stop_if_unwanted()
    name <- shard_name(shard)
    if (is.null(store$open[[name]])) {
      data <- store[[name]]
      if (is_source(data$x)) data$x <- open_source(data$x)
      store$open[[name]] <- new_shard(course, store$plan, data, shard, store$pool)
    }
    flatten_shard(store$open[[name]](epoch, batch, params, state), course, batch)
  }
  branches <- whole_branches(shards, seq_len(course$shards))
  sums <- lapply(branches, tree_sum, leaf)
  some <- lengths(sums) > 0
  list(ranges = vapply(branches[some], range_name, ""), bytes = to_bytes_cpp(sums[some], single))
}
