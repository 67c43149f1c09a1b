# What is handed in, and what a teacher reads.

handed_in <- function(folder, file = "a.convstep", ...) {
  check_yours(conv_single_step = function(a, W, b) {
    # My own work: \u00e9.
    sum(a * W + b)
  }, relu = function(Z) list(A = pmax(Z, 0), cache = Z), isolate = FALSE)
  submission(file.path(folder, file), ...)
}

in_folder <- function(code) {
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  code(folder)
}

test_that("results and code come back as they were handed in", {
  in_folder(function(folder) {
    handed_in(folder, name = "Zo\u00eb")
    handed_in(folder, "b.convstep", name = "Ada")
    writeLines("notes", file.path(folder, "notes.txt"))
    read <- read_submissions(folder)
    expect_identical(sort(unique(read$name)), sort(c("Zo\u00eb", "Ada")))
    expect_true(all(read$intact))
    mine <- read[read$file == "a.convstep", ]
    relu <- mine[mine$exercise == "relu", ]
    expect_true(relu$passed)
    expect_identical(relu$mistake, "")
    step <- mine[mine$exercise == "conv_single_step", ]
    expect_identical(step$passed, FALSE)
    expect_identical(step$mistake, "bias_on_every_product")
    expect_identical(c(step$right, step$cases), c(2L, 5L))
    expect_lt(abs(as.numeric(difftime(step$written, Sys.time(), units = "secs"))), 60)
    # The code can be run again.
    f <- eval(parse(text = step$code))
    expect_identical(check_yours(conv_single_step = f, isolate = FALSE)$mistake, step$mistake)
  })
})

test_that("a file that was changed or cut is known by its checksum", {
  in_folder(function(folder) {
    file <- handed_in(folder, name = "Ada")
    lines <- readLines(file)
    changed <- sub("passed = FALSE", "passed = TRUE", lines)
    expect_false(identical(changed, lines))
    writeLines(changed, file)
    read <- read_submissions(folder)
    expect_false(any(read$intact))
    expect_true(read$passed[read$exercise == "conv_single_step"])
    writeLines(lines[-length(lines)], file)
    expect_false(any(read_submissions(folder)$intact))
    # Windows' ends of lines change nothing.
    connection <- file(file, "wb")
    writeLines(lines, connection, sep = "\r\n")
    close(connection)
    expect_true(all(read_submissions(folder)$intact))
  })
})

test_that("nothing in a file is run, and what is no submission is one row", {
  in_folder(function(folder) {
    bad <- c("stop('ran')", "list(name = stop('ran'))", "list(name = x)", "list(name = \"a\")", "(",
             "list(name = \"a\", written = \"b\", results = list(5))", "")
    for (i in seq_along(bad)) writeLines(bad[i], file.path(folder, paste0(i, ".convstep")))
    file.create(file.path(folder, "empty.convstep"))
    read <- read_submissions(folder)
    expect_identical(nrow(read), 8L)
    expect_false(any(read$intact))
    expect_true(all(is.na(read$passed)))
  })
})

test_that("an empty folder is an empty table", {
  in_folder(function(folder) {
    expect_identical(dim(read_submissions(folder)), c(0L, 10L))
  })
})

test_that("arguments that do not fit are errors", {
  expect_error(submission("a.rds"), "ends in \".convstep\"")
  expect_error(submission("a.convstep", name = ""), "Must be a string")
  expect_error(read_submissions("no such folder"), "Must be a folder")
  former <- inner("remembered")$results
  space <- inner("remembered")
  space$results <- list()
  on.exit(space$results <- former)
  expect_error(submission(tempfile(fileext = ".convstep")), "Nothing to hand in")
})
