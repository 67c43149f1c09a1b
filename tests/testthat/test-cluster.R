# fit_sharded() is that of test-shards.R, by source: each file of tests stands alone.
sharded_net <- function() {
  list(layer_conv(4, f = 3, pad = 1, activation = "none"), layer_batchnorm(activation = "relu"),
       layer_pool(2), layer_dropout(0.3), layer_affine(6))
}

fit_sharded <- function(shards, ..., cluster = NULL, epochs = 3) {
  data <- bars(70)
  set.seed(8)
  cnn(data$x, data$y, sharded_net(), epochs = epochs, batch_size = 16, shards = shards, ...,
      validation = 0.2, class_weights = c(1, 2), cluster = cluster,
      optimizer = adam(0.02, clip_norm = 1))
}

# An augmentation that runs in the workers, and in the process `who` does `what` at its call `at`:
# for one of two workers, the 15th is in the second epoch.
in_worker <- function(who, what, at = 15) {
  calls <- 0
  force(what)
  function(images) {
    calls <<- calls + 1
    if (calls == at && Sys.getpid() == who) what()
    images
  }
}

test_that("a fit has the same bits on workers as without", {
  expected <- lapply(c(1, 5, 8), fit_sharded, augment = augment_shift(1))
  first <- fit_sharded(8, epochs = 1, augment = augment_shift(1))
  with_workers(function(cl) {
    for (i in 1:3) {
      fit <- fit_sharded(c(1, 5, 8)[i], cluster = cl, augment = augment_shift(1))
      expect_identical(comparable(fit), comparable(expected[[i]]))
    }
    data <- bars(70)
    on <- cnn(data$x, data$y, init = first, epochs = 2, cluster = cl, augment = augment_shift(1))
    expect_identical(comparable(on), comparable(expected[[3]]))
    # Single precision is near it, and the same for any number of workers.
    single <- fit_sharded(8, cluster = cluster_options(cl, exchange = "single"),
                          augment = augment_shift(1))
    expect_false(identical(single$params, expected[[3]]$params))
    expect_equal(single$params, expected[[3]]$params, tolerance = 1e-4)
    # The cluster is as it was.
    expect_identical(parallel::clusterEvalQ(cl, 1 + 1), list(2, 2))
    expect_identical(unlist(parallel::clusterCall(cl, convstep_threads)),
                     unlist(parallel::clusterCall(cl, function() {
                       convstep_threads("default")
                       convstep_threads()
                     })))
  })
})

test_that("a worker's work is done by the others when it dies or hangs", {
  skip_on_os("windows")
  expected <- fit_sharded(5)
  with_workers(function(cl) {
    ids <- process_ids(cl)
    expect_warning(
      fit <- fit_sharded(5, cluster = cl, augment = in_worker(ids[2], function() {
        tools::pskill(Sys.getpid(), tools::SIGKILL)
      })),
      "Worker 2 on .* is lost \\(.*\\): the others do its work"
    )
    expect_identical(comparable(fit), comparable(expected))
    expect_warning(
      expect_warning(
        expect_warning(
          fit <- fit_sharded(5, cluster = cl, augment = in_worker(ids[1], at = 25, function() {
            tools::pskill(Sys.getpid(), tools::SIGKILL)
          })),
          "Worker 2 is lost"
        ),
        "Worker 1 on .* is lost \\(.*\\): none is left"
      ),
      "No worker of the cluster is left: the fit is that after epoch 1"
    )
    expect_identical(comparable(fit), comparable(fit_sharded(5, epochs = 1)))
  })
  with_workers(function(cl) {
    ids <- process_ids(cl)
    on.exit(tools::pskill(ids, tools::SIGCONT))
    expect_warning(
      fit <- fit_sharded(5, cluster = cluster_options(cl, timeout = 1),
                         augment = in_worker(ids[1], function() {
                           tools::pskill(Sys.getpid(), tools::SIGSTOP)
                         })),
      "Worker 1 on .* is lost \\(no answer for 1 seconds\\)"
    )
    expect_identical(comparable(fit), comparable(expected))
  })
})

test_that("an error in a worker is an error here, and the cluster can go on", {
  with_workers(function(cl) {
    expect_error(fit_sharded(4, cluster = cl, augment = function(x) stop("no such image")),
                 "In a worker on .*: no such image")
    expect_error(fit_sharded(4, cluster = cl, augment = function(x) x[1, , , ]),
                 "In a worker on .*'augment' failed")
    expect_identical(parallel::clusterEvalQ(cl, 1 + 1), list(2, 2))
    expect_identical(comparable(fit_sharded(4, cluster = cl)), comparable(fit_sharded(4)))
  })
})

test_that("Ctrl-C stops the workers too, and leaves the cluster usable", {
  skip_on_os("windows")
  with_workers(function(cl) {
    master <- Sys.getpid()
    ids <- process_ids(cl)
    slow <- in_worker(ids[1], function() {
      tools::pskill(master, tools::SIGINT)
      Sys.sleep(1)
    })
    expect_warning(fit <- fit_sharded(5, cluster = cl, augment = slow), "Interrupted")
    expect_lt(nrow(fit$history), 3)
    expect_identical(parallel::clusterEvalQ(cl, 1 + 1), list(2, 2))
    # What a user's own call left behind does not disturb either.
    parallel:::sendCall(cl[[1]], function() "stale", list())
    fit <- fit_sharded(5, cluster = cl)
    expect_identical(comparable(fit), comparable(fit_sharded(5)))
  })
})

test_that("other kinds of clusters give the same bits", {
  skip_on_os("windows")
  expected <- comparable(fit_sharded(5))
  with_workers(make = function() parallel::makeForkCluster(2), function(cl) {
    expect_identical(comparable(fit_sharded(5, cluster = cl)), expected)
  })
  skip_if_not_installed("mirai")
  with_workers(make = function() mirai::make_cluster(2), function(cl) {
    expect_identical(comparable(fit_sharded(5, cluster = cl)), expected)
    expect_identical(parallel::clusterEvalQ(cl, 1 + 1), list(2, 2))
  })
})

test_that("workers share the cores of their machine, and compute alike", {
  fact <- function(host, cores, sets = c("avx2", "baseline"), ...) {
    c(list(...), list(host = host, pid = 1L, endian = .Platform$endian, cores = cores,
                      version = package_version_string(), simd_sets = sets))
  }
  facts <- list(fact("a", 8L), fact("a", 8L), fact("b", 2L), fact("b", 2L), fact("b", 2L))
  settings <- common_settings(facts, "avx2", "direct")
  expect_identical(settings$threads, c(a = 4L, b = 1L))
  expect_identical(settings[c("simd", "engine")], list(simd = "avx2", engine = "direct"))
  expect_warning(
    settings <- common_settings(c(facts, list(fact("c", 4L, "baseline"))), "avx2", "auto"),
    "A worker's processor lacks \"avx2\": all workers compute with \"baseline\""
  )
  expect_identical(settings$simd, "baseline")
  expect_identical(common_settings(list(fact("a", 1L)), "baseline", "auto")$simd, "baseline")
  other <- fact("c", 4L)
  other$version <- "0.0.1"
  expect_error(common_settings(list(other), "avx2", "auto"), "has one with 0.0.1")
})

test_that("options of a cluster are checked", {
  expect_error(cluster_options(3), "'cluster' failed: Must be a cluster such as")
  cl <- structure(list(1, 2), class = c("SOCKcluster", "cluster"))
  expect_error(cluster_options(cl, timeout = 0), "'timeout' failed")
  expect_error(cluster_options(cl, exchange = "half"), "'exchange' failed")
  expect_output(print(cluster_options(cl, timeout = 5)), "2 workers, SOCKcluster, timeout = 5")
  expect_output(print(cluster_options("future")), "plan of future")
  expect_error(socket_cluster(0), "'workers' failed")
  data <- bars(20)
  expect_error(cnn(data$x, data$y, cluster = "future"), "'cluster' failed: Must be a cluster of ")
})
