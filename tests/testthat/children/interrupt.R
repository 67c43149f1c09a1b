# Interrupts calls that would run for seconds and prints how long each took to return to R:
# name, what came of it, seconds. On one thread and the baseline's instructions, so that small
# arrays do.
library(convstep)
convstep_threads(1)
convstep_simd("baseline")

seconds_to_stop <- function(name, call) {
  file <- tempfile()
  system(paste0("(sleep 0.3; date +%s.%N > ", file, "; kill -INT ", Sys.getpid(), ")"),
         wait = FALSE)
  outcome <- tryCatch({
    call()
    Sys.sleep(1) # the signal must not reach the next call
    "finished"
  }, interrupt = function(condition) "interrupted")
  now <- as.numeric(Sys.time())
  cat(name, outcome, round(now - scan(file, quiet = TRUE), 3), "\n")
}

few <- array(sin(1:96), c(2, 4, 4, 3))
settings <- function() {
  list(conv_forward(few, array(cos(1:54), c(3, 3, 3, 2)), 1:2, list(stride = 1, pad = 1)),
       convstep_engine(), convstep_simd(), convstep_threads())
}
before <- settings()

noise <- function(...) array(runif(prod(...), -1, 1), c(...))
A <- noise(32, 56, 56, 96)
W <- noise(5, 5, 96, 256)
b <- numeric(256)
dZ <- noise(32, 56, 56, 256)
plain <- list(stride = 1, pad = "same")
cache <- list(A_prev = A, W = W, b = b, hparameters = plain)
for (engine in convstep_engines()) {
  convstep_engine(engine)
  seconds_to_stop(paste0("conv_forward/", engine), function() conv_forward(A, W, b, plain))
  seconds_to_stop(paste0("conv_backward/", engine), function() conv_backward(dZ, cache))
}
convstep_engine("auto")
wide <- noise(3000, 4000)
weights <- noise(4000, 6000)
seconds_to_stop("affine_forward", function() affine_forward(wide, weights, numeric(6000)))
windows <- list(f = 29, stride = 1, pad = "same")
cache <- list(A_prev = A, hparameters = windows)
for (mode in c("max", "average")) {
  seconds_to_stop(paste0("pool_forward/", mode), function() pool_forward(A, windows, mode))
  seconds_to_stop(paste0("pool_backward/", mode), function() pool_backward(A, cache, mode))
}
# Few tasks, which are long unless they are cut: one block of rows of a wide image; one channel.
wide <- noise(2, 32, 1024, 256)
W <- noise(3, 3, 256, 256)
convstep_engine("direct")
seconds_to_stop("conv_forward/wide", function() conv_forward(wide, W, numeric(256), plain))
cache <- list(A_prev = wide, W = W, b = numeric(256), hparameters = plain)
seconds_to_stop("conv_backward/wide", function() conv_backward(wide, cache))
convstep_engine("auto")
wide_dZ <- wide
wide_cache <- cache
image <- noise(1, 2000, 2000, 1)
cache <- list(A_prev = image, hparameters = windows)
seconds_to_stop("pool_backward/image", function() pool_backward(image, cache, "max"))
convstep_threads(2)
seconds_to_stop("conv_backward/threads", function() conv_backward(wide_dZ, wide_cache))
convstep_threads(1)
cat("as before:", identical(settings(), before), "\n")
