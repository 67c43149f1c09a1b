# Randomness that set.seed() governs and that leaves R's generator as it was: a fit draws one seed
# when it starts, and everything random in it runs under a seed derived from that one.

draw_seed <- function() sample.int(.Machine$integer.max, 1)

# Evaluates `code` under the seed that belongs to a shard of a batch of an epoch, whatever kinds of
# generator the user has chosen, and puts the user's generator back. The start of a fit (first
# weights, the split for validation) is (0, 0, 0), the order of an epoch (epoch, 0, 0).
with_stream <- function(seed, epoch, batch, shard, code) {
  under_seed(stream_seed(seed, epoch, batch, shard), code)
}

# Evaluates `code` under a seed, and puts the user's generator back.
under_seed <- function(seed, code) {
  restore <- keep_generator()
  on.exit(restore())
  set.seed(seed, "Mersenne-Twister", "Inversion", "Rejection")
  code
}

# One number of 31 bits out of several: each is multiplied in and the upper bits are brought down.
# Doubles hold the products exactly.
stream_seed <- function(...) {
  mixed <- 0
  for (part in c(...)) {
    mixed <- (mixed + part * 1000003) %% 2^31
    mixed <- bitwXor(mixed, bitwShiftR(mixed, 15))
    mixed <- (mixed * 2097143) %% 2^31
    mixed <- bitwXor(mixed, bitwShiftR(mixed, 13))
  }
  mixed
}

keep_generator <- function() {
  seed <- globalenv()$.Random.seed
  kinds <- RNGkind()
  function() {
    if (is.null(seed)) {
      # Sampling of before R 3.6 warns whenever it is chosen, a restored choice too.
      suppressWarnings(do.call(RNGkind, as.list(kinds)))
      rm(list = ".Random.seed", envir = globalenv())
    } else {
      assign(".Random.seed", seed, envir = globalenv())
    }
  }
}
