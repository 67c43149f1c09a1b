# Child processes: for what may crash, hang, or must start with an environment of its own.

rscript <- function() file.path(R.home("bin"), "Rscript")

child_environment <- function(...) {
  c(paste0("R_LIBS=", paste(.libPaths(), collapse = .Platform$path.sep)), "R_TESTS=", ...)
}

# What a script of children/ printed; it must end by itself with status 0. `environment` holds
# strings "NAME=value".
run_child <- function(script, ..., environment = NULL, timeout = 120) {
  output <- tempfile()
  on.exit(unlink(output))
  status <- suppressWarnings(system2(
    rscript(), c("--vanilla", shQuote(test_path("children", script)), shQuote(c(...))),
    stdout = output, stderr = output, timeout = timeout,
    env = child_environment(environment)
  ))
  lines <- readLines(output, warn = FALSE)
  if (status != 0) {
    testthat::fail(paste(c(paste(script, "ended with status", status), utils::tail(lines, 20)),
                         collapse = "\n"))
  }
  lines
}

# The same for one expression.
child_value <- function(expression, environment = NULL) {
  script <- tempfile(fileext = ".R")
  on.exit(unlink(script))
  writeLines(c("library(convstep)", "cat(deparse({", expression, "}), sep = '\n')"), script)
  lines <- system2(rscript(), c("--vanilla", shQuote(script)), stdout = TRUE, stderr = FALSE,
                   env = child_environment(environment))
  eval(parse(text = lines))
}

# Evaluates `code` with these environment variables unset. Set to "" would not do: LLVM's OpenMP
# aborts on an empty OMP_NUM_THREADS.
without_variables <- function(names, code) {
  former <- Sys.getenv(names, NA, names = TRUE)
  former <- former[!is.na(former)]
  on.exit(if (length(former) > 0) do.call(Sys.setenv, as.list(former)))
  Sys.unsetenv(names)
  code
}
