# What a function may do to the session, in a process of its own and in this one.

outcomes <- function(f, isolate, seconds = 5, calls = list(list(x = 1), list(x = 2))) {
  inner("call_safely")(f, calls, seconds, isolate)
}

status <- function(...) vapply(outcomes(...), function(o) o$status, "")

both_ways <- function(test) {
  test(FALSE)
  if (.Platform$OS.type == "unix") test(TRUE)
}

test_that("values, errors, warnings and output come back", {
  both_ways(function(isolate) {
    f <- function(x) {
      cat("working\n")
      message("still working")
      warning("careful")
      if (x == 2) stop("no twos")
      list(x, "a")
    }
    got <- outcomes(f, isolate)
    expect_identical(got[[1]]$value, list(1, "a"))
    expect_identical(got[[1]]$warnings, "careful")
    expect_identical(got[[1]]$output, c("working", "still working"))
    expect_identical(got[[2]]$status, "error")
    expect_identical(got[[2]]$error, "no twos")
  })
})

test_that("what does not end is ended, and the rest is skipped", {
  skip_on_cran()
  endless <- function(x) while (TRUE) {}
  both_ways(function(isolate) {
    took <- system.time(got <- status(endless, isolate, seconds = 0.3))[["elapsed"]]
    expect_identical(got, c("time", "skipped"))
    expect_lt(took, 30)
    expect_identical(status(function(x) Sys.sleep(60), isolate, seconds = 0.3),
                     c("time", "skipped"))
  })
})

test_that("in a process of its own a loop that catches the time limit is killed", {
  skip_on_cran()
  skip_on_os("windows")
  stubborn <- function(x) repeat tryCatch(while (TRUE) {}, error = function(e) NULL)
  expect_identical(status(stubborn, TRUE, seconds = 0.3), c("time", "skipped"))
})

test_that("quit() ends nothing", {
  both_ways(function(isolate) {
    expect_identical(status(function(x) quit(), isolate), c("ended", "skipped"))
    expect_identical(status(function(x) q("no"), isolate), c("ended", "skipped"))
  })
})

test_that("in a process of its own nothing can end the session, nor take its files along", {
  skip_on_os("windows")
  file <- tempfile()
  file.create(file)
  on.exit(unlink(file))
  expect_identical(status(function(x) base::quit("no"), TRUE), c("ended", "skipped"))
  helper <- function() quit("no")
  expect_identical(status(function(x) if (x == 2) helper() else x, TRUE), c("value", "ended"))
  crash <- function(x) tools::pskill(Sys.getpid(), tools::SIGKILL)
  expect_identical(status(crash, TRUE), c("ended", "skipped"))
  expect_true(file.exists(file))
})

test_that("the session is afterwards what it was", {
  assign("convstep_variable", 1, globalenv())
  on.exit(suppressWarnings(rm("convstep_variable", "convstep_new", envir = globalenv())))
  set.seed(1)
  seed <- get(".Random.seed", globalenv())
  state <- function() list(options()[c("digits", "convstep.test")], getwd(), sink.number())
  before <- state()
  mine <- 5
  f <- function(x) {
    force(x)
    options(digits = 3, convstep.test = TRUE)
    setwd(tempdir())
    rm(list = ls(parent.frame()), envir = parent.frame())
    rm(list = ls(globalenv()), envir = globalenv())
    set.seed(2)
    sink(tempfile())
    x
  }
  both_ways(function(isolate) {
    expect_identical(status(f, isolate), c("value", "value"))
    expect_identical(state(), before)
    expect_identical(get("convstep_variable", globalenv()), 1)
    expect_identical(get(".Random.seed", globalenv()), seed)
    expect_identical(mine, 5)
  })
})

test_that("gigabytes are refused", {
  skip_if(getRversion() < "4.2.0")
  skip_on_cran()
  both_ways(function(isolate) {
    got <- outcomes(function(x) numeric(2e9), isolate)
    expect_identical(got[[1]]$status, "error")
  })
  expect_identical(get("mem.maxVSize", baseenv())(), Inf)
})

test_that("floods are cut", {
  flood <- function(x) for (i in 1:2000) cat("drip", i, "\n")
  both_ways(function(isolate) {
    got <- outcomes(flood, isolate)[[1]]
    expect_length(got$output, 5)
    expect_gt(got$printed, 20000)
  })
})

test_that("endless recursion is an error", {
  deep <- function(x) deep(x)
  both_ways(function(isolate) {
    expect_identical(status(deep, isolate), c("error", "error"))
  })
})

test_that("arguments that are changed in place are noticed", {
  x <- list(x = new.env())
  x$x$value <- 1
  change <- function(x) x$value <- 2
  both_ways(function(isolate) {
    got <- outcomes(change, isolate, calls = list(x))
    expect_identical(got[[1]]$changed, "x")
    x$x$value <- 1
  })
})
