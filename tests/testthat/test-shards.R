test_that("a batch is cut into pieces as even as may be, and every image belongs to one shard", {
  sizes <- shard_sizes(50, 16, 3)
  expect_equal(rowSums(sizes), c(16, 16, 16, 2))
  expect_true(all(sizes[1:3, ] %in% 5:6))
  expect_equal(as.vector(sizes[4, ]), c(0, 1, 1))
  members <- shard_members(sizes, 7)
  expect_equal(lengths(members), colSums(sizes))
  expect_setequal(unlist(members), 1:50)
  expect_false(identical(unlist(members), 1:50))
  expect_false(identical(members, shard_members(sizes, 8)))
  expect_identical(shard_members(shard_sizes(9, 4, 1), 7), list(1:9))
})

test_that("workers get neighbouring shards, and whole branches of the tree of them", {
  expect_identical(share_shards(8, 3), list(1:2, 3:5, 6:8))
  expect_identical(share_shards(2, 5), list(1L, 2L))
  all <- 1:7
  expect_identical(whole_branches(3:7, all), list(3:4, 5:7))
  expect_identical(whole_branches(2:6, all), list(2L, 3:4, 5:6))
  for (n in 1:9) for (workers in 1:5) {
    branches <- lapply(share_shards(n, workers), whole_branches, seq_len(n))
    expect_identical(unlist(branches), seq_len(n))
  }
})

# Numbers whose sum depends on the order it is taken in.
uneven <- function(shard) c(0.1, 1e16, -1)[1 + shard %% 3] * shard

test_that("sums have the same bits whoever took which part", {
  for (n in c(1, 2, 3, 7, 8, 13)) {
    all <- seq_len(n)
    leaf <- function(shard) if (shard != 5) c(uneven(shard), shard)
    expected <- tree_sum(all, leaf)
    expect_equal(expected[2], sum(setdiff(all, 5)))
    for (workers in 1:n) {
      branches <- do.call(c, lapply(share_shards(n, workers), whole_branches, all))
      known <- stats::setNames(lapply(branches, tree_sum, leaf), vapply(branches, range_name, ""))
      expect_identical(tree_sum(all, NULL, Filter(length, known)), expected)
    }
  }
  # The tree itself: ((1 + 2) + (3 + 4)) + 5.
  x <- c(1e16, 1, -1e16, 1, 0.5)
  expect_identical(tree_sum(1:5, function(i) x[i]), ((x[1] + x[2]) + (x[3] + x[4])) + x[5])
})

test_that("flat vectors keep all cells, in doubles to the bit and in singles to their precision", {
  set.seed(1)
  tree <- list(conv = list(W = array(rnorm(24), c(2, 3, 2, 2)), b = array(rnorm(2), c(1, 1, 1, 2))),
               norm = list(gamma = c(a = 1, b = 2)), none = list())
  flat <- flatten_cpp(tree, 1, 2L)
  expect_identical(flat, c(unlist(tree, use.names = FALSE), 0, 0))
  expect_identical(unflatten_cpp(c(9, flat), tree, 1), tree)
  expect_identical(flatten_cpp(tree, 0.5, 0L), flat[seq_len(length(flat) - 2)] * 0.5)
  bytes <- to_bytes_cpp(list(flat, 1:3 + 0), FALSE)
  expect_length(bytes, 8 * (length(flat) + 3))
  expect_identical(from_bytes_cpp(bytes, length(flat), 3, FALSE), 1:3 + 0)
  expect_identical(from_bytes_cpp(bytes, 0, length(flat), FALSE), flat)
  single <- to_bytes_cpp(list(flat), TRUE)
  expect_identical(single, writeBin(flat, raw(), size = 4))
  expect_identical(from_bytes_cpp(single, 1, 3, TRUE), readBin(single, "double", 4, size = 4)[-1])
  expect_identical(slice_cpp(flat, 2, 3), flat[3:5])
  expect_identical(as.vector(cut_vectors_cpp(list(1:5 + 0, 11:15 + 0), c(0, 2, 5))),
                   c(1, 2, 11, 12, 3, 4, 5, 13, 14, 15))
})

sharded_net <- function() {
  list(layer_conv(4, f = 3, pad = 1, activation = "none"), layer_batchnorm(activation = "relu"),
       layer_pool(2), layer_dropout(0.3), layer_affine(6))
}

fit_sharded <- function(shards, ..., cluster = NULL, epochs = 3, data = bars(70)) {
  set.seed(8)
  cnn(data$x, data$y, sharded_net(), epochs = epochs, batch_size = 16, shards = shards, ...,
      augment = augment_shift(1), validation = 0.2, class_weights = c(1, 2), cluster = cluster,
      optimizer = adam(0.02, clip_norm = 1))
}

test_that("the gradient of a batch is the mean over its shards", {
  data <- bars(40)
  net <- list(layer_conv(3, f = 3), layer_pool(2), layer_affine(5, activation = "tanh"))
  train <- function(shards) {
    set.seed(2)
    cnn(data$x, data$y, net, epochs = 1, batch_size = 40, shards = shards, optimizer = sgd(0.1),
        class_weights = c(1, 3))
  }
  one <- train(1)
  # A batch of all images: with nothing random, only the order of the sums differs.
  for (shards in c(2, 7, 40)) {
    many <- train(shards)
    expect_equal(many$params, one$params, tolerance = 1e-12)
    expect_equal(many$history$loss, one$history$loss, tolerance = 1e-12)
    expect_identical(many$history$accuracy, one$history$accuracy)
  }
})

test_that("batch normalisation takes its statistics by shard", {
  data <- bars(24)
  net <- list(layer_batchnorm(momentum = 0.75))
  set.seed(3)
  fit <- cnn(data$x, data$y, net, epochs = 1, batch_size = 24, shards = 3)
  members <- shard_members(shard_sizes(24, 24, 3), fit$seed)
  means <- vapply(members, function(rows) mean(data$x[rows, , , ]), 0)
  variances <- vapply(members, function(rows) var(as.vector(data$x[rows, , , ])), 0)
  expect_equal(fit$state$batchnorm1$mean, 0.25 * mean(means))
  expect_equal(fit$state$batchnorm1$variance, 0.75 + 0.25 * mean(variances))
})

test_that("shards are kept in a fit, and what does not fit is an error", {
  whole <- fit_sharded(4)
  first <- fit_sharded(4, epochs = 1)
  expect_identical(first$shards, 4L)
  data <- bars(70)
  on <- cnn(data$x, data$y, init = first, epochs = 2, augment = augment_shift(1))
  expect_identical(comparable(on), comparable(whole))
  expect_false(identical(fit_sharded(1)$params, whole$params))
  # More threads, same bits.
  former <- convstep_threads(2)
  on.exit(convstep_threads(former))
  expect_identical(comparable(fit_sharded(4)), comparable(whole))
  expect_error(fit_sharded(17), "'shards' failed: Must be at most the images of a batch, 16")
  expect_error(fit_sharded(0), "'shards' failed")
})

test_that("numbers can be predicted from shards, and a loss may stop being finite", {
  data <- bars(30)
  set.seed(1)
  fit <- cnn(data$x, rowMeans(data$x), list(), loss = "mse", epochs = 2, shards = 4, batch_size = 10)
  expect_true(all(is.na(fit$history$accuracy)))
  expect_true(all(is.finite(fit$history$loss)))
  set.seed(1)
  expect_warning(
    cnn(data$x, data$y, list(layer_affine(4)), epochs = 50, shards = 3, batch_size = 30,
        optimizer = sgd(function(epoch) if (epoch < 3) 0.01 else 1e200)),
    "not finite any more"
  )
})
