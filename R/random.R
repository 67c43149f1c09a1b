# Randomness that set.seed() governs and that leaves R's generator as it was: a fit draws one seed
# when it starts, and everything random in it runs under a seed derived from that one.

draw_seed <- function() sample.int(.Machine$integer.max, 1)

# Evaluates `code` under the seed that belongs to (seed, stream), whatever kinds of generator the
# user has chosen, and puts the user's generator back. Stream 0 is the start of a fit (first
# weights, the split for validation), stream e its epoch e.
with_stream <- function(seed, stream, code) {
  restore <- keep_generator()
  on.exit(restore())
  # Doubles hold the product exactly. The multiplier spreads the streams of one fit; set.seed()
  # scrambles the rest.
  set.seed((seed + 1000003 * stream) %% .Machine$integer.max, "Mersenne-Twister", "Inversion",
           "Rejection")
  code
}

# Lets `code` draw from R's generator without a trace.
without_trace <- function(code) {
  restore <- keep_generator()
  on.exit(restore())
  code
}

keep_generator <- function() {
  seed <- globalenv()$.Random.seed
  kinds <- RNGkind()
  function() {
    if (is.null(seed)) {
      # Sampling of before R 3.6 warns whenever it is chosen, a restored choice too.
      suppressWarnings(RNGkind(kinds[1], kinds[2], kinds[3]))
      rm(list = ".Random.seed", envir = globalenv())
    } else {
      assign(".Random.seed", seed, envir = globalenv())
    }
  }
}
