# What a step of cnn(cluster = ) costs beyond the gradients themselves: parameters to every worker,
# sums of gradients back, and all copying and adding between, beside the bare engine, which sends one
# vector of doubles of the same length to every worker and gets it back.
#   Rscript tools/bench/cluster.R
# prints a table. In the workers a stand-in for the gradient returns at once.
suppressPackageStartupMessages(library(convstep))

now <- function() as.numeric(Sys.time())
namespace <- asNamespace("convstep")

stand_in <- quote(utils::assignInNamespace("new_shard", function(course, plan, data, shard, pool) {
  function(epoch, batch, params, state) {
    list(sum = 1, correct = 1, grads = course$params, state = course$state, n = 1)
  }
}, "convstep"))

# A net of about `n` parameters.
net_of <- function(n) {
  inputs <- round((n - 102) / 51)
  x <- array(runif(8 * inputs), c(8, inputs, 1, 1))
  fit <- cnn(x, rep(0:1, 4), list(layer_affine(50)), epochs = 0, batch_size = 8, shards = 4)
  list(fit = fit, plan = namespace$network_plan(fit$layers, fit$input),
       data = list(x = x, y = rep(1:2, 4), rows = 1:8))
}

median_ms <- function(f, calls) {
  for (i in 1:2) f()
  1000 * stats::median(vapply(seq_len(calls), function(i) {
    start <- now()
    f()
    now() - start
  }, 0))
}

bare_round <- function(cl, n) {
  parallel_engine <- asNamespace("parallel")
  values <- runif(n)
  back <- function(v) v
  environment(back) <- baseenv()
  function() {
    for (i in seq_along(cl)) parallel_engine$sendCall(cl[[i]], back, list(values))
    for (i in seq_along(cl)) parallel_engine$recvResult(cl[[i]])
  }
}

makers <- list(sockets = function(n) socket_cluster(n))
if (requireNamespace("mirai", quietly = TRUE)) {
  makers$mirai <- function(n) mirai::make_cluster(n)
}
cat("| engine | workers | parameters | bare, ms | cnn(), ms | ratio |\n|---|---|---|---|---|---|\n")
for (engine in names(makers)) {
  for (workers in c(2, 4)) {
    cl <- makers[[engine]](workers)
    parallel::clusterCall(cl, eval, stand_in)
    for (n in c(105e3, 417e3, 5e6)) {
      net <- net_of(n)
      course <- namespace$new_course(net$fit, net$plan, 8, NULL)
      source <- namespace$cluster_gradients(course, net$data, cluster_options(cl))
      step <- function() source$gradient(1, 1, net$fit$params, net$fit$state)
      bare <- bare_round(cl, n)
      calls <- if (n > 1e6) 7 else 25
      # By turns, and the better of two, on a machine that may do other work.
      times <- replicate(2, c(median_ms(bare, calls), median_ms(step, calls)))
      source$close()
      best <- apply(times, 1, min)
      cat(sprintf("| %s | %d | %s | %.1f | %.1f | %.1f |\n", engine, workers,
                  format(n, big.mark = ",", scientific = FALSE), best[1], best[2],
                  best[2] / best[1]))
    }
    parallel::stopCluster(cl)
  }
}
