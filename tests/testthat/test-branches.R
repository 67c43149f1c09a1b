basic_block <- function(filters, stride = 1) {
  layer_residual(list(
    layer_conv(filters, f = 3, stride = stride, pad = 1, activation = "none"),
    layer_batchnorm(activation = "relu"),
    layer_conv(filters, f = 3, pad = 1, activation = "none"),
    layer_batchnorm()
  ), activation = "relu")
}

branched_net <- function() {
  list(
    layer_conv(3, f = 3, pad = 1), basic_block(3), basic_block(4, stride = 2),
    mixed = layer_parallel(
      narrow = layer_conv(2, f = 1), wide = list(layer_conv(2, f = 3, pad = 1), basic_block(3)),
      list(), layer_pool(3, stride = 1, pad = 1)
    ),
    layer_activation("tanh"),
    layer_parallel(layer_conv(4, f = 1), layer_conv(4, f = 3, pad = "same"), join = "add"),
    layer_global_pool(), layer_affine(6), layer_residual(layer_affine(6)),
    layer_residual(layer_affine(5))
  )
}

test_that("branched nets give what their layers give, one after the other", {
  data <- bars(20)
  set.seed(1)
  fit <- cnn(data$x, data$y, branched_net(), epochs = 2, batch_size = 10)
  outputs <- naive_outputs(fit, data$x[1:3, , , , drop = FALSE])
  found <- layer_outputs(fit, data$x[1:3, , , , drop = FALSE])
  expect_named(found, names(outputs))
  for (path in names(found)) {
    # Behind an affine layer and in front of it, rows and columns of one cell come and go.
    expect_equal(as.vector(found[[path]]), as.vector(outputs[[path]]), tolerance = 1e-12)
  }
  expect_identical(dim(found$mixed), c(3L, 4L, 4L, 13L))
  expect_equal(predict(fit, data$x[1:3, , , , drop = FALSE], type = "logit"), found$output,
               ignore_attr = TRUE)
})

test_that("prediction holds no value longer than it is needed, and none too short", {
  data <- bars(30)
  same <- function() layer_conv(3, f = 3, pad = 1)
  net <- function(depth) {
    # Dropout hands on what it gets, to two branches at that.
    c(list(same(), layer_parallel(layer_dropout(0.5), list(layer_dropout(0.5), same()), same())),
      rep(list(same()), depth))
  }
  vectors <- function(depth) {
    fit <- cnn(data$x, data$y, net(depth), epochs = 0)
    pool <- result_pool_cpp(1)
    former <- suspend_pool_cpp()
    on.exit(resume_pool_cpp(former))
    use_pool_cpp(pool)
    x <- gather_images(data$x, 1:30, fit$scale, FALSE)
    Z <- network_forward(fit_plan(fit), fit$params, fit$state, x)$Z
    use_pool_cpp(NULL)
    expect_equal(Z, naive_outputs(fit, data$x)$output, tolerance = 1e-12)
    pool_size_cpp(pool)
  }
  expect_identical(vectors(2), vectors(12))
})

test_that("a net with branches learns, goes on, and survives a file", {
  data <- bars(60)
  set.seed(2)
  whole <- cnn(data$x, data$y, branched_net(), epochs = 6, batch_size = 20, optimizer = adam(0.01))
  set.seed(2)
  first <- cnn(data$x, data$y, branched_net(), epochs = 3, batch_size = 20, optimizer = adam(0.01))
  file <- tempfile(fileext = ".rds")
  saveRDS(first, file)
  halves <- cnn(data$x, data$y, epochs = 3, init = read_checkpoint(file))
  expect_identical(halves$params, whole$params)
  expect_gt(whole$history$accuracy[6], 0.9)
})

test_that("a shortcut is what was given, the input, or a projection with the stride that fits", {
  shapes <- function(...) {
    x <- array(runif(2 * 7 * 9 * 3), c(2, 7, 9, 3))
    fit <- cnn(x, 1:2, list(...), epochs = 0)
    lapply(fit$params[grep("shortcut", names(fit$params))], function(p) dim(p$W))
  }
  same <- function(k, ...) layer_conv(k, f = 3, pad = 1, ...)
  expect_length(shapes(layer_residual(same(3))), 0)
  expect_length(shapes(layer_residual(same(3), shortcut = list())), 0)
  projected <- shapes(layer_residual(same(5, stride = c(2, 3))))
  expect_identical(projected[["residual1/shortcut/conv1"]], c(1L, 1L, 3L, 5L))
  expect_named(projected, paste0("residual1/shortcut/", c("conv1", "batchnorm1")))
  expect_named(shapes(layer_affine(4), layer_residual(layer_affine(3))),
               paste0("residual1/shortcut/", c("affine1", "batchnorm1")))
  expect_named(shapes(layer_residual(same(3), shortcut = list(a = layer_conv(3, 1)))),
               "residual1/shortcut/a")
})

test_that("a maximum goes before an activation only where nothing else reads the activation", {
  kinds <- function(layers) {
    plan <- network_plan(with_output(layers, 2), c(8, 8, 1))
    vapply(plan$nodes, function(node) node$kind, "")
  }
  conv <- layer_conv(2, f = 3, pad = 1)
  expect_identical(kinds(list(conv, layer_parallel(layer_pool(2), layer_pool(2)))),
                   c("conv", "activation", "pool", "pool", "concat", "affine"))
  expect_identical(kinds(list(layer_parallel(list(conv, layer_pool(2)), layer_pool(2)))),
                   c("conv", "pool", "activation", "pool", "concat", "affine"))
  expect_identical(kinds(list(layer_residual(conv, activation = "relu"), layer_pool(2))),
                   c("conv", "activation", "conv", "batchnorm", "add", "pool", "activation",
                     "affine"))
})

test_that("weights inside are found by their paths", {
  data <- bars(4)
  fit <- cnn(data$x, data$y, branched_net(), epochs = 0)
  expect_identical(coef(fit, "mixed/wide/residual1/conv1"),
                   fit$params[["mixed/wide/residual1/conv1"]])
  expect_named(coef(fit, "residual1"),
               paste0("residual1/", c("conv1", "batchnorm1", "conv2", "batchnorm2")))
  expect_identical(coef(fit, 2), coef(fit, "residual1"))
  expect_error(coef(fit, "residual1/conv3"), "Must be one of .*\"mixed\".*, \\.\\.\\. or a number")
  grDevices::pdf(NULL)
  drawn <- plot_activations(fit, data$x[1, , , ], "mixed/wide/residual1")
  expect_identical(dim(drawn), c(1L, 4L, 4L, 3L))
  expect_identical(dim(plot_filters(fit, "residual2/shortcut/conv1")), c(1L, 1L, 3L, 4L))
  grDevices::dev.off()
})

test_that("branches are drawn as a tree", {
  data <- bars(4)
  expect_snapshot({
    branched_net()[c(2, 4)]
    summary(cnn(data$x, data$y, branched_net(), epochs = 0))
  })
  expect_identical(draw_tree(c("a", "b", "b/c", "b/c/d", "b/e")),
                   c("a", "b", "|-c", "| `-d", "`-e"))
})

test_that("branches that do not join, and what is no branch, are errors that say where", {
  data <- bars(4)
  fit_of <- function(...) cnn(data$x, data$y, list(...), epochs = 0)
  conv <- layer_conv(2, f = 3)
  expect_snapshot(error = TRUE, {
    fit_of(layer_conv(2, 3, pad = 1), layer_residual(list(conv, layer_conv(3, f = 9))))
    fit_of(layer_residual(layer_conv(2, f = 4)))
    fit_of(layer_residual(layer_affine(3)))
    fit_of(layer_residual(conv, shortcut = list()))
    fit_of(layer_residual(conv, shortcut = layer_conv(3, f = 3)))
    fit_of(layer_parallel(conv, layer_pool(2)))
    fit_of(layer_parallel(conv, layer_conv(3, f = 3), join = "add"))
    fit_of(layer_parallel(conv, list(layer_residual(layer_conv(2, f = 9)))))
    layer_residual("conv")
    layer_residual(list(conv, 3))
    layer_residual(conv, shortcut = 1)
    layer_residual(list(shortcut = conv))
    layer_residual(list(a = conv, a = conv))
    layer_residual(list("a/b" = conv))
    layer_residual(conv, activation = "max")
    layer_parallel()
    layer_parallel(conv, b = "pool")
    layer_parallel(a = conv, a = conv)
    layer_parallel(conv, join = "multiply")
    fit_of("a/b" = conv)
  })
})
