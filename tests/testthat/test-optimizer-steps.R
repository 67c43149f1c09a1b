# The kernels under the optimizers of cnn(); the file of the optimizers tests what is built on them.
adam_step <- function(param, grad, m, v, lr = 0.01, beta1 = 0.9, beta2 = 0.999, eps = 1e-8,
                      step = 1, weight_decay = 0, clip = Inf, scale = 1, l2 = 0) {
  convstep:::adam_step_cpp(param, grad, m, v, lr, beta1, beta2, eps, step, weight_decay, l2, clip,
                           scale)
}
sgd_step <- function(param, grad, u, lr = 0.1, momentum = 0.7, nesterov = FALSE, l2 = 0,
                     clip = Inf, scale = 1) {
  convstep:::sgd_step_cpp(param, grad, u, lr, momentum, nesterov, l2, clip, scale)
}
rmsprop_step <- function(param, grad, v, u, lr = 0.1, rho = 0.8, eps = 1e-4, momentum = 0.5, l2 = 0,
                         clip = Inf, scale = 1) {
  convstep:::rmsprop_step_cpp(param, grad, v, u, lr, rho, eps, momentum, l2, clip, scale)
}

test_that("PyTorch's Adam, AdamW and SGD take the same steps, for every set", {
  cases <- readRDS(test_path("oracle", "layers-pytorch.rds"))$optimizer
  for_each_kernel(engines = "auto", function(engine, set, n) {
    for (name in names(cases)) {
      case <- cases[[name]]
      param <- case$start
      slots <- list(param * 0, param * 0)
      for (i in seq_along(case$grads)) {
        g <- case$grads[[i]]
        step <- switch(name,
          adam = adam_step(param, g, slots[[1]], slots[[2]], 0.01, 0.8, 0.95, 1e-6, i),
          adamw = adam_step(param, g, slots[[1]], slots[[2]], step = i, weight_decay = 0.3),
          sgd = sgd_step(param, g, slots[[1]]),
          nesterov = sgd_step(param, g, slots[[1]], nesterov = TRUE)
        )
        param <- step$param
        slots <- step[-1]
        expect_close(param, case$params[[i]], 1e-14)
      }
    }
  })
})

test_that("decay, clipping and scale enter as defined, at every length and thread count", {
  set.seed(1)
  for (n in c(0, 1, 7, 8, 9, 33, 50000)) {
    p <- rnorm(n)
    g <- rnorm(n)
    m <- rnorm(n)
    v <- rnorm(n)^2
    used <- pmax(pmin(g, 0.5), -0.5) * 0.3
    new_m <- 0.9 * m + 0.1 * used
    new_v <- 0.999 * v + 0.001 * used^2
    adam <- p * (1 - 0.01 * 0.2) -
      0.01 * (new_m / (1 - 0.9^3)) / (sqrt(new_v / (1 - 0.999^3)) + 1e-8)
    decayed <- used + 0.2 * p
    new_u <- 0.7 * m + decayed
    sgd <- p - 0.1 * (decayed + 0.7 * new_u)
    l2_m <- 0.9 * m + 0.1 * decayed
    l2_v <- 0.999 * v + 0.001 * decayed^2
    adam_l2 <- p - 0.01 * (l2_m / (1 - 0.9^3)) / (sqrt(l2_v / (1 - 0.999^3)) + 1e-8)
    mean_v <- 0.8 * v + 0.2 * decayed^2
    speed <- 0.5 * m + decayed / (sqrt(mean_v) + 1e-4)
    for_each_kernel(engines = "auto", threads = 1:2, function(engine, set, threads) {
      poison_memory(n)
      step <- adam_step(p, g, m, v, step = 3, weight_decay = 0.2, clip = 0.5, scale = 0.3)
      expect_close(step$param, adam, 1e-14)
      expect_close(step$m, new_m, 1e-14)
      expect_close(step$v, new_v, 1e-14)
      step <- adam_step(p, g, m, v, step = 3, l2 = 0.2, clip = 0.5, scale = 0.3)
      expect_close(step$param, adam_l2, 1e-14)
      step <- rmsprop_step(p, g, v, m, l2 = 0.2, clip = 0.5, scale = 0.3)
      expect_close(step$param, p - 0.1 * speed, 1e-14)
      expect_close(step$v, mean_v, 1e-14)
      expect_close(step$u, speed, 1e-14)
      step <- sgd_step(p, g, m, nesterov = TRUE, l2 = 0.2, clip = 0.5, scale = 0.3)
      expect_close(step$param, sgd, 1e-14)
      expect_close(step$u, new_u, 1e-14)
      expect_equal(convstep:::sum_of_squares_cpp(g, Inf), sum(g^2), tolerance = 1e-13)
      expect_equal(convstep:::sum_of_squares_cpp(g, 0.5), sum(pmin(abs(g), 0.5)^2),
                   tolerance = 1e-13)
    })
  }
})

test_that("bits do not depend on the number of threads, nothing is changed in place", {
  g <- rnorm(2e5)
  before <- g + 0
  results <- lapply(allowed_threads(1:3), function(n) {
    former <- convstep_threads(n)
    on.exit(convstep_threads(former))
    list(adam_step(g, g, g, g^2), sgd_step(g, g, g), convstep:::sum_of_squares_cpp(g, 1))
  })
  expect_identical(results[[2]], results[[1]])
  expect_identical(results[[3]], results[[1]])
  expect_identical(g, before)
})

test_that("a NaN gradient stays in its cell, clipped or not", {
  g <- c(1, NaN, rep(1, 20))
  step <- adam_step(g * 0, g, g * 0, g * 0 + 1, clip = 1)
  expect_identical(which(is.na(step$param)), 2L)
  expect_identical(which(is.na(sgd_step(rep(0, 22), g, rep(0, 22), clip = 1)$param)), 2L)
  expect_identical(convstep:::sum_of_squares_cpp(g, 1), NaN)
})

test_that("the norm of a gradient whose squares overflow is brought down like any other", {
  grads <- list(a = list(W = c(3e200, 0), b = c(0, -4e200)), dropout = list())
  expect_equal(clipping_scale(adam(clip_norm = 10), grads), 10 / 5e200, tolerance = 1e-14)
  # The values are clipped first.
  clipped <- clipping_scale(adam(clip_norm = 10, clip_value = 3e200), grads)
  expect_equal(clipped, 10 / (3e200 * sqrt(2)), tolerance = 1e-14)
  expect_equal(clipping_scale(sgd(clip_norm = 10), list(a = list(W = c(3, -4)))), 1)
  expect_equal(clipping_scale(sgd(clip_norm = 1), list(a = list(W = c(3, -4)))), 0.2)
  # What is not finite stays so, and ends the training.
  for (value in c(NaN, Inf)) {
    scale <- clipping_scale(sgd(clip_norm = 1), list(a = list(W = c(value, 1e200))))
    expect_identical(is.finite(scale * value), FALSE)
  }
  params <- list(a = list(W = c(1, 1)))
  step <- optimizer_step(sgd(lr = 1, clip_norm = 5), params, list(a = list(W = c(3e200, 4e200))),
                         init_optimizer(sgd(), params), list(a = c(W = TRUE)))
  expect_equal(step$params$a$W, c(-2, -3))
})
