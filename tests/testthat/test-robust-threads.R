# Every layer on arrays large enough for threads; the geometries divide into nothing evenly.
large_passes <- function() {
  set.seed(11)
  A <- random_array(13, 17, 19, 6)
  W <- random_array(3, 3, 6, 11)
  strided <- conv_forward(A, W, rnorm(11), list(stride = 2, pad = "same"))
  out <- conv_forward(A, W, rnorm(11), list(stride = 1, pad = 1))
  pools <- lapply(c("max", "average"), function(mode) {
    pooled <- pool_forward(out$Z, list(f = 3, stride = 2, pad = 1), mode)
    list(pooled$A, pool_backward(pooled$A, pooled$cache, mode))
  })
  flat <- arr2col(out$Z)$output
  affine <- affine_forward(flat, random_array(ncol(flat), 23), rnorm(23))
  scores <- random_array(4001, 10)
  probs <- softmax(scores)$probs
  cost <- cross_entropy_cost(probs, rep_len(0:9, 4001), 4001)
  list(
    pad3d(A, 5), out$Z, conv_backward(out$Z, out$cache), strided$Z,
    conv_backward(strided$Z, strided$cache), pools,
    affine$Z, affine_backward(affine$Z, affine$cache),
    relu(out$Z)$A, relu_backward(out$Z, out$Z), sigmoid(out$Z)$A, sigmoid_backward(out$Z, out$Z),
    probs, logsumexp(scores), cost$loss, cross_entropy_backward(cost$cache)
  )
}

test_that("results have the same bits for any number of threads and from run to run", {
  results <- list()
  for_each_kernel(function(engine, set, threads) {
    key <- paste(engine, set)
    result <- large_passes()
    if (is.null(results[[key]])) {
      results[[key]] <<- result
    } else {
      expect_identical(result, results[[key]])
    }
  }, threads = allowed_threads(c(1, 2, 2, 3, 8)))
})

test_that("work that is cut for the sake of interrupts has the same bits, too", {
  # Over 0.1 s on one thread of the baseline, in few rows.
  A <- random_array(2, 12, 256, 128)
  W <- random_array(3, 3, 128, 128)
  results <- list()
  for_each_kernel(function(engine, set, threads) {
    forward <- conv_forward(A, W, numeric(128), list(stride = 1, pad = 1))
    results[[length(results) + 1]] <<- c(forward$Z, unlist(conv_backward(forward$Z, forward$cache)))
  }, engines = "direct", sets = "baseline", threads = allowed_threads(1:3))
  expect_identical(results[[2]], results[[1]])
  expect_identical(results[[3]], results[[1]])
})

test_that("instruction sets agree with the baseline", {
  for (engine in convstep_engines()) {
    results <- list()
    for_each_kernel(function(engine, set, threads) results[[set]] <<- unlist(large_passes()),
                    engines = engine)
    for (set in names(results)) {
      expect_close(results[[set]], results$baseline, 1e-12)
    }
  }
})

test_that("far more threads than cores change nothing", {
  skip_on_cran()
  former <- convstep_threads(1)
  on.exit(convstep_threads(former))
  expected <- large_passes()
  convstep_threads(100)
  expect_identical(large_passes(), expected)
})

test_that("forked children run on one thread unless they ask, and neither hang nor differ", {
  skip_on_os("windows")
  skip_on_cran()
  expect_identical(run_child("fork.R"), c(
    "same: TRUE TRUE TRUE TRUE TRUE TRUE ",
    "threads in children: 1 1 1 1 1 1 ",
    "threads that they asked for: 2 2 2 2 2 2 ",
    "same on these: TRUE TRUE TRUE TRUE TRUE TRUE ",
    "threads in parent: 3 ",
    "parent same: TRUE ",
    "nested same: TRUE TRUE TRUE TRUE ",
    "after reloading same: TRUE TRUE "
  ))
})

test_that("another library may run OpenMP beside", {
  skip_on_os("windows")
  skip_on_cran()
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  file.copy(test_path("children", "omp_sum.c"), folder)
  writeLines(c("PKG_CFLAGS = $(SHLIB_OPENMP_CFLAGS)", "PKG_LIBS = $(SHLIB_OPENMP_CFLAGS)"),
             file.path(folder, "Makevars"))
  library <- file.path(folder, "omp_sum.so")
  former <- setwd(folder)
  system2(file.path(R.home("bin"), "R"), c("CMD", "SHLIB", "omp_sum.c"), stdout = TRUE)
  setwd(former)
  expect_true(file.exists(library))
  expect_identical(run_child("openmp.R", library), c("in turn: TRUE ", "forked: TRUE TRUE "))
})

# convstep_threads() where /sys/fs/cgroup holds nothing but these files and the process is in these
# control groups; skips where this user may not arrange that.
threads_in_container <- function(files, groups = "0::/") {
  script <- tempfile(fileext = ".sh")
  list <- tempfile()
  on.exit(unlink(c(script, list)))
  writeLines(groups, list)
  writeLines(c(
    "mount -t tmpfs none /sys/fs/cgroup || exit 77",
    paste("mkdir -p", dirname(names(files))),
    paste("echo", shQuote(files), ">", names(files)),
    paste("mount --bind", shQuote(list), "/proc/$$/cgroup || exit 77"),
    paste("exec", shQuote(rscript()), "--vanilla -e", shQuote("cat(convstep::convstep_threads())"))
  ), script)
  output <- without_variables(
    c("CONVSTEP_NUM_THREADS", "OMP_NUM_THREADS", "_R_CHECK_LIMIT_CORES_"),
    suppressWarnings(system2("unshare", c("--mount", "sh", script), stdout = TRUE, stderr = FALSE,
                             env = child_environment()))
  )
  if (!is.null(attr(output, "status"))) skip("needs a mount namespace")
  as.integer(output)
}

test_that("a container's share of the processors is respected", {
  skip_on_cran()
  skip_if(Sys.which("unshare") == "", "needs a mount namespace")
  v2 <- "/sys/fs/cgroup/cpu.max"
  v1 <- paste0("/sys/fs/cgroup/cpu/cpu.cfs_", c("quota", "period"), "_us")
  all <- threads_in_container(c("/sys/fs/cgroup/none" = ""))
  expect_identical(threads_in_container(setNames("100000 100000", v2)), 1L)
  expect_identical(threads_in_container(setNames("50000 100000", v2)), 1L)
  expect_identical(threads_in_container(setNames("110000 100000", v2)), min(all, 2L))
  expect_identical(threads_in_container(setNames("max 100000", v2)), all)
  expect_identical(threads_in_container(setNames(c("20000", "100000"), v1)), 1L)
  expect_identical(threads_in_container(setNames(c("-1", "100000"), v1)), all)
  # A group that lies in others: the least of their limits, where those above are seen.
  group <- "0::/outer/inner"
  outer <- setNames("100000 100000", "/sys/fs/cgroup/outer/cpu.max")
  expect_identical(threads_in_container(outer, group), 1L)
  expect_identical(threads_in_container(outer, "0::/elsewhere"), all)
  expect_identical(threads_in_container(setNames("max 100000", names(outer)), group), all)
  quota <- setNames(c("90000", "100000"), sub("cpu/", "cpu/outer/inner/", v1))
  expect_identical(threads_in_container(quota, c("4:cpu,cpuacct:/outer/inner", "0::/")), 1L)
  expect_identical(threads_in_container(quota, "4:cpuset:/outer/inner"), all)
})
