# Convolution: eight layers, both directions, every engine, instruction set and thread count, beside
# naive R loops and PyTorch in float64 and float32. Whole R calls, warm.
#   Rscript tools/bench/conv.R          writes tools/bench/results/conv.md (some minutes)
source("tools/bench/common.R")
source("tests/testthat/helper-naive.R")

layers <- conv_layers

machine <- measure_machine()
torch <- find_torch()
directions <- c("forward", "backward")

settings <- expand.grid(threads = unique(c(1, threads)), set = convstep_simd_sets(),
                        engine = setdiff(convstep_engines(), c("auto", "blas")),
                        stringsAsFactors = FALSE)
settings <- rbind(
  data.frame(threads = unique(c(1, threads)), set = convstep_simd(), engine = "auto"),
  data.frame(threads = threads, set = convstep_simd(), engine = "blas"),
  settings
)

# GF/s of the loops, on one example of a 12 x 12 piece with at most 8 channels and filters: they
# take the same time for each product wherever it stands.
naive_speed <- function(x) {
  A <- random_array(1, 12, 12, min(x$C, 8))
  W <- random_array(x$f, x$f, dim(A)[4], min(x$K, 8))
  hp <- list(stride = x$stride, pad = x$pad)
  Z <- naive_conv_forward(A, W, rep(0, dim(W)[4]), hp)
  work <- 2e-9 * length(Z) * prod(dim(W)[1:3])
  c(forward = work / best_time(function() naive_conv_forward(A, W, rep(0, dim(W)[4]), hp), 3),
    backward = 2 * work / best_time(function() naive_conv_backward(Z, A, W, hp), 3))
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
  work <- 2e-9 * length(dZ) * prod(dim(W)[1:3]) * c(forward = 1, backward = 2)
  calls <- list(forward = function() conv_forward(A, W, b, hp),
                backward = function() conv_backward(dZ, out$cache))
  add <- function(direction, engine, set, threads, speed) {
    rows[[length(rows) + 1]] <<- data.frame(layer, direction, engine, set, threads, speed)
  }
  for (i in seq_len(nrow(settings))) {
    s <- settings[i, ]
    if (s$engine == "winograd" && (x$f != 3 || x$stride != 1)) next
    convstep_engine(s$engine)
    convstep_simd(s$set)
    convstep_threads(s$threads)
    for (direction in directions) {
      seconds <- best_time(calls[[direction]])
      add(direction, s$engine, s$set, s$threads, work[[direction]] / seconds)
    }
  }
  convstep_engine("auto")
  convstep_simd(convstep_simd_sets()[1])
  convstep_threads("default")
  if (!is.null(torch)) {
    times <- run_torch(torch, "conv_torch.py", c(threads, unlist(x)))
    for (name in names(times)) {
      key <- strsplit(name, "_")[[1]]
      add(key[2], paste("PyTorch", key[1]), "", as.integer(key[3]),
          work[[key[2]]] / times[[name]])
    }
  }
  naive <- naive_speed(x)
  for (direction in directions) add(direction, "R loops", "", 1, naive[[direction]])
  message(layer, " done")
}
speeds <- do.call(rbind, rows)
saveRDS(speeds, file.path(tempdir(), "conv.rds"))

speed_of <- function(layer, direction, engine, set = convstep_simd(), n = threads) {
  if (grepl("PyTorch|loops", engine)) set <- ""
  if (engine == "R loops") n <- 1
  found <- speeds$speed[speeds$layer == layer & speeds$direction == direction &
                          speeds$engine == engine & speeds$set == set & speeds$threads == n]
  if (length(found) == 0) NA else found
}
column <- function(engine, ...) {
  mapply(function(layer, direction) speed_of(layer, direction, engine, ...), grid$layer,
         grid$direction)
}
grid <- expand.grid(layer = rownames(layers), direction = directions, stringsAsFactors = FALSE)
number <- function(x, digits = 0) ifelse(is.na(x), "", formatC(x, digits, format = "f"))

auto <- column("auto")
main <- data.frame(
  layer = grid$layer, direction = grid$direction, auto = number(auto),
  direct = number(column("direct")), winograd = number(column("winograd")),
  blas = number(column("blas"), 1), "PyTorch f64" = number(column("PyTorch f64"), 1),
  "PyTorch f32" = number(column("PyTorch f32")), "R loops" = number(column("R loops"), 4),
  "auto / f64" = number(auto / column("PyTorch f64"), 1),
  "auto / f32" = number(auto / column("PyTorch f32"), 2),
  "auto / blas" = number(auto / column("blas"), 1),
  "auto / loops" = number(auto / column("R loops")), check.names = FALSE
)

peaks <- vapply(convstep_simd_sets(), function(set) peak_of(machine, set, threads), 0)
shares <- data.frame(grid)
for (set in convstep_simd_sets()) {
  shares[[paste(set, "GF/s")]] <- number(column("direct", set = set))
  shares[[paste(set, "% of peak")]] <- number(100 * column("direct", set = set) / peaks[[set]])
}
shares[[paste(threads, "threads / 1")]] <- number(column("direct") / column("direct", n = 1), 2)
shares[["winograd avx2"]] <- number(
  if ("avx2" %in% names(peaks)) column("winograd", set = "avx2") else NA
)
shares[[paste("winograd", threads, "threads / 1")]] <-
  number(column("winograd") / column("winograd", n = 1), 2)

ratio64 <- auto / column("PyTorch f64")
ratio32 <- auto / column("PyTorch f32")
winograd <- grid$layer %in% c("vgg64", "vgg128")
summary_lines <- if (!is.null(torch)) {
  c(sprintf("- against PyTorch float64: geometric mean %.1fx, lowest %.1fx",
            geometric_mean(ratio64), min(ratio64)),
    sprintf("- against PyTorch float32: geometric mean %.2fx, lowest %.2fx (%s %s)",
            geometric_mean(ratio32), min(ratio32), grid$layer[which.min(ratio32)],
            grid$direction[which.min(ratio32)]),
    sprintf("- winograd on vgg64 and vgg128 against PyTorch float32: lowest %.2fx",
            min((column("winograd") / column("PyTorch f32"))[winograd])))
}

write_results(
  "conv", "Convolution", machine, torch,
  paste("Whole calls of `conv_forward()` and `conv_backward()` from R, warm, the best of several",
        "rounds, in GF/s of the definition's multiply-adds (so Winograd may pass the peak). We",
        "compute in double. The backward pass counts the gradients of input and filters."),
  "", markdown_table(main), "", summary_lines, "",
  "## The engine \"direct\" by instruction set, and threads", "", markdown_table(shares)
)
