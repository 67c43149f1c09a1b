# Augmentations, against definitions in plain R (helper-augment.R).

run <- function(augment, x, key = c(5, 2, 3), y = NULL) augment_batch(augment, x, y, key, 4)

values_of <- function(Z, y) loss_value(loss_cross_entropy(), Z, y, NULL, gradient = FALSE)

test_that("the generator is SplitMix64", {
  # Published: the first outputs of seed 1234567.
  published <- c("599ED017FB08FC85", "2C73F08458540FA5", "883EBCE5A3F27C77")
  for (i in 1:3) {
    expect_identical(as.numeric(naive_splitmix(number64(1234567), i - 1)),
                     as.numeric(w64(published[i])))
  }
  for (key in list(c(1, 2, 3), c(2147483646, 0, 7, 1), 0)) {
    expect_identical(augment_uniforms_cpp(key, 3L, 4L),
                     t(vapply(0:2, function(i) naive_uniforms(key, i, 4), numeric(4))))
  }
  u <- augment_uniforms_cpp(c(1, 1, 1), 2000L, 5L)
  expect_true(all(u > 0 & u < 1))
  expect_lt(max(abs(colMeans(u) - 0.5)), 0.03)
  expect_lt(max(abs(cor(u) - diag(5))), 0.09)
})

test_that("each augmentation is its definition", {
  set.seed(1)
  cases <- list(
    augment_flip(), augment_flip(FALSE, TRUE), augment_flip(TRUE, TRUE),
    augment_shift(c(2, 3), fill = -1), augment_shift(20, fill = 0.5),
    augment_rotate(60, fill = 0.3), augment_rotate(180), augment_zoom(fill = 2),
    augment_zoom(c(0.1, 9)), augment_crop(), augment_crop(c(0.05, 0.3), c(0.2, 6)),
    augment_colour(), augment_colour(1, 0.5, 2), augment_noise(0.3),
    augment_erase(), augment_erase(c(0.3, 1), c(0.1, 10), 1, fill = 7)
  )
  for (shape in list(c(9, 7, 3), c(8, 8, 1), c(1, 5, 2))) {
    x <- array(runif(6 * prod(shape)), c(6, shape))
    for (augment in cases) {
      kind <- attr(augment, "kind")
      result <- run(augment, x)$x
      expect_identical(dim(result), dim(x))
      drawn <- if (kind == "noise") 2 * ceiling(prod(shape) / 2) else 5
      u <- augment_uniforms_cpp(c(5, 2, 3), 6L, as.integer(drawn))
      if (kind == "shift" || kind == "flip") u <- u[, 1:2]
      for (i in 1:6) {
        expected <- naive_augment[[kind]](array(x[i, , , ], shape), u[i, ],
                                          attr(augment, "settings"))
        got <- array(result[i, , , ], shape)
        if (kind %in% c("flip", "shift", "erase")) {
          expect_identical(got, expected)
        } else {
          expect_lt(max(abs(got - expected)), 1e-12)
        }
      }
      empty <- x[0, , , , drop = FALSE]
      expect_identical(run(augment, empty)$x, empty)
    }
  }
})

test_that("what does nothing gives the same bits", {
  x <- array(runif(3 * 6 * 5 * 3), c(3, 6, 5, 3))
  for (augment in list(augment_flip(FALSE), augment_shift(0), augment_rotate(0),
                       augment_zoom(c(1, 1)), augment_noise(0), augment_erase(probability = 0),
                       augment_compose())) {
    expect_identical(run(augment, x)$x, x)
  }
  expect_equal(run(augment_crop(c(1, 1), c(1, 1)), x)$x, x, tolerance = 1e-14)
  expect_equal(run(augment_colour(0, 0, 0), x)$x, x, tolerance = 1e-14)
  expect_identical(run(augment_shift(.Machine$integer.max, fill = 7), x)$x, 0 * x + 7)
})

test_that("all of what can happen does", {
  x <- array(1:4, c(1, 2, 2, 1))[rep(1, 400), , , , drop = FALSE] + 0
  kinds <- function(augment) {
    length(unique(apply(run(augment, x)$x, 1, paste, collapse = " ")))
  }
  expect_identical(kinds(augment_flip(TRUE, TRUE)), 4L)
  expect_identical(kinds(augment_flip()), 2L)
  expect_identical(kinds(augment_shift(1)), 9L)
  erased <- run(augment_erase(c(0.2, 0.2), c(1, 1), 0.25, fill = 0), x)$x
  expect_lt(abs(mean(rowSums(erased == 0) > 0) - 0.25), 0.07)
})

test_that("mixing adds a partner's image and target", {
  set.seed(2)
  x <- array(runif(200 * 3 * 2), c(200, 3, 2, 1))
  y <- as_shares(sample(4, 200, TRUE), 4)
  mixed <- run(augment_mixup(0.4), x, y = y)
  u <- augment_uniforms_cpp(c(5, 2, 3), 200L, 2L)
  share <- qbeta(u[, 1], 0.4, 0.4)
  partner <- order(u[, 2])
  expect_equal(mixed$x, share * x + (1 - share) * x[partner, , , , drop = FALSE],
               tolerance = 1e-14)
  expect_equal(mixed$y, share * y + (1 - share) * y[partner, ], tolerance = 1e-14)
  expect_equal(rowSums(mixed$y), rep(1, 200))
  expect_identical(run(augment_mixup(), x)$y, NULL)
  # In training, for classes and for numbers.
  data <- bars(40)
  set.seed(3)
  fit <- cnn(data$x, data$y, small_net(), epochs = 2, batch_size = 15, augment = augment_mixup(1),
             class_weights = c(1, 2))
  expect_true(all(is.finite(fit$history$loss)))
  numbers <- cnn(data$x, cbind(1:40, 1), small_net(), epochs = 1, augment = augment_mixup(1),
                 loss = "mse")
  expect_true(is.finite(numbers$history$loss))
  # One step on mixed examples is one step on what they were mixed to.
  plan <- fit_plan(fit)
  given <- augment_batch(augment_mixup(1), data$x, as.integer(data$y), c(9, 1, 1), 2)
  gradient <- batch_gradient(plan, fit$params, fit$state, given$x, given$y, fit$loss)
  Z <- network_forward(plan, fit$params, fit$state, given$x)$Z
  expect_equal(gradient$sum, values_of(Z, given$y)$sum, tolerance = 1e-12)
  expect_error(cnn(data$x, cbind(a = rep(0:1, 20), b = 1), small_net(), loss = "binary",
                   augment = augment_compose(augment_mixup())),
               "Must not mix targets where the loss is \"binary\"")
})

test_that("compositions go step by step, each with numbers of its own", {
  x <- array(runif(5 * 8 * 8), c(5, 8, 8, 1))
  both <- augment_compose(augment_shift(2), augment_rotate(30))
  first <- run(augment_shift(2), x, c(5, 2, 3, 1))$x
  expect_identical(run(both, x)$x, run(augment_rotate(30), first, c(5, 2, 3, 2))$x)
  nested <- augment_compose(both, function(x) 2 * x)
  expect_identical(run(nested, x)$x, 2 * run(both, x, c(5, 2, 3, 1))$x)
  twice <- augment_compose(augment_noise(1), augment_noise(1))
  once <- run(augment_noise(1), x, c(5, 2, 3, 1))$x - x
  expect_gt(max(abs(run(twice, x)$x - x - 2 * once)), 0.1)
})

test_that("the same bits for any number of threads, and in either scalar nearly the same", {
  x <- array(runif(32 * 33 * 31 * 3), c(32, 33, 31, 3))
  all <- augment_compose(augment_flip(), augment_shift(), augment_rotate(), augment_zoom(),
                         augment_crop(), augment_colour(), augment_noise(), augment_erase(),
                         augment_mixup())
  results <- lapply(1:2, function(threads) {
    old <- convstep_threads(threads)
    on.exit(convstep_threads(old))
    run(all, x)$x
  })
  expect_identical(results[[1]], results[[2]])
})

test_that("augmentations are functions that the seed of the session governs", {
  x <- array(runif(20 * 6 * 5), c(20, 6, 5, 1))
  shift <- augment_shift(c(2, 1), fill = -7)
  set.seed(2)
  first <- shift(x)
  set.seed(2)
  expect_identical(shift(x), first)
  expect_false(identical(shift(x), first))
  restored <- unserialize(serialize(augment_compose(shift, augment_noise()), NULL))
  expect_identical(run(restored, x), run(augment_compose(shift, augment_noise()), x))
  expect_error(shift(1:3), "Must be a numeric array")
})

test_that("training with an augmentation is repeatable, and takes those of the user's beside it", {
  data <- bars(40)
  fit <- function(augment, threads = 2) {
    old <- convstep_threads(threads)
    on.exit(convstep_threads(old))
    set.seed(7)
    comparable(cnn(data$x, data$y, small_net(), epochs = 2, batch_size = 16, augment = augment))
  }
  ours <- augment_compose(augment_shift(1), augment_noise(0.1))
  expect_identical(fit(ours, 1), fit(ours, 2))
  expect_false(identical(fit(ours)$params, fit(NULL)$params))
  # A function of the user's around it sees the same batches.
  seen <- NULL
  theirs <- augment_compose(augment_shift(1), augment_noise(0.1), function(x) {
    seen <<- c(seen, dim(x)[1])
    x
  })
  expect_identical(fit(theirs)$params, fit(ours)$params)
  expect_identical(seen, c(16L, 16L, 8L, 16L, 16L, 8L))
  # Cut in two, it is the same training.
  set.seed(7)
  half <- cnn(data$x, data$y, small_net(), epochs = 1, batch_size = 16, augment = ours)
  whole <- cnn(data$x, data$y, init = half, epochs = 1, augment = ours)
  expect_identical(whole$params, fit(ours)$params)
})

test_that("augmentations print themselves, and refuse what makes no sense", {
  expect_snapshot({
    augment_flip()
    augment_compose(augment_rotate(20), augment_crop(), function(x) x)
  })
  expect_snapshot(error = TRUE, {
    augment_flip(NA)
    augment_shift(-1)
    augment_rotate(181)
    augment_rotate("15")
    augment_zoom(c(1.2, 0.8))
    augment_zoom(0.8)
    augment_crop(c(0.5, 1.1))
    augment_crop(ratio = c(0, 1))
    augment_colour(brightness = -0.1)
    augment_noise(Inf)
    augment_erase(probability = 1.5)
    augment_mixup(0)
    augment_compose(augment_flip(), "shift")
    plot_augment(array(0, c(2, 4, 4, 1)), NULL)
  })
})

test_that("variants are drawn beside their images", {
  x <- array(runif(2 * 6 * 5 * 3), c(2, 6, 5, 3))
  pdf(NULL)
  on.exit(dev.off())
  drawn <- plot_augment(x, augment_flip(), times = 3)
  expect_identical(dim(drawn), c(8L, 6L, 5L))
  expect_identical(drawn[c(1, 5), , ], plot_images(x)[, , ])
  for (i in c(2:4, 6:8)) {
    image <- drawn[if (i < 5) 1 else 5, , ]
    expect_true(identical(drawn[i, , ], image) || identical(drawn[i, , ], image[, 5:1]))
  }
})
