# Our threads beside those of another shared object with OpenMP, in turn, and forked.
# Argument: the other shared object.
library(convstep)
other <- dyn.load(commandArgs(trailingOnly = TRUE)[1])
others_sum <- function() .C(getNativeSymbolInfo("omp_sum", other), sum = 0)$sum
convstep_threads(3)
A <- array(sin(1:1e5), c(10, 50, 50, 4))
W <- array(cos(1:288), c(3, 3, 4, 8))
ours <- function() conv_forward(A, W, numeric(8), list(stride = 1, pad = 1))$Z
expected <- ours()
in_turn <- replicate(20, others_sum() == 499999500000 && identical(ours(), expected))
cat("in turn:", all(in_turn), "\n")
forked <- parallel::mclapply(1:2, function(i) identical(ours(), expected), mc.cores = 2)
cat("forked:", unlist(forked), "\n")
