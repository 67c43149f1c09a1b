test_that("engines are selected and the former one comes back", {
  expect_identical(convstep_engine(), "auto")
  expect_identical(withVisible(convstep_engine("blas")), list(value = "auto", visible = FALSE))
  expect_identical(convstep_engine(), "blas")
  expect_identical(convstep_engine("auto"), "blas")
  expect_true(all(c("auto", "blas") %in% convstep_engines()))
})

test_that("instruction sets are selected, and only those the processor has", {
  sets <- convstep_simd_sets()
  widest <- convstep_simd()
  expect_identical(widest, sets[1])
  expect_identical(sets[length(sets)], "baseline")
  expect_identical(withVisible(convstep_simd("baseline")), list(value = widest, visible = FALSE))
  expect_identical(convstep_simd(widest), "baseline")
})

test_that("threads are set and the former setting comes back", {
  former <- convstep_threads(3)
  expect_identical(convstep_threads(), 3L)
  expect_identical(withVisible(convstep_threads("default")), list(value = 3L, visible = FALSE))
  expect_identical(convstep_threads(1024), "default")
  convstep_threads(former)
})

test_that("what is unknown is an error and changes nothing", {
  former <- list(convstep_engine(), convstep_simd(), convstep_threads())
  expect_error_snapshot({
    convstep_threads(0)
    convstep_threads(1025)
    convstep_threads(1.5)
    convstep_threads(NA)
    convstep_threads("all")
    convstep_threads(1:2)
    convstep_threads(complex(real = -2))
  })
  expect_error(convstep_engine("fast"),
               "Assertion on 'engine' failed: Must be one of \"auto\", .*\"blas\".* is \"fast\"")
  expect_error(convstep_engine(c("auto", "blas")), "is character of length 2")
  expect_error(convstep_simd("mmx"),
               "Assertion on 'set' failed: Must be one of .*\"baseline\".*mmx")
  expect_error(convstep_simd(1), "Assertion on 'set' failed")
  expect_identical(list(convstep_engine(), convstep_simd(), convstep_threads()), former)
})

test_that("the environment's limits are respected", {
  skip_on_cran()
  threads <- "convstep_threads()"
  variables <- c("CONVSTEP_NUM_THREADS", "OMP_NUM_THREADS", "_R_CHECK_LIMIT_CORES_")
  by_default <- without_variables(variables, child_value(threads))
  expect_gte(by_default, 1L)
  expect_identical(child_value(threads, "CONVSTEP_NUM_THREADS=1"), 1L)
  expect_identical(child_value(threads, "OMP_NUM_THREADS=1"), 1L)
  expect_identical(child_value(threads, "OMP_NUM_THREADS=1,4"), 1L)
  expect_identical(child_value(threads, "OMP_THREAD_LIMIT=1"), 1L)
  without_variables(variables, {
    expect_identical(child_value(threads, "CONVSTEP_NUM_THREADS=nonsense"), by_default)
    expect_identical(child_value(threads, "CONVSTEP_NUM_THREADS=1000"), by_default)
    # Our own variable goes above the one for all libraries.
    expect_identical(child_value(threads, c("CONVSTEP_NUM_THREADS=1000", "OMP_NUM_THREADS=1")),
                     by_default)
  })
  expect_lte(child_value(threads, "_R_CHECK_LIMIT_CORES_=TRUE"), 2L)
  expect_lte(child_value(threads, "_R_CHECK_LIMIT_CORES_=warn"), 2L)
  # A setting of the user's goes above the default, but not above a limit.
  eight <- "convstep_threads(8); convstep_threads()"
  expect_identical(child_value(eight, "OMP_NUM_THREADS=1"), 8L)
  expect_identical(child_value(eight, "CONVSTEP_NUM_THREADS=1"), 8L)
  expect_identical(child_value(eight, "OMP_THREAD_LIMIT=3"), 3L)
})

test_that("processors that the process may not run on are not counted", {
  skip_on_cran()
  skip_if(Sys.which("taskset") == "", "needs taskset")
  output <- without_variables(
    c("CONVSTEP_NUM_THREADS", "OMP_NUM_THREADS"),
    system2("taskset", c("-c 0", shQuote(rscript()), "--vanilla -e",
                         shQuote("cat(convstep::convstep_threads())")),
            stdout = TRUE, env = child_environment())
  )
  expect_identical(output, "1")
})
