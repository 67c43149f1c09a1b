test_that("batches are the rows asked for, in every type and for every stretch", {
  set.seed(1)
  values <- array(sample(0:255, 23 * 3 * 4 * 2, TRUE), c(23, 3, 4, 2))
  rows <- sample.int(23, 17)
  for (type in c("double", "integer", "raw", "logical")) {
    x <- values
    if (type == "logical") x <- x > 100
    storage.mode(x) <- type
    plain <- array(as.double(x), dim(x))
    # No stretch at all, one of two batches, one of all.
    for (bytes in c(1, 2 * 5 * 24 * 8, 1e6)) {
      next_images <- image_batches(x, rows, batch_bounds(17, 5), bytes)
      # In order, and as a worker that takes over from another asks for them.
      for (batch in c(1:4, 2, 4, 1)) {
        images <- next_images(batch)
        expect_type(images$x, type)
        expect_identical(
          gather_images(images$x, images$rows, 0.5),
          plain[rows[seq(5 * batch - 4, min(5 * batch, 17))], , , , drop = FALSE] * 0.5
        )
      }
    }
    expect_identical(take_images_cpp(x, rows), x[rows, , , , drop = FALSE])
    expect_identical(take_images_cpp(x, integer()), x[0, , , , drop = FALSE])
  }
})

test_that("a result pool lends its vectors again, each to one result at a time", {
  on.exit(use_pool_cpp(NULL))
  Z <- matrix(rnorm(4000), 50)
  expected <- relu(Z)$A
  pool <- result_pool_cpp()
  use_pool_cpp(pool)
  first <- relu_cpp(Z)
  second <- relu_cpp(-Z)
  expect_identical(first, expected)
  expect_identical(second, relu(-Z)$A)
  # All given back: the next results take the places of the former ones, attributes and all.
  use_pool_cpp(pool)
  third <- relu_cpp(structure(-Z, dim = c(4000, 1), note = "new"))
  expect_identical(as.vector(first), as.vector(third))
  expect_identical(dim(third), c(4000L, 1L))
  use_pool_cpp(pool)
  fourth <- relu_cpp(as.vector(Z))
  expect_identical(attributes(fourth)$dim, NULL)
  # Another type or length gets a vector of its own, and small ones are always fresh.
  expect_type(dropout_forward_cpp(as.vector(Z), 0.5, c(0.1, 0.2))$mask, "logical")
  small <- relu_cpp(Z[1:3, ])
  use_pool_cpp(pool)
  expect_identical(small, relu(Z[1:3, ])$A)
  # Without a pool results are the caller's.
  use_pool_cpp(NULL)
  kept <- relu_cpp(Z)
  relu_cpp(-Z)
  expect_identical(kept, expected)
  # The vectors outlive the pool.
  use_pool_cpp(pool)
  last <- relu_cpp(Z)
  use_pool_cpp(NULL)
  rm(pool)
  gc()
  expect_identical(last, expected)
})

test_that("what R runs in the middle of a training gets no vector of its pools", {
  # A finalizer of the user's runs when the collector comes, here about every fifty allocations.
  on.exit(gctorture2(0))
  data <- bars(40)
  size <- 10 * 8 * 8 * 4 # as many as the convolution puts out: the pool has vectors of that length
  kept <- list()
  of <- list()
  finalizer <- function(e) {
    Z <- rnorm(size)
    of[[length(of) + 1]] <<- Z
    kept[[length(kept) + 1]] <<- relu(Z)$A
  }
  drop_one <- function(x) {
    reg.finalizer(new.env(), finalizer)
    x
  }
  gctorture2(50)
  cnn(data$x, data$y, small_net(), epochs = 1, batch_size = 10, augment = drop_one)
  gctorture2(0)
  expect_gt(length(kept), 0)
  expect_identical(kept, lapply(of, pmax, 0))
})

test_that("no exported function returns a vector of a pool", {
  # Some of the calls change settings.
  former <- list(convstep_engine(), convstep_simd(), convstep_threads("default"))
  on.exit({
    use_pool_cpp(NULL)
    convstep_engine(former[[1]])
    convstep_simd(former[[2]])
    convstep_threads(former[[3]])
  })
  for (call in c(good_layer_calls(), good_model_calls())) {
    pool <- result_pool_cpp(smallest = 0)
    use_pool_cpp(pool)
    do.call(get(call$name, asNamespace("convstep")), call$arguments)
    use_pool_cpp(NULL)
    expect_identical(pool_size_cpp(pool), 0L, label = call$name)
  }
})

test_that("after an error or an interrupt no pool stays in use", {
  data <- bars(40)
  expect_error(cnn(data$x, data$y, small_net(), callbacks = list(
    on_batch_end = function(info) stop("enough")
  )), "enough")
  count <- 0
  expect_error(cnn(data$x, data$y, small_net(), batch_size = 10, augment = function(x) {
    count <<- count + 1
    if (count == 3) stop("enough") else x
  }), "enough")
  Z <- matrix(rnorm(4000), 50)
  kept <- relu_cpp(Z)
  expected <- relu(Z)$A
  relu_cpp(-Z)
  expect_identical(kept, expected)
})

test_that("what augment is given and returns stays as it was", {
  data <- bars(48)
  given <- list()
  copies <- list()
  returned <- list()
  again <- list()
  cnn(data$x, data$y, small_net(), epochs = 1, batch_size = 16, augment = function(x) {
    given[[length(given) + 1]] <<- x
    copies[[length(copies) + 1]] <<- x + 0
    y <- 1 - x
    returned[[length(returned) + 1]] <<- y
    again[[length(again) + 1]] <<- y + 0
    y
  })
  expect_identical(given, copies)
  expect_identical(returned, again)
})

test_that("a callback may train another net", {
  data <- bars(40)
  run <- function(...) {
    set.seed(2)
    cnn(data$x, data$y, small_net(), epochs = 2, batch_size = 10, ...)$params
  }
  nested <- run(callbacks = list(on_batch_end = function(info) run(), on_epoch_end = function(fit) {
    predict(fit, data$x)
    run()
  }))
  expect_identical(nested, run())
})
