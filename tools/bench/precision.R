# Both precisions on the eight layers of conv.R, as a loop of calls feels: the least, the median and
# the mean of repeated whole calls from R, garbage collections included, beside `x + 1` on an array
# of the result's size (R's own floor) and PyTorch in the same run.
#   Rscript tools/bench/precision.R     writes tools/bench/results/precision.md (two minutes)
source("tools/bench/common.R")
source("tests/testthat/helper-naive.R")

least_seconds <- as.numeric(Sys.getenv("BENCH_SECONDS", "1.5"))
layers <- conv_layers
torch <- find_torch()

# Milliseconds: least, median and mean.
felt <- function(f, seconds = least_seconds) {
  f()
  times <- double()
  start <- now()
  while (now() - start < seconds || length(times) < 5) {
    begun <- now()
    f()
    times[length(times) + 1] <- now() - begun
  }
  1e3 * c(min(times), stats::median(times), mean(times))
}

rows <- list()
for (layer in rownames(layers)) {
  x <- layers[layer, ]
  A <- random_array(x$m, x$H, x$H, x$C)
  W <- random_array(x$f, x$f, x$C, x$K)
  b <- rnorm(x$K)
  hp <- list(stride = x$stride, pad = x$pad)
  out <- conv_forward(A, W, b, hp)
  dZ <- random_array(dim(out$Z))
  times <- if (!is.null(torch)) run_torch(torch, "conv_torch.py", c(threads, unlist(x)))
  calls <- list(forward = function() conv_forward(A, W, b, hp),
                backward = function() conv_backward(dZ, out$cache))
  floors <- list(forward = felt(function() dZ + 1, 0.3), backward = felt(function() A + 1, 0.3))
  for (direction in names(calls)) {
    for (precision in c("double", "single")) {
      former <- convstep_precision(precision)
      ms <- felt(calls[[direction]])
      convstep_precision(former)
      f32 <- 1e3 * times[[paste0("f32_", direction, "_", threads)]]
      f64 <- 1e3 * times[[paste0("f64_", direction, "_", threads)]]
      rows[[length(rows) + 1]] <- data.frame(
        layer, direction, precision, least = ms[1], median = ms[2], mean = ms[3],
        floor = floors[[direction]][3], f32, f64
      )
    }
  }
  message(layer, " done")
}
speeds <- do.call(rbind, rows)
number <- function(x, digits = 2) formatC(x, digits, format = "f")
shown <- data.frame(
  speeds[c("layer", "direction", "precision")], least = number(speeds$least),
  median = number(speeds$median), mean = number(speeds$mean), "x + 1" = number(speeds$floor),
  "PyTorch f32" = number(speeds$f32), "f32 / least" = number(speeds$f32 / speeds$least),
  "f64 / least" = number(speeds$f64 / speeds$least, 1), check.names = FALSE
)
means <- vapply(c("double", "single"), function(precision) {
  part <- speeds[speeds$precision == precision, ]
  sprintf("- %s: %.2fx of PyTorch float32, %.1fx of float64 (geometric means; lowest %.2fx, %s %s)",
          precision, geometric_mean(part$f32 / part$least), geometric_mean(part$f64 / part$least),
          min(part$f32 / part$least), part$layer[which.min(part$f32 / part$least)],
          part$direction[which.min(part$f32 / part$least)])
}, "")
write_results(
  "precision", "Double and single precision", NULL, torch,
  paste("Whole calls of `conv_forward()` and `conv_backward()` on arrays of doubles, engine \"auto\",",
        "in milliseconds over", least_seconds, "s of calls; `x + 1` is the mean on an array of the",
        "result's size; PyTorch's are the best of several rounds. The ratios are those of the least."),
  "", means, "", markdown_table(shown)
)
