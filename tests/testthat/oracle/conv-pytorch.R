# Writes conv-pytorch.rds, the values that test-conv.R compares with. Needs Python with PyTorch
# (the stored file came from 1.13.1) and jsonlite; run in this folder: Rscript conv-pytorch.R
stopifnot(system2("python3", "conv-pytorch.py") == 0)
as_array <- function(x) array(as.numeric(unlist(x$values)), unlist(x$dim))
cases <- lapply(jsonlite::read_json("conv-pytorch.json"), function(case) {
  arrays <- lapply(case[names(case) != "hparameters"], as_array)
  c(arrays, list(hparameters = lapply(case$hparameters, unlist)))
})
saveRDS(cases, "conv-pytorch.rds", version = 3)
unlink("conv-pytorch.json")
