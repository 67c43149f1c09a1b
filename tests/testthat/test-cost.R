test_that("empty batches give empty results, and a mean that is NaN", {
  x <- matrix(0, 0, 3)
  expect_identical(softmax(x), list(probs = x, cache = x))
  expect_identical(logsumexp(x), numeric())
  cost <- cross_entropy_cost(x, factor(character(), levels = 1:3))
  expect_identical(cost$loss, NaN)
  expect_identical(cross_entropy_backward(cost$cache), x)
  expect_identical(cross_entropy_cost(x, character())$loss, NaN)
})

test_that("hand-worked values come out", {
  expect_equal(softmax(log(c(1, 2, 5)))$probs, c(1, 2, 5) / 8, tolerance = 1e-15)
  expect_equal(logsumexp(log(c(1, 2, 5))), log(8), tolerance = 1e-15)
  expect_identical(softmax(c(3, 3))$probs, c(0.5, 0.5))
  AL <- rbind(c(0.5, 0.25, 0.25), c(0.125, 0.125, 0.75))
  cost <- cross_entropy_cost(AL, c("b", "a"), classes = c("a", "b", "c"))
  expect_equal(cost$loss, (log(4) + log(8)) / 2, tolerance = 1e-15)
  expect_identical(cost$cache, list(AL = AL, Y.index = cbind(1:2, 2:1)))
  expect_identical(cross_entropy_backward(cost$cache),
                   rbind(c(0.5, -0.75, 0.25), c(-0.875, 0.125, 0.75)))
})

test_that("a matrix is taken row by row", {
  set.seed(1)
  x <- random_array(13, 7)
  for_each_kernel(engines = "auto", function(engine, set, n) {
    poison_memory(13 * 7)
    probs <- softmax(x)$probs
    expect_equal(rowSums(probs), rep(1, 13), tolerance = 1e-14)
    for (i in 1:13) {
      expect_equal(probs[i, ], exp(x[i, ]) / sum(exp(x[i, ])), tolerance = 1e-14)
      expect_equal(probs[i, ], softmax(x[i, ])$probs, tolerance = 1e-15)
    }
    expect_equal(logsumexp(x), log(rowSums(exp(x))), tolerance = 1e-14)
    for (m in c(1, 7, 8, 9, 63, 64, 65)) {
      y <- random_array(m, 3)
      poison_memory(m * 3)
      expect_equal(softmax(y)$probs, exp(y) / rowSums(exp(y)), tolerance = 1e-14)
      expect_equal(logsumexp(y), log(rowSums(exp(y))), tolerance = 1e-14)
    }
  })
})

test_that("large, small and infinite scores neither overflow nor vanish", {
  expect_identical(softmax(c(1e4, 1e4))$probs, c(0.5, 0.5))
  expect_identical(logsumexp(c(-1e4, -1e4)), -1e4 + log(2))
  expect_equal(logsumexp(c(-1e4, 0)), 0)
  expect_identical(softmax(c(0, -Inf))$probs, c(1, 0))
  expect_identical(logsumexp(c(-Inf, -Inf)), -Inf)
  expect_identical(logsumexp(c(1, Inf)), Inf)
  expect_identical(softmax(c(1, Inf))$probs, c(0, NaN))
})

test_that("an NA or NaN stays in its row", {
  x <- matrix(1, 20, 3)
  x[2, 1] <- NA
  x[11, 3] <- NaN
  for_each_kernel(engines = "auto", function(engine, set, n) {
    expect_identical(which(is.na(logsumexp(x))), c(2L, 11L))
    expect_identical(which(rowSums(is.na(softmax(x)$probs)) > 0), c(2L, 11L))
    expect_identical(sum(is.na(softmax(x)$probs)), 6L)
  })
})

test_that("PyTorch gives the same probabilities, cost and gradient", {
  case <- readRDS(test_path("oracle", "layers-pytorch.rds"))$cost
  probs <- softmax(case$scores)$probs
  expect_close(probs, case$probs, 1e-15)
  expect_close(logsumexp(case$scores), case$logsumexp, 1e-15)
  cost <- cross_entropy_cost(probs, case$true, classes = 0:3)
  expect_equal(cost$loss, case$loss, tolerance = 1e-14)
  expect_close(cross_entropy_backward(cost$cache), case$dZ, 1e-15)
})

test_that("the gradient passes central differences through softmax and cost", {
  set.seed(2)
  x <- random_array(5, 4)
  Y <- factor(c("a", "d", "b", "d", "a"), levels = letters[1:4])
  cost <- function(x) cross_entropy_cost(softmax(x)$probs, Y)
  # The cost is a mean, the gradient that of each example's own cost.
  expect_close(cross_entropy_backward(cost(x)$cache) / 5,
               numeric_gradient(function(x) cost(x)$loss, x, 1), 1e-7)
})

test_that("classes are the columns, whichever of them the batch holds", {
  AL <- rbind(c(0.7, 0.2, 0.1), c(0.1, 0.3, 0.6))
  expected <- -mean(log(c(0.2, 0.6)))
  same <- function(...) expect_equal(cross_entropy_cost(AL, ...)$loss, expected, tolerance = 1e-15)
  same(factor(c("b", "c"), levels = c("a", "b", "c")))
  same(c("b", "c"), classes = c("a", "b", "c"))
  same(c(1, 2), classes = 0:2)
  same(c(1L, 2L), classes = c(0, 1, 2))
  same(factor(c("b", "c")), classes = c("a", "b", "c"))
  same(c("b", "c"), classes = factor(c("a", "b", "c")))
  same(c("b", "c"), 2, c("a", "b", "c"))
  # Distinct labels serve if they fill the columns.
  AL <- rbind(AL, AL[1, ])
  expect_equal(cross_entropy_cost(AL, c(10, 30, 20))$loss, -mean(log(c(0.7, 0.6, 0.2))),
               tolerance = 1e-15)
  two <- AL[, 1:2]
  expect_equal(cross_entropy_cost(two, c(TRUE, FALSE, TRUE))$loss,
               -mean(log(c(two[1, 2], two[2, 1], two[3, 2]))), tolerance = 1e-15)
})

test_that("probabilities of 0 and NaN go where R's logarithm takes them", {
  AL <- rbind(c(0, 1), c(0.5, 0.5))
  expect_identical(cross_entropy_cost(AL, 1:2)$loss, Inf)
  expect_identical(cross_entropy_cost(rbind(c(NaN, 1), c(0.5, 0.5)), 2:1)$loss, log(2) / 2)
  expect_identical(cross_entropy_cost(rbind(c(NaN, 1), c(0.5, 0.5)), 1:2)$loss, NaN)
})

test_that("attributes are kept, integers are doubles, nothing is changed in place", {
  x <- matrix(1:6, 2, dimnames = list(NULL, c("a", "b", "c")))
  expect_identical(softmax(x), softmax(x + 0))
  expect_identical(dimnames(softmax(x)$probs), dimnames(x))
  expect_identical(names(softmax(c(u = 1, v = 2))$probs), c("u", "v"))
  expect_identical(softmax(x)$cache, x + 0)
  AL <- softmax(x)$probs
  before <- AL + 0
  cost <- cross_entropy_cost(AL, c("b", "b"), classes = colnames(x))
  expect_identical(dimnames(cross_entropy_backward(cost$cache)), dimnames(x))
  expect_identical(AL, before)
  expect_identical(cost$cache$AL, before)
})

test_that("large batches have the same bits for any number of threads", {
  x <- random_array(5000, 20)
  results <- lapply(allowed_threads(1:3), function(n) {
    former <- convstep_threads(n)
    on.exit(convstep_threads(former))
    poison_memory(1e5)
    list(softmax(x)$probs, logsumexp(x))
  })
  expect_identical(results[[2]], results[[1]])
  expect_identical(results[[3]], results[[1]])
})

test_that("bad arguments are errors that say which, what was expected and what came", {
  AL <- rbind(c(0.7, 0.2, 0.1), c(0.1, 0.3, 0.6))
  cache <- cross_entropy_cost(AL, 1:2, classes = 1:3)$cache
  expect_error_snapshot({
    softmax("a")
    softmax(array(1, c(1, 1, 1)))
    softmax(numeric())
    logsumexp(matrix(0, 2, 0))
    cross_entropy_cost(1:3, 1)
    cross_entropy_cost(AL[, 0], 1:2)
    cross_entropy_cost(AL, 1:3, classes = 1:3)
    cross_entropy_cost(AL, NULL)
    cross_entropy_cost(AL, c(1, NA), classes = 1:3)
    cross_entropy_cost(AL, c(0, 1), classes = 1:3)
    cross_entropy_cost(AL, c("x", "a"), classes = c("a", "b", "c"))
    cross_entropy_cost(AL, 1:2)
    cross_entropy_cost(AL, c("b", "c"))
    cross_entropy_cost(AL, factor(c("b", "c")))
    cross_entropy_cost(AL, 1:2, classes = 1:2)
    cross_entropy_cost(AL, 1:2, classes = c(1, 1, 2))
    cross_entropy_cost(AL, 1:2, batch_size = 3, classes = 1:3)
    cross_entropy_cost(AL, 1:2, batch_size = "a", classes = 1:3)
    cross_entropy_backward(AL)
    cross_entropy_backward(list(AL = AL, Y.index = cbind(1:2, c(1, 4))))
    cross_entropy_backward(list(AL = AL, Y.index = cbind(2:1, 1:2)))
    cross_entropy_backward(list(AL = AL, Y.index = cbind(1:2, c(1, NA))))
    cross_entropy_backward(list(AL = AL, Y.index = 1:2))
    cross_entropy_backward(replace(cache, "AL", list("a")))
  })
})

test_that("raw labels are the numbers they stand for", {
  AL <- softmax(matrix(1:4 / 3, 2))$probs
  y <- as.raw(c(9, 200))
  expect_identical(cross_entropy_cost(AL, y), cross_entropy_cost(AL, c(9L, 200L)))
  expect_identical(cross_entropy_cost(AL, y, classes = rev(y)),
                   cross_entropy_cost(AL, c(9, 200), classes = c(200, 9)))
  expect_error(cross_entropy_cost(cbind(AL, 0), y), "holds 2: 9, 200")
})
