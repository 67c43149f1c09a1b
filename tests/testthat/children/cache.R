# Fills a cache of a folder's images. Arguments: the folder, the cache, and "kill" to be killed in
# the middle of a shard.
library(convstep)
arguments <- commandArgs(trailingOnly = TRUE)
if (length(arguments) == 3) {
  # After 128 images.
  count <- 0
  add <- convstep:::shard_add_cpp
  assignInNamespace("shard_add_cpp", function(...) {
    add(...)
    count <<- count + 1
    if (count == 2) tools::pskill(Sys.getpid(), tools::SIGKILL)
  }, "convstep")
}
source <- tryCatch(image_source(arguments[1], 64, cache = arguments[2]), error = conditionMessage)
cat(if (is.character(source)) source else "whole", "\n")
