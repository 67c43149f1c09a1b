#' How convolutions are computed
#'
#' Without an argument, says which engine is on. With one, selects it for the rest of the session.
#'
#' @param engine One of
#'   * `"auto"`, the default: chosen for each layer by its shape, `"winograd"` or `"direct"`;
#'   * `"direct"`: sums of shifted vector multiply-adds, read in R's memory order, for every shape;
#'   * `"winograd"`: 3 x 3 and 5 x 5 filters of stride 1 by Winograd's minimal filtering, with 2.8
#'     to 6.25 times fewer products; other shapes go to `"direct"`;
#'   * `"blas"`: patches gathered into a matrix (im2col), block by block, and multiplied by the BLAS
#'     that R runs on.
#'
#' @return `convstep_engine()`: the engine in use, a string; with an argument the former one,
#'   invisibly. `convstep_engines()`: the names of all engines.
#'
#' @section Accuracy:
#' In double precision the largest error of 300 random cells, relative to the
#' largest of them, over six layers of 32 to 512 channels, standard normal inputs and all
#' instruction sets, was
#'
#' | engine | `Z` | `dA_prev` | `dW` |
#' |---|---|---|---|
#' | `"blas"` | 4.2e-15 | 6.3e-16 | 2.1e-15 |
#' | `"direct"` | 4.3e-15 | 2.4e-15 | 6.7e-16 |
#' | `"winograd"` | 2.1e-14 | 1.4e-14 | 1.2e-14 |
#'
#' (`tools/bench/accuracy.R` in the sources measures it.) The error of `"winograd"` is relative to
#' the largest value nearby, in the same tile of up to 8 x 8 input cells: small outputs beside very
#' large ones lose digits that `"direct"` keeps. Where a tile holds a `NaN`, an infinite value or a
#' sum that overflows, it is computed directly, so that such values go where the definition takes
#' them.
#'
#' Such differences make no better or worse fit, but another one: see "Repeatable" in [cnn()].
#'
#' @section Errors:
#' An unknown engine.
#'
#' @references Lavin, A. and Gray, S. (2016). Fast algorithms for convolutional neural networks.
#'   <https://arxiv.org/abs/1509.09308>: the tiles of `"winograd"`.
#'
#' @examples
#' convstep_engine()
#' former <- convstep_engine("blas")
#' convstep_engine(former)
#' @export
convstep_engine <- function(engine = NULL) {
  former <- engine_cpp()
  if (is.null(engine)) {
    return(former)
  }
  check_choice(engine, "engine", convstep_engines())
  select_engine_cpp(engine)
  invisible(former)
}

#' @rdname convstep_engine
#' @export
convstep_engines <- function() {
  engines_cpp()
}

#' Single or double precision
#'
#' What the multiply-adds of convolutions and affine layers are computed with. Without an argument,
#' says which; with one, selects it for the rest of the session. It concerns [conv_forward()],
#' [conv_backward()], [affine_forward()], [affine_backward()] and what is made of them. [cnn()] has
#' an argument of its own.
#'
#' Arrays hold doubles in either case. With `"single"` their values are rounded to 4-byte floats on
#' their way into the processor's vectors, which hold twice as many of them, and the results become
#' doubles again as they are stored. Sums run over a block of the terms at a time, so that long ones
#' lose no more than short ones. The engine `"blas"` computes in double precision always.
#'
#' @param precision `"double"`, the default, or `"single"`.
#'
#' @return The precision in use, a string; with an argument the former one, invisibly.
#'
#' @section Accuracy:
#' Results of `"single"` differ from those of `"double"` by at most 2e-6 of the largest result with
#' the engine `"direct"`, and 2e-5 with `"winograd"`, on random arrays of up to 256 channels. `NaN`
#' and infinite values go where they go in double precision. Finite values beyond 3.4e38, in the
#' arguments or the sums, become infinite.
#'
#' @section Errors:
#' An unknown precision.
#'
#' @seealso [cnn()], [convstep_engine()]
#' @examples
#' convstep_precision()
#' A <- array(rnorm(2 * 5 * 5 * 3), c(2, 5, 5, 3))
#' W <- array(rnorm(3 * 3 * 3 * 4), c(3, 3, 3, 4))
#' exact <- conv_forward(A, W, rep(0, 4), list(stride = 1, pad = 1))$Z
#' former <- convstep_precision("single")
#' rounded <- conv_forward(A, W, rep(0, 4), list(stride = 1, pad = 1))$Z
#' convstep_precision(former)
#' max(abs(exact - rounded))
#' @export
convstep_precision <- function(precision = NULL) {
  former <- if (single_cpp()) "single" else "double"
  if (is.null(precision)) {
    return(former)
  }
  check_choice(precision, "precision", precisions)
  select_single_cpp(precision == "single")
  invisible(former)
}

precisions <- c("double", "single")

# Whether a fit computes with floats.
is_single <- function(fit) identical(fit$precision, "single")

#' The instruction set in use
#'
#' The kernels exist once for each instruction set. The widest that the processor has is chosen when
#' the package is loaded; this function says which one, and selects another.
#'
#' @param set One of `convstep_simd_sets()`: `"avx512"`, `"avx2"` or `"baseline"` (SSE2 on x86-64,
#'   NEON on ARM), as far as the processor has them.
#'
#' @return `convstep_simd()`: the set in use, a string; with an argument the former one, invisibly.
#'   `convstep_simd_sets()`: the sets that this processor can run, widest first.
#'
#' @section Errors:
#' A set that is unknown, or that the processor lacks.
#'
#' @examples
#' convstep_simd_sets()
#' former <- convstep_simd("baseline")
#' convstep_simd(former)
#' @export
convstep_simd <- function(set = NULL) {
  former <- simd_cpp()
  if (is.null(set)) {
    return(former)
  }
  check_choice(set, "set", convstep_simd_sets())
  select_simd_cpp(set)
  invisible(former)
}

#' @rdname convstep_simd
#' @export
convstep_simd_sets <- function() {
  available_simd_cpp()
}

#' Threads
#'
#' How many threads the kernels may use. By default all cores that the process may run on, within a
#' container's CPU quota, the environment variable `CONVSTEP_NUM_THREADS` (or, where that is not
#' set, `OMP_NUM_THREADS`) and the two cores that `R CMD check` allows; and never more than
#' `OMP_THREAD_LIMIT`. Small work runs on one thread whatever the setting. Results have the same
#' bits for any number of threads.
#'
#' The threads are the package's own and need no OpenMP. They start with the first large work, sleep
#' when there is none, and do not wait for each other to begin: where another program keeps a core
#' busy, the rest of the work goes on without it.
#'
#' @section Worker processes:
#' A forked child, such as a worker of [parallel::mclapply()], has one thread unless it asks for
#' more. Workers that are R processes of their own (`parallel::makeCluster()`, `mirai`, `future`)
#' inherit the environment: one line before they start gives each its share of the cores, here one,
#'
#'     Sys.setenv(CONVSTEP_NUM_THREADS = 1)
#'
#' and for workers that run already it is
#' `parallel::clusterEvalQ(cluster, convstep::convstep_threads(1))`.
#'
#' @param n A whole number from 1 to 1024, or `"default"`.
#'
#' @return The number of threads that large work uses now; with an argument the former setting
#'   (a number, or `"default"`), invisibly.
#'
#' @section Errors:
#' An `n` that is neither.
#'
#' @examples
#' convstep_threads()
#' former <- convstep_threads(1)
#' convstep_threads(former)
#' @export
convstep_threads <- function(n = NULL) {
  if (is.null(n)) {
    return(threads_cpp())
  }
  if (identical(n, "default")) {
    n <- 0L
  } else if (is.complex(n) || !checkmate::test_int(n, lower = 1, upper = 1024)) {
    stop_assertion("n", "Must be a whole number from 1 to 1024, or \"default\", but is ",
                   if (is_numeric_like(n) && length(n) == 1) format(n) else describe(n))
  }
  former <- set_threads_cpp(as.integer(n))
  invisible(if (former == 0L) "default" else former)
}
