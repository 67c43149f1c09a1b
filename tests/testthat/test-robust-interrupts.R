test_that("Ctrl-C ends a call that would run for seconds and leaves all as it was", {
  skip_on_os("windows")
  skip_on_cran()
  skip_if(Sys.getenv("CONVSTEP_TEST_SLOW") != "", "calls are slowed down by a tool")
  lines <- run_child("interrupt.R")
  expect_identical(grep("^as before", lines, value = TRUE), "as before: TRUE ")
  calls <- strsplit(grep("interrupted|finished", lines, value = TRUE), " ")
  expect_length(calls, 2 * length(convstep_engines()) + 9)
  for (call in calls) {
    expect_identical(call[2], "interrupted", label = call[1])
    # The goal is half a second (children/interrupt.R prints the times). The limit is for machines
    # that do other work beside; without any look for an interrupt, a call would run to its end.
    expect_lt(as.numeric(call[3]), 2, label = call[1])
  }
})

test_that("a time limit that runs out in a kernel is R's error, and no interrupt", {
  # Slow enough for any machine: ten times the limit and more.
  former <- list(convstep_threads(1), convstep_engine("direct"), convstep_simd("baseline"))
  on.exit({
    setTimeLimit()
    convstep_threads(former[[1]])
    convstep_engine(former[[2]])
    convstep_simd(former[[3]])
  })
  A <- array(1, c(8, 28, 28, 256))
  W <- array(1, c(5, 5, 256, 512))
  outcome <- tryCatch({
    setTimeLimit(elapsed = 0.1)
    conv_forward(A, W, numeric(512), list(stride = 1, pad = 2))
    "finished"
  }, error = function(e) "error", interrupt = function(e) "interrupt", finally = setTimeLimit())
  expect_identical(outcome, "error")
})
