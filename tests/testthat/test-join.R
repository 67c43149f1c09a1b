test_that("branches join as defined, for any number of threads", {
  set.seed(3)
  A <- random_array(3, 4, 5, 2)
  B <- random_array(3, 4, 5, 3)
  M <- random_array(6, 2)
  large <- list(random_array(40, 40, 20, 2), random_array(40, 40, 20, 3))
  for (threads in 1:3) {
    former <- convstep_threads(threads)
    for (arrays in list(list(A), list(A, B), list(B, A, B), list(M, M + 1), large)) {
      out <- join_forward(arrays, "concat")
      expect_identical(out$Z, naive_join(arrays, "concat"))
      expect_identical(join_backward(out$Z, out$cache), arrays)
    }
    for (arrays in list(list(A), list(A, A * 2, A * 3), list(M, M), rep(large[1], 3))) {
      out <- join_forward(arrays, "add")
      expect_identical(out$Z, Reduce(`+`, arrays))
      expect_identical(join_backward(out$Z, out$cache), rep(list(out$Z), length(arrays)))
    }
    convstep_threads(former)
  }
})

test_that("integers and empty batches join", {
  out <- join_forward(list(matrix(1:4, 2), matrix(TRUE, 2, 1)), "concat")
  expect_identical(out$Z, cbind(c(1, 2), c(3, 4), 1))
  none <- array(0, c(0, 4, 5, 2))
  out <- join_forward(list(none, none), "concat")
  expect_identical(dim(out$Z), c(0L, 4L, 5L, 4L))
  expect_identical(join_backward(out$Z, out$cache), list(none, none))
})

test_that("what does not join is refused", {
  A <- array(0, c(2, 3, 3, 1))
  out <- join_forward(list(A, A), "add")
  expect_snapshot(error = TRUE, {
    join_forward(A)
    join_forward(list())
    join_forward(list(A, "b"))
    join_forward(list(A, array(0, c(2, 3, 3, 2))))
    join_forward(list(A, array(0, c(2, 3, 4, 1))), "concat")
    join_forward(list(A, matrix(0, 2, 3)), "concat")
    join_forward(list(A, A), "multiply")
    join_backward(A[, 1:2, , ], out$cache)
    join_backward(A, list(dims = list(dim(A), 1:3), mode = "add"))
    join_backward(A, list(mode = "add"))
  })
})
