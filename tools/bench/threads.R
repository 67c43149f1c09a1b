# Threads beside programs that keep a core busy each: parallel regions of our own threads, OpenMP's
# and one; and whole calls from R with two threads and one, each pair in one run.
#   Rscript tools/bench/threads.R [NEIGHBOURS [LIBRARY]]    two minutes
# writes tools/bench/results/threads-<NEIGHBOURS>-busy.md, with none by default.
# LIBRARY may hold another version of the package, to be measured in turn with the installed one.
source("tools/bench/common.R")

arguments <- commandArgs(trailingOnly = TRUE)
neighbours <- if (length(arguments) > 0) as.integer(arguments[1]) else 0L
other <- arguments[-1]
libraries <- c(ours = dirname(find.package("convstep")), other = if (length(other) > 0) other[1])
rounds <- 2

program <- tempfile("threads")
compiler <- system2(file.path(R.home("bin"), "R"), c("CMD", "config", "CXX17"), stdout = TRUE)
sources <- c("tools/bench/threads.cpp", "src/base/threads.cpp", "src/base/thread_pool.cpp",
             "src/base/cores.cpp")
stopifnot(system(paste(compiler, "-O2 -std=c++17 -pthread -fopenmp -Isrc",
                       paste(sources, collapse = " "), "-o", program)) == 0)

# Evaluates `code` beside `n` programs that keep a core busy each.
beside <- function(n, code) {
  sign <- tempfile("burning")
  file.create(sign)
  on.exit(unlink(sign))
  for (i in seq_len(n)) system2(program, c("burn", sign), wait = FALSE)
  Sys.sleep(0.2)
  force(code)
}

regions <- function() {
  read.csv(text = system2(program, c("regions", threads), stdout = TRUE), header = FALSE, sep = ";",
           col.names = c("region", "kind", "median", "p90"))
}

# Median and 90th percentile in ms of every call, by setting.
calls <- function() {
  settings <- data.frame(kind = c("one", "ours", if (length(other) > 0) "other"),
                         threads = c(1, threads, if (length(other) > 0) threads))
  samples <- list()
  for (round in seq_len(rounds)) {
    for (i in seq_len(nrow(settings))) {
      kind <- settings$kind[i]
      file <- tempfile("samples")
      status <- system2(file.path(R.home("bin"), "Rscript"),
                        c("tools/bench/threads_calls.R", settings$threads[i],
                          shQuote(libraries[[if (kind == "other") "other" else "ours"]]), file))
      stopifnot(status == 0)
      result <- readRDS(file)
      for (name in names(result)) {
        samples[[name]][[kind]] <- c(samples[[name]][[kind]], 1e3 * result[[name]])
      }
    }
  }
  rows <- lapply(names(samples), function(name) {
    x <- samples[[name]]
    data.frame(region = name, kind = names(x), median = vapply(x, stats::median, 0),
               p90 = vapply(x, stats::quantile, 0, probs = 0.9))
  })
  do.call(rbind, rows)
}

# A line a region: "median (90th percentile)" of each kind, and the ratios to one thread and, where
# there is one, to the other kind of threads.
table_of <- function(times, rival) {
  cell <- function(x) ifelse(is.na(x$median), "", sprintf("%.3g (%.3g)", x$median, x$p90))
  pick <- function(kind) {
    x <- times[times$kind == kind, ]
    x[match(unique(times$region), x$region), ]
  }
  ours <- pick("ours")
  one <- pick("one")
  ratio <- function(x, y) sprintf("%.2f (%.2f)", x$median / y$median, x$p90 / y$p90)
  table <- data.frame(ms = unique(times$region), "one thread" = cell(one),
                      "our threads" = cell(ours), "ours / one" = ratio(ours, one),
                      check.names = FALSE)
  if (rival %in% times$kind) {
    them <- pick(rival)
    table[["libgomp"]] <- cell(them)
    table[["ours / libgomp"]] <- ratio(ours, them)
  }
  markdown_table(table)
}

# The worst ratio to one thread over all regions that take over 0.1 ms on one.
worst <- function(times) {
  one <- times[times$kind == "one", ]
  ours <- times[times$kind == "ours", ]
  ours <- ours[match(one$region, ours$region), ]
  large <- one$median > 0.1
  one <- one[large, ]
  ours <- ours[large, ]
  sprintf("- at most %.2f times one thread's time at the median (%s), %.2f at the 90th percentile (%s)",
          max(ours$median / one$median), one$region[which.max(ours$median / one$median)],
          max(ours$p90 / one$p90), one$region[which.max(ours$p90 / one$p90)])
}

of_regions <- beside(neighbours, regions())
of_calls <- beside(neighbours, calls())
write_results(
  sprintf("threads-%d-busy", neighbours), sprintf("Threads with %d cores busy", neighbours),
  NULL, NULL,
  paste("Milliseconds, median and in brackets the 90th percentile, and ratios of both. What keeps a",
        "core busy is a program that computes without end, free to run on any core."),
  if (length(other) > 0) {
    paste("Whole calls of \"libgomp\" are those of this package built with its former",
          "src/base/threads.cpp, on OpenMP, in turn with this one.")
  },
  "", "Regions:", "", table_of(of_regions, "openmp"), "", worst(of_regions), "",
  "Whole calls:", "", table_of(of_calls, "other"), "", worst(of_calls)
)
