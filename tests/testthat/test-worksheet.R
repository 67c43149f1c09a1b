# Files to fill in.

run_file <- function(file, env = new.env(parent = globalenv())) {
  utils::capture.output(source(file, local = env, echo = FALSE, print.eval = TRUE))
}

test_that("the script runs as it is, and says that nothing is right yet", {
  file <- passing_file(".R")
  expect_identical(exercises(file), file)
  expect_silent(parse(file))
  printed <- run_file(exercises(passing_file(".R"), which = c("pad3d", "relu")))
  expect_match(printed, "pad3d: not yet", all = FALSE)
  expect_match(printed, "returns NULL", all = FALSE)
})

test_that("every exercise is in it, with the notebook's arguments, in the order of the chapters", {
  lines <- readLines(exercises(passing_file(".R")))
  text <- paste(lines, collapse = "\n")
  names <- names(all_exercises())
  starts <- vapply(names, function(name) {
    regexpr(paste0("\n", name, " <- function("), text, fixed = TRUE)[[1]]
  }, 0)
  expect_true(all(starts > 0))
  expect_false(is.unsorted(starts))
  expect_match(lines, "pool_forward <- function(A_prev, hparameters, mode = \"max\") {", all = FALSE,
               fixed = TRUE)
  expect_true(all(nchar(lines) < 101))
})

test_that("what is filled in is checked", {
  file <- exercises(passing_file(".R"), which = "conv_single_step")
  lines <- readLines(file)
  lines[lines == "  # Your code."] <- "  sum(a_slice_prev * W) + b"
  writeLines(lines, file)
  expect_match(run_file(file), "conv_single_step: right in all 5 cases", all = FALSE)
})

test_that("the document knits as it is", {
  skip_on_cran()
  skip_if_not_installed("rmarkdown")
  skip_if_not(rmarkdown::pandoc_available("1.12.3"), "pandoc")
  file <- exercises(passing_file(".Rmd"), which = c("relu", "distribute_value"))
  out <- rmarkdown::render(file, quiet = TRUE, envir = new.env(parent = globalenv()))
  html <- paste(readLines(out), collapse = "\n")
  expect_match(html, "relu: not yet")
  expect_match(html, "of 21 passed")
})

test_that("arguments that do not fit are errors", {
  there <- passing_file(".R")
  file.create(there)
  expect_error(exercises(there), "Must not exist yet")
  expect_error(exercises("a.txt"), "ends in \".R\" or \".Rmd\"")
  expect_error(exercises(5), "numeric")
  expect_error(exercises(passing_file(".R"), which = "pad4d"), "pad4d")
  expect_error(exercises(passing_file(".R"), which = character()), "character of length 0")
})
