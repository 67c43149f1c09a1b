# Convolutions in forked children, after the parent has run threads of its own.
library(convstep)
convstep_threads(3)
set.seed(1)
A <- array(rnorm(16 * 24 * 24 * 8), c(16, 24, 24, 8))
W <- array(rnorm(3 * 3 * 8 * 32), c(3, 3, 8, 32))
passes <- function() {
  out <- conv_forward(A, W, numeric(32), list(stride = 1, pad = 1))
  pooled <- pool_forward(out$Z, list(f = 2, stride = 2))
  list(out$Z, conv_backward(out$Z, out$cache), pooled$A, pool_backward(pooled$A, pooled$cache),
       softmax(matrix(out$Z, ncol = 8))$probs)
}
expected <- passes()
forked <- parallel::mclapply(1:6, function(i) {
  threads <- convstep_threads()
  same <- identical(passes(), expected)
  convstep_threads(2) # from here on the child has threads of its own
  list(same = same, threads = threads, asked = convstep_threads(),
       again = identical(passes(), expected))
}, mc.cores = 2, mc.preschedule = FALSE)
cat("same:", vapply(forked, function(child) child$same, NA), "\n")
cat("threads in children:", vapply(forked, function(child) child$threads, 0L), "\n")
cat("threads that they asked for:", vapply(forked, function(child) child$asked, 0L), "\n")
cat("same on these:", vapply(forked, function(child) child$again, NA), "\n")
cat("threads in parent:", convstep_threads(), "\n")
cat("parent same:", identical(passes(), expected), "\n")

# A child that was forked by a child, and a package that was unloaded and loaded again.
nested <- parallel::mclapply(1:2, function(i) {
  parallel::mclapply(1:2, function(j) identical(passes(), expected), mc.cores = 2)
}, mc.cores = 2)
cat("nested same:", unlist(nested), "\n")
threads_alive <- function() length(list.files("/proc/self/task"))
alive <- threads_alive()
for (round in 1:5) {
  unloadNamespace("convstep")
  ended <- threads_alive() == max(0, alive - 2)
  library(convstep)
  convstep_threads(3)
  ended <- ended && identical(passes(), expected) && threads_alive() == alive
  if (!ended) cat("threads that outlive the package, round", round, "\n")
}
again <- parallel::mclapply(1:2, function(i) identical(passes(), expected), mc.cores = 2)
cat("after reloading same:", unlist(again), "\n")
