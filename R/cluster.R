# The workers of a cluster, as cnn() and cnn_tune() use them: jobs go out, answers come in, and what
# a lost worker had to do is done by another. How a message gets to a worker and back is the
# business of the engines (see links.R); what a worker does with it is told in worker.R.
#
# A job is a list of
#   call    the name of a function of this package, called as call(store, ...) by the worker
#   args    its further arguments
#   needs   the names of what it must find in the worker's store: data that many jobs share, which
#           a worker is sent once
# Each message bears a ticket and each answer that of its message, so that an answer to something
# else (a former call that was interrupted) is known and dropped.

# A pool is an environment of
#   links     one a worker; `alive`, which of them still answer; `holds`, by link the names of what
#             it has been sent; `hosts`, the names of their machines
#   shared    the list of what jobs may need, by name; a function stands for what it returns
#   token     what tells this pool's stores from those of others; `tickets`, how many were given out
#   timeout   after how many seconds without an answer a worker counts as lost
open_pool <- function(cluster, shared, timeout) {
  pool <- new.env(parent = emptyenv())
  pool$links <- cluster_links(cluster)
  n <- length(pool$links)
  pool$alive <- rep(TRUE, n)
  pool$holds <- rep(list(character()), n)
  pool$hosts <- rep(NA_character_, n)
  pool$shared <- shared
  pool$token <- paste(Sys.info()[["nodename"]], Sys.getpid(), format(Sys.time(), "%s"),
                      basename(tempfile("")))
  pool$tickets <- 0
  pool$timeout <- 60
  bound <- lapply(pool$links, function(link) link$bound(min(timeout, 60)))
  pool$unbind <- function() for (undo in bound) undo()
  settle_workers(pool)
  pool$timeout <- timeout
  pool
}

settle_workers <- function(pool) {
  hello <- list(call = "worker_hello", args = list(), needs = character())
  facts <- pool_run(pool, rep(list(hello), length(pool$links)))
  pool$hosts <- vapply(facts, `[[`, "", "host")
  # A worker that answered for another, which is lost, must not count twice.
  who <- paste(pool$hosts, vapply(facts, `[[`, 0L, "pid"))
  pool$shared$settings <- common_settings(facts[!duplicated(who)], convstep_simd(),
                                          convstep_engine())
}

# All workers compute in the same way: with one engine, the widest instruction set that all of them
# have (from `simd` down), and each with its share of the cores of its machine. `facts` is a list of
# what worker_facts() returns.
common_settings <- function(facts, simd, engine) {
  fact <- function(name, type) vapply(facts, `[[`, type, name)
  other <- setdiff(fact("version", ""), package_version_string())
  if (length(other) > 0) {
    stop_assertion("cluster", "Must have workers with convstep ", package_version_string(),
                   " as here, but has one with ", other[1])
  }
  if (any(fact("endian", "") != .Platform$endian)) {
    stop_assertion("cluster", "Must have workers whose byte order is ", .Platform$endian,
                   "-endian as here, but has one with the other")
  }
  sets <- lapply(facts, `[[`, "simd_sets")
  common <- Reduce(intersect, sets)
  common <- common[match(common, widest_first) >= match(simd, widest_first)]
  if (common[1] != simd) {
    warning("A worker's processor lacks \"", simd, "\": all workers compute with \"", common[1],
            "\".", call. = FALSE)
  }
  hosts <- fact("host", "")
  cores <- tapply(fact("cores", 0L), hosts, max)
  threads <- pmax(1L, as.integer(cores %/% table(hosts)[names(cores)]))
  list(threads = stats::setNames(threads, names(cores)), simd = common[1], engine = engine)
}

# Every processor has the last.
widest_first <- c("avx512", "avx2", "baseline")

# Tells the workers to forget what they were sent and to be as they were before.
close_pool <- function(pool) {
  release <- list(call = "worker_release", args = list(), needs = character())
  pool$timeout <- min(pool$timeout, 10)
  if (any(pool$alive)) {
    tryCatch(pool_run(pool, rep(list(release), sum(pool$alive))),
             convstep_no_workers = function(condition) NULL)
  }
  pool$unbind()
}

# The values of all jobs, in their order. Each free worker takes the next job, the first ones in the
# order of the workers. `done(i, value)` is called when job i is. An error in a job is an error
# here; without any worker left a condition of class "convstep_no_workers" is raised.
pool_run <- function(pool, jobs, done = NULL) {
  n <- length(pool$links)
  values <- vector("list", length(jobs))
  run <- new.env(parent = emptyenv())
  run$queue <- seq_along(jobs)
  run$job <- integer(n)    # of each link; 0: none
  run$ticket <- character(n)
  run$since <- numeric(n)
  whole <- FALSE
  on.exit(if (!whole) quiesce(pool, which(pool$alive & run$job > 0)))
  repeat {
    for (i in which(pool$alive & run$job == 0)) {
      if (length(run$queue) > 0) hand_out(pool, run, i, jobs)
    }
    busy <- which(pool$alive & run$job > 0)
    if (length(busy) == 0) {
      if (length(run$queue) == 0) break
      if (!any(pool$alive)) stop_no_workers()
      next
    }
    patience <- min(run$since[busy]) + pool$timeout - now()
    ready <- busy[links_wait(pool$links[busy], max(0, patience))]
    for (i in ready) {
      answer <- take_in(pool, run, i)
      if (is.null(answer)) next
      job <- run$job[i]
      run$job[i] <- 0L
      switch(answer$kind,
        value = {
          if (!is.null(answer$value)) values[[job]] <- answer$value
          if (!is.null(done)) done(job, answer$value)
        },
        missing = {
          pool$holds[[i]] <- setdiff(pool$holds[[i]], answer$value)
          run$queue <- c(job, run$queue)
          hand_out(pool, run, i, jobs)
        },
        stop("In a worker", on_host(pool, i), ": ", answer$value, call. = FALSE)
      )
    }
    late <- setdiff(busy[now() - run$since[busy] >= pool$timeout], ready)
    for (i in late) lose(pool, run, i, paste("no answer for", format(pool$timeout), "seconds"))
  }
  whole <- TRUE
  values
}

# Sends the next job to a free worker, and with it what it needs and was not sent before. An
# interrupt waits until the whole message is out.
hand_out <- function(pool, run, i, jobs) {
  suspendInterrupts({
    job <- run$queue[1]
    run$queue <- run$queue[-1]
    run$job[i] <- job
    run$ticket[i] <- next_ticket(pool)
    needs <- c(if (!is.null(pool$shared$settings)) "settings", jobs[[job]]$needs)
    bring <- if (pool$links[[i]]$forgets) needs else setdiff(needs, pool$holds[[i]])
    message <- list(ticket = run$ticket[i], token = pool$token, call = jobs[[job]]$call,
                    args = jobs[[job]]$args, needs = needs,
                    bring = lapply(pool$shared[bring], function(x) if (is.function(x)) x() else x))
    fault <- fault_of(pool$links[[i]]$post(message))
    run$since[i] <- now()
    if (is.null(fault)) {
      pool$holds[[i]] <- union(pool$holds[[i]], bring)
    } else {
      lose(pool, run, i, fault)
    }
  })
}

# The answer of a worker that has one, or NULL if it is to something else, or no answer at all.
take_in <- function(pool, run, i) {
  answer <- NULL
  suspendInterrupts({
    fault <- fault_of(answer <- pool$links[[i]]$fetch())
    if (!is.null(fault)) lose(pool, run, i, fault)
  })
  if (is_answer(answer) && identical(answer$ticket, run$ticket[i])) answer
}

is_answer <- function(answer) is.list(answer) && is.character(answer$ticket)

lose <- function(pool, run, i, fault) {
  pool$alive[i] <- FALSE
  if (run$job[i] > 0) run$queue <- c(run$job[i], run$queue)
  run$job[i] <- 0L
  warning("Worker ", i, on_host(pool, i), " is lost (", sub("\\.$", "", fault), "): ",
          if (any(pool$alive)) "the others do its work" else "none is left", ".", call. = FALSE)
}

# After an interrupt or an error: what the workers are still at is of no use. A message that
# comes while a worker works makes it stop at its next look (see worker.R); the answers are read up
# to the one to that message, so that the next user of the cluster finds none of ours.
quiesce <- function(pool, links, patience = 10) {
  pings <- character(length(pool$links))
  for (i in links) {
    pings[i] <- next_ticket(pool)
    message <- list(ticket = pings[i], token = pool$token, call = "worker_ping", args = list(),
                    needs = character(), bring = list())
    fault <- fault_of(suspendInterrupts(pool$links[[i]]$post(message)))
    if (!is.null(fault)) pool$alive[i] <- FALSE
  }
  until <- now() + patience
  links <- links[pool$alive[links]]
  while (length(links) > 0 && now() < until) {
    for (i in links[links_wait(pool$links[links], until - now())]) {
      fault <- fault_of(suspendInterrupts(answer <- pool$links[[i]]$fetch()))
      if (!is.null(fault)) pool$alive[i] <- FALSE
      if (!is.null(fault) || is_answer(answer) && identical(answer$ticket, pings[i])) {
        links <- setdiff(links, i)
      }
    }
  }
  for (i in links) {
    pool$alive[i] <- FALSE
    warning("Worker ", i, on_host(pool, i), " is still at work: its next answer belongs to this ",
            "call.", call. = FALSE)
  }
}

next_ticket <- function(pool) {
  pool$tickets <- pool$tickets + 1
  paste(pool$token, pool$tickets)
}

on_host <- function(pool, i) if (is.na(pool$hosts[i])) "" else paste0(" on ", pool$hosts[i])

now <- function() proc.time()[["elapsed"]]

# The message of an error in `code`, or NULL.
fault_of <- function(code) {
  tryCatch({
    code
    NULL
  }, error = conditionMessage)
}

stop_no_workers <- function() {
  stop(structure(class = c("convstep_no_workers", "error", "condition"),
                 list(message = "No worker of the cluster is left", call = NULL)))
}
