# The first call against warm ones, and the memory a convolution takes beside inputs and results.
#   Rscript tools/bench/memory.R        writes tools/bench/results/memory.md (Linux)
# Each figure is taken in a fresh process: the highest resident size is never given back.
source("tools/bench/common.R")

# Runs code in a fresh R and returns the number that it prints last.
fresh <- function(engine, m, code) {
  script <- tempfile(fileext = ".R")
  writeLines(c(
    "suppressPackageStartupMessages(library(convstep))",
    "now <- function() as.numeric(Sys.time())",
    "peak <- function() {",
    "  lines <- readLines('/proc/self/status')",
    "  as.numeric(gsub('[^0-9]', '', grep('VmHWM', lines, value = TRUE))) / 1024",
    "}",
    sprintf("invisible(convstep_engine('%s'))", engine),
    sprintf("A <- array(0.5, c(%d, 32, 32, 64))", m),
    "W <- array(0.25, c(3, 3, 64, 64))",
    "b <- rep(0, 64)",
    "hp <- list(stride = 1, pad = 1)",
    code
  ), script)
  as.numeric(utils::tail(system2(file.path(R.home("bin"), "Rscript"), script, stdout = TRUE), 1))
}

# MB beyond what the process held and the results that the calls return.
forward_extra <- c(
  "before <- peak()",
  "Z <- conv_forward(A, W, b, hp)$Z",
  "cat(peak() - before - length(Z) * 8 / 2^20)"
)
backward_extra <- c(
  "cache <- list(A_prev = A, W = W, b = b, hparameters = hp)",
  "dZ <- array(0.125, c(dim(A)[1], 32, 32, 64))",
  "before <- peak()",
  "g <- conv_backward(dZ, cache)",
  "cat(peak() - before - (length(g$dA_prev) + length(g$dW)) * 8 / 2^20)"
)
call_ms <- function(which) {
  c("times <- vapply(1:20, function(i) {",
    "  start <- now(); conv_forward(A, W, b, hp); 1e3 * (now() - start)",
    "}, 0)",
    sprintf("cat(%s)", which))
}

engines <- convstep_engines()
rows <- do.call(rbind, lapply(engines, function(engine) {
  data.frame(
    engine,
    "first call, ms" = sprintf("%.1f", fresh(engine, 32, call_ms("times[1]"))),
    "warm call, ms" = sprintf("%.1f", fresh(engine, 32, call_ms("min(times[-1])"))),
    "forward, m = 32, MB" = sprintf("%.1f", fresh(engine, 32, forward_extra)),
    "forward, m = 512, MB" = sprintf("%.1f", fresh(engine, 512, forward_extra)),
    "backward, m = 32, MB" = sprintf("%.1f", fresh(engine, 32, backward_extra)),
    "backward, m = 512, MB" = sprintf("%.1f", fresh(engine, 512, backward_extra)),
    check.names = FALSE
  )
}))
write_results(
  "memory", "First calls and extra memory", NULL, NULL,
  paste("3 x 3 convolution of (m, 32, 32, 64) by 64 filters, stride 1, pad 1. A first call meets",
        "fresh memory (page faults) and starts the threads. Extra memory is the growth of the",
        "process's highest resident size beyond the results; the bound is 64 MB whatever the",
        "batch."),
  "", markdown_table(rows)
)
