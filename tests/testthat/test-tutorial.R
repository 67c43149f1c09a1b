# The tutorial and its checker. That it runs in a browser is the work of tools/tutorial.

checked <- function(code, check, ...) {
  env <- new.env(parent = globalenv())
  eval(parse(text = code), env)
  exercise_checker(label = "x", user_code = code, check_code = check, envir_result = env, ...)
}

test_that("the checker gives learnr what it expects", {
  right <- checked("relu <- function(Z) list(A = pmax(Z, 0), cache = Z)", "check_yours(relu)")
  expect_true(right$correct)
  expect_identical(right$type, "success")
  expect_match(right$message, "Right in all 5 cases")
  wrong <- checked("conv_single_step <- function(a, W, b) sum(a * W + b)",
                   "check_yours(conv_single_step)")
  expect_false(wrong$correct)
  expect_match(wrong$message, "every product")
  expect_match(wrong$message, "<pre")
  expect_match(wrong$message, "Hint: Close the bracket")
  skip_if_not_installed("jsonlite")
  skip_if_not(capabilities("png"))
  expect_match(wrong$message, "data:image/png;base64,[A-Za-z0-9+/=]+\"")
})

test_that("what the reader wrote is text in the page, not HTML", {
  wrong <- checked("relu <- function(Z) stop('<script>alert(1)</script>')", "check_yours(relu)")
  expect_match(wrong$message, "&lt;script&gt;")
  expect_false(grepl("<script", wrong$message))
})

test_that("other checks will do too", {
  expect_true(checked("x <- 1", "x == 1")$correct)
  expect_false(checked("x <- 1", "x == 2")$correct)
  expect_match(checked("x <- 1", "stop('broken')")$message, "broken")
  expect_identical(checked("x <- 1", "list(correct = TRUE, message = 'a < b')")$message[1],
                   "a &lt; b")
  expect_null(exercise_checker(check_code = NULL))
  expect_null(exercise_checker(check_code = "stop()", stage = "code_check"))
})

test_that("every exercise is in the tutorial, with its check, a hint and the right arguments", {
  lines <- readLines(system.file("tutorials", "convstep", "convstep.Rmd", package = "convstep"))
  for (exercise in all_exercises()) {
    expect_match(lines, paste0("^```\\{r ", exercise$name, ", exercise = TRUE"), all = FALSE)
    expect_match(lines, paste0("^check_yours\\(", exercise$name, "\\)$"), all = FALSE)
    expect_match(lines, paste0("^```\\{r ", exercise$name, "-hint"), all = FALSE)
    expect_true(inner("worksheet_function")(exercise)[1] %in% lines, label = exercise$name)
  }
  expect_gt(sum(grepl("^question\\($", lines)), 9)
  pictures <- grep("^```\\{r.*fig", lines, value = TRUE)
  expect_identical(grep("fig\\.alt = \".{20,}\"", pictures, value = TRUE, invert = TRUE), character())
})

test_that("the code of the tutorial outside of exercises runs", {
  skip_if_not_installed("learnr")
  skip_if_not_installed("knitr")
  code <- tempfile(fileext = ".R")
  on.exit(unlink(code))
  file <- system.file("tutorials", "convstep", "convstep.Rmd", package = "convstep")
  knitr::purl(file, code, quiet = TRUE)
  expressions <- parse(code)
  # The bodies of exercises are empty; their checks run against them.
  own <- !vapply(expressions, function(expression) {
    grepl("^(check_yours|[a-z_0-9]+ <- function)", deparse(expression)[1])
  }, NA)
  env <- new.env(parent = globalenv())
  former <- knitr::opts_chunk$get()
  on.exit(knitr::opts_chunk$restore(former), add = TRUE)
  undrawn(for (expression in expressions[own]) eval(expression, env))
  succeed()
})
