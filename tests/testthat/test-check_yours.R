# From a function to the answer that its writer reads.

right_step <- function(a, W, b) sum(a * W) + b

wrong_step <- function(a, W, b) sum(a * W + b)

here <- function(...) check_yours(..., isolate = FALSE)

test_that("a right function passes, whatever its style", {
  styles <- list(
    loops = function(a, W, b) {
      z <- b
      for (i in seq_along(a)) z <- z + a[i] * W[i]
      z
    },
    product = function(window, filter, bias) c(window) %*% c(filter) + bias,
    apply = function(a, W, b) Reduce(`+`, mapply(`*`, a, W), b)
  )
  for (style in styles) {
    result <- here(conv_single_step = style)
    expect_true(result$passed)
    expect_s3_class(result, "exercise_result")
    expect_identical(result$case, NA_character_)
  }
})

test_that("a mistake is named, with its case, values and hint", {
  result <- here(conv_single_step = wrong_step)
  expect_false(result$passed)
  expect_identical(result$mistake, "bias_on_every_product")
  expect_identical(result$case, "one channel")
  expect_identical(result$expected, do.call(right_step, unname(result$arguments)))
  expect_identical(result$got, do.call(wrong_step, unname(result$arguments)))
  expect_match(result$diagnosis, "every product")
  expect_match(result$hint, "bracket")
  expect_identical(result$cases, c(all = 5L, right = 2L))
})

test_that("two mistakes at once are both named", {
  result <- here(conv_single_step = function(a, W, b) {
    sum(a * W[rev(seq_len(dim(W)[1])), rev(seq_len(dim(W)[2])), , drop = FALSE] + b)
  })
  expect_setequal(result$mistake, c("bias_on_every_product", "filter_flipped"))
})

test_that("without a known mistake the difference is described", {
  expect_mistake <- function(f, mistake, diagnosis) {
    result <- here(pad3d = f)
    expect_identical(result$mistake, mistake)
    expect_match(result$diagnosis, diagnosis)
  }
  expect_mistake(function(x, p) for (i in 1) x, "nothing_returned", "NULL")
  expect_mistake(function(x, p) "a", "not_numeric", "character")
  expect_mistake(function(x, p) pad3d(x, p)[, , -1, , drop = FALSE], "shape", "\\(1, 3, 2, 1\\)")
  expect_mistake(function(x, p) aperm(pad3d(x, p), c(1, 2, 4, 3)), "axes_swapped", "1, 2, 4, 3")
  expect_mistake(function(x, p) 2 * pad3d(x, p), "factor", "2 times")
  expect_mistake(function(x, p) -pad3d(x, p), "factor", "sign")
  expect_mistake(function(x, p) c(pad3d(x, p)), "shape_lost", "values are right")
  expect_mistake(function(x, p) replace(pad3d(x, p), 1, NA), "missing_values", "1 cells that are NA")
  expect_mistake(function(x, p) {
    y <- pad3d(x, p)
    y[, , 1, ] <- 7
    y
  }, "values", "3 of 9 cells, all in column 1")
  expect_mistake(function(x) x, "too_few_arguments", "takes 1 argument; it has to take 2")
  result <- here(conv_forward = function(A, W, b, h) conv_forward(A, W, b, h)$Z)
  expect_identical(result$mistake, "not_a_list")
  result <- here(conv_forward = function(A, W, b, h) conv_forward(A, W, b, h)["Z"])
  expect_identical(result$mistake, "part_missing")
  expect_match(result$diagnosis, "cache")
})

test_that("an error that no known mistake makes is shown with a hint", {
  result <- here(pad3d = function(x, p) x[1, 2, 3, 4, 5])
  expect_identical(result$mistake, "error")
  expect_match(result$hint, "drop = FALSE")
  expect_null(result$got)
  expect_false(is.na(result$error))
})

test_that("what else was noticed comes as notes", {
  result <- here(pad3d = function(x, p) {
    warning("hm")
    print("I was here")
    convstep::pad3d(x, p)
  })
  expect_true(result$passed)
  expect_match(result$notes, "hm", all = FALSE)
  expect_match(result$notes, "I was here", all = FALSE)
})

test_that("functions can be given in several ways", {
  conv_single_step <- right_step
  expect_true(here(conv_single_step)$passed)
  expect_true((right_step |> check_yours("conv_single_step", isolate = FALSE))$passed)
  both <- here(conv_single_step = wrong_step, pad3d = function(x, p) pad3d(x, p))
  expect_s3_class(both, "exercise_results")
  expect_identical(names(both), c("conv_single_step", "pad3d"))
  expect_identical(list(conv_single_step = right_step, pad3d = function(x, p) x) |>
                     check_yours(isolate = FALSE) |> as.data.frame() |> nrow(), 2L)
})

test_that("the list of exercises says how far one is", {
  here(conv_single_step = right_step)
  here(pad3d = function(x, p) x)
  progress <- check_yours()
  expect_identical(progress$state[progress$exercise == "conv_single_step"], "passed")
  expect_identical(progress$state[progress$exercise == "pad3d"], "not yet")
})

test_that("a function is checked in a process of its own where R can fork", {
  skip_on_os("windows")
  result <- check_yours(conv_single_step = wrong_step, isolate = TRUE)
  expect_identical(result, here(conv_single_step = wrong_step))
})

test_that("results are printed as text", {
  expect_snapshot({
    print(here(conv_single_step = right_step))
    print(here(conv_single_step = wrong_step))
    print(here(pad3d = function(x, p) stop("not written yet")))
    print(here(pad3d = function(x, p) pad3d(x, 1)))
    print(here(pad3d = function(x, p) x[, , 1, ]))
    print(here(pad3d = function(x, p) if (p == 2) warning("two") else pad3d(x, p)))
  })
})

test_that("differing cells can be printed and drawn", {
  without_compiling(for (exercise in all_exercises()) {
    for (mistake in exercise$mistakes[c(1, length(exercise$mistakes))]) {
      wrong <- inner("wrong_functions")(exercise$solution, mistake)[[1]]
      result <- inner("judge")(exercise, wrong, 60, FALSE)
      text <- cli::ansi_strip(format(result))
      expect_match(text, "not yet", all = FALSE)
      expect_true(all(nchar(text) < 100), label = paste(exercise$name, mistake$name))
      undrawn(plot(result))
    }
  })
})

test_that("arguments that do not fit are errors", {
  expect_error_snapshot({
    check_yours(pad4d = function(x) x)
    check_yours(function(x) x)
    check_yours(pad3d = 5)
    check_yours("pad3d")
    check_yours(pad3d = convstep::pad3d)
    check_yours(pad3d = function(x, p) x, seconds = 0)
    check_yours(pad3d = function(x, p) x, isolate = NA)
  })
})
