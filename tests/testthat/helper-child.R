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
  fail_unless_ended(script, status, lines)
  lines
}

# Shows enough for the stack that a sanitizer prints.
fail_unless_ended <- function(what, status, lines) {
  if (status != 0) {
    testthat::fail(paste(c(paste(what, "ended with status", status), utils::tail(lines, 60)),
                         collapse = "\n"))
  }
}

# The value of one expression.
child_value <- function(expression, environment = NULL) {
  files <- tempfile(c("script", "output", "errors"))
  on.exit(unlink(files))
  writeLines(c("library(convstep)", "cat(deparse({", expression, "}), sep = '\n')"), files[1])
  status <- suppressWarnings(system2(rscript(), c("--vanilla", shQuote(files[1])),
                                     stdout = files[2], stderr = files[3],
                                     env = child_environment(environment)))
  fail_unless_ended(expression, status, readLines(files[3], warn = FALSE))
  eval(parse(text = readLines(files[2])))
}

# Evaluates `code` with these environment variables unset. Set to "" would not do: LLVM's OpenMP,
# which other packages may bring, aborts on an empty OMP_NUM_THREADS.
without_variables <- function(names, code) {
  former <- Sys.getenv(names, NA, names = TRUE)
  former <- former[!is.na(former)]
  on.exit(if (length(former) > 0) do.call(Sys.setenv, as.list(former)))
  Sys.unsetenv(names)
  code
}
