# The work of ./tools/gctorture; runs in tests/testthat.
library(convstep)
source("helper-calls.R")
layer_calls <- good_layer_calls()
model_calls <- good_model_calls()

# In one thread: what is tortured is R's memory, not the kernels.
convstep_threads(1)
outcome <- function(call, torture) {
  f <- utils::getFromNamespace(call$name, "convstep")
  set.seed(1)
  gctorture(torture)
  on.exit(gctorture(FALSE))
  do.call(f, call$arguments)
}
different <- 0
run <- function(calls) {
  for (call in calls) {
    if (startsWith(call$name, "convstep_")) next
    expected <- outcome(call, FALSE)
    for (engine in convstep_engines()) {
      convstep_engine(engine)
      result <- outcome(call, TRUE)
      same <- isTRUE(all.equal(result, expected, tolerance = 1e-12))
      if (!same) {
        cat("different:", call$name, "\n")
        different <<- different + 1
      }
      convstep_engine("auto")
      if (!grepl("^(conv|affine)_", call$name)) break
    }
  }
}
run(layer_calls)
cheap <- Filter(function(call) !call$name %in% c("cnn", "read_idx", "mnist_sample"), model_calls)
run(cheap)
cat(length(layer_calls) + length(cheap), "calls under gctorture,", different, "different\n")
quit(status = if (different > 0) 1 else 0)
