further <- list(elu = list(elu, elu_backward), gelu = list(gelu, gelu_backward),
                silu = list(silu, silu_backward),
                hard_swish = list(hard_swish, hard_swish_backward),
                softplus = list(softplus, softplus_backward), relu6 = list(relu6, relu6_backward))

relative <- function(actual, expected) {
  max(0, (abs(actual - expected) / pmax(abs(expected), 1e-300))[actual != expected])
}

test_that("each agrees with its definition, for every length and set, tails and borders included", {
  set.seed(4)
  Z <- c(rnorm(50, sd = 3), -3, 3, 0, -0, 6, 5.999, -40, 40, -12, -800, 800, -1e-9, 1e-9, 1e300,
         -1e300)
  definitions <- activation_definitions(0)
  for_each_kernel(engines = "auto", threads = 1:2, function(engine, set, threads) {
    for (name in names(further)) {
      for (n in c(0, 1, 7, 17, length(Z))) {
        z <- rev(Z)[seq_len(n)]
        dA <- cos(seq_len(n))
        out <- further[[name]][[1]](z)
        expect_identical(out$cache, z)
        # Relative to each value by itself, so that small ones have their digits too.
        expect_lt(relative(out$A, definitions[[name]][[1]](z)), 1e-13, label = paste(name, set))
        slope <- further[[name]][[2]](dA, z)
        expect_lt(relative(slope, dA * definitions[[name]][[2]](z)), 1e-12,
                  label = paste(name, "backward", set))
      }
    }
  })
})

test_that("infinities give the limits, and NA and NaN stay what they are", {
  limits <- list(elu = c(-1, Inf), gelu = c(0, Inf), silu = c(0, Inf), hard_swish = c(0, Inf),
                 softplus = c(0, Inf), relu6 = c(0, 6))
  slopes <- list(elu = c(0, 1), gelu = c(0, 1), silu = c(0, 1), hard_swish = c(0, 1),
                 softplus = c(0, 1), relu6 = c(0, 0))
  for (name in names(further)) {
    expect_equal(further[[name]][[1]](c(-Inf, Inf))$A, limits[[name]], label = name)
    expect_equal(further[[name]][[2]](c(1, 1), c(-Inf, Inf)), slopes[[name]], label = name)
    expect_identical(further[[name]][[1]](c(NA, 1))$A[1], NA_real_, label = name)
    expect_identical(is.nan(further[[name]][[1]](c(NaN, NA))$A), c(TRUE, FALSE), label = name)
    expect_true(is.nan(further[[name]][[2]](NaN, 1)), label = name)
  }
})

test_that("PyTorch gives the same values and gradients", {
  cases <- readRDS(test_path("oracle", "modern-pytorch.rds"))$activation
  expect_setequal(names(cases), names(further))
  for (name in names(cases)) {
    case <- cases[[name]]
    out <- further[[name]][[1]](case$Z)
    expect_close(out$A, case$A, 1e-14)
    expect_close(further[[name]][[2]](case$dA, out$cache), case$dZ, 1e-13)
  }
})

test_that("gradients pass central differences, and attributes stay", {
  set.seed(5)
  Z <- matrix(rnorm(12, sd = 2), 3, dimnames = list(NULL, letters[1:4]))
  dA <- matrix(rnorm(12), 3)
  for (name in names(further)) {
    f <- function(Z) sum(further[[name]][[1]](Z)$A * dA)
    expect_true(check_gradient(f, Z, further[[name]][[2]](dA, Z))$ok, label = name)
    expect_identical(attributes(further[[name]][[1]](Z)$A), attributes(Z))
  }
  expect_snapshot(error = TRUE, {
    gelu("a")
    relu6_backward(1:2, 1:3)
  })
})
