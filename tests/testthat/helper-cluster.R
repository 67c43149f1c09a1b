# Clusters for tests, of workers on this machine that load the package that is tested here.

# Calls `code` with a cluster of two workers.
with_workers <- function(code, make = function() socket_cluster(2)) {
  testthat::skip_on_cran()
  former <- Sys.getenv(c("R_LIBS", "R_TESTS"), NA, names = TRUE)
  Sys.setenv(R_LIBS = paste(.libPaths(), collapse = .Platform$path.sep), R_TESTS = "")
  cl <- make()
  Sys.unsetenv(names(former)[is.na(former)])
  do.call(Sys.setenv, as.list(former[!is.na(former)]))
  # Without those that a test has killed.
  on.exit(tryCatch(parallel::stopCluster(cl), error = function(e) NULL))
  code(cl)
}

process_ids <- function(cl) unlist(parallel::clusterCall(cl, Sys.getpid))
