# A fit by the processes of an MPI job and one by none; each process says whether they are the same:
#   mpirun -n 4 Rscript tools/mpi.R
library(convstep)

set.seed(1)
x <- array(runif(50 * 36), c(50, 6, 6, 1))
y <- rep(c("a", "b"), 25)
fit <- function(cluster, shards) {
  net <- list(layer_conv(3, f = 3, activation = "none"), layer_batchnorm(activation = "relu"),
              layer_pool(2), layer_dropout(0.2))
  fit <- cnn(x, y, net, epochs = 2, batch_size = 16, augment = augment_shift(1), validation = 0.2,
             optimizer = sgd(0.05), cluster = cluster, shards = shards, verbose = FALSE)
  fit[c("params", "state", "optimizer_state", "seed")]
}
cluster <- mpi_cluster()
for (shards in c(1, 5)) {
  # The seed of the first process counts.
  set.seed(2 + cluster$rank)
  together <- fit(cluster, shards)
  set.seed(2)
  cat("same", identical(together, fit(NULL, shards)), "\n")
}
pbdMPI::finalize()
