# What the benchmarks share: timing, the machine, PyTorch, result tables. Sourced by the scripts,
# which are run from the project's root.
suppressPackageStartupMessages(library(convstep))

threads <- as.integer(Sys.getenv("BENCH_THREADS", "2"))

now <- function() as.numeric(Sys.time())

# Seconds of one call of f(): the best of several rounds, each as many calls as fill 20 ms.
best_time <- function(f, rounds = 15, at_most = 2) {
  start <- now()
  f()
  once <- now() - start
  calls <- max(1, ceiling(0.02 / max(once, 1e-6)))
  best <- once
  begun <- now()
  for (round in seq_len(rounds)) {
    start <- now()
    for (i in seq_len(calls)) f()
    best <- min(best, (now() - start) / calls)
    if (round >= 3 && now() - begun > at_most) break
  }
  best
}

# The peak of multiply-adds (GF/s) and the copy bandwidth (GB/s), measured now.
measure_machine <- function() {
  program <- tempfile("machine")
  compiler <- system2(file.path(R.home("bin"), "R"), c("CMD", "config", "CXX17"), stdout = TRUE)
  status <- system(paste(compiler, "-O2 -std=c++17 -pthread tools/bench/machine.cpp -o", program))
  stopifnot(status == 0)
  rows <- read.table(text = system2(program, threads, stdout = TRUE),
                     col.names = c("what", "name", "threads", "value"))
  rows
}

peak_of <- function(machine, set, n) {
  machine$value[machine$what == "peak" & machine$name == set & machine$threads == n]
}

processor <- function() {
  info <- tryCatch(readLines("/proc/cpuinfo"), error = function(e) "")
  model <- sub(".*: *", "", grep("^(model name|Model)", info, value = TRUE))
  family <- sub(".*: *", "", grep("^cpu family", info, value = TRUE))
  paste0(if (length(model) > 0) model[1] else Sys.info()[["machine"]],
         if (length(family) > 0) paste0(" (family ", family[1], ")"))
}

# The Python that has PyTorch, or NULL.
find_torch <- function() {
  for (python in c(Sys.getenv("BENCH_PYTHON", "/usr/bin/python3"), "python3")) {
    version <- suppressWarnings(system2(
      python, c("-c", shQuote("import torch; print(torch.__version__)")), stdout = TRUE,
      stderr = FALSE
    ))
    if (is.null(attr(version, "status")) && length(version) == 1) {
      return(list(python = python, version = version))
    }
  }
  NULL
}

# Runs a script of this folder; its lines "key value" become a named vector.
run_torch <- function(torch, script, args) {
  lines <- system2(torch$python, c(file.path("tools/bench", script), args), stdout = TRUE)
  values <- read.table(text = lines)
  stats::setNames(values[[2]], values[[1]])
}

geometric_mean <- function(x) exp(mean(log(x)))

markdown_table <- function(x) {
  cells <- rbind(names(x), vapply(x, function(column) rep("---", 1), ""), as.matrix(x))
  paste0("| ", apply(cells, 1, paste, collapse = " | "), " |")
}

# Writes tools/bench/results/<name>.md and prints it.
write_results <- function(name, title, machine, torch, ...) {
  lines <- c(
    paste("#", title), "",
    paste0("Measured ", format(Sys.Date()), " on ", processor(), ", ", threads, " threads, ",
           R.version.string, ", convstep ", utils::packageVersion("convstep"),
           if (!is.null(torch)) paste0(", PyTorch ", torch$version), "."),
    if (!is.null(machine)) {
      c("", paste0("The machine, in the same run: ",
                   paste(sprintf("%s %s on %d: %.0f %s", machine$what, machine$name,
                                 machine$threads, machine$value,
                                 ifelse(machine$what == "peak", "GF/s", "GB/s")), collapse = "; "),
                   "."))
    },
    "", unlist(list(...)), ""
  )
  file <- file.path("tools/bench/results", paste0(name, ".md"))
  dir.create(dirname(file), showWarnings = FALSE)
  writeLines(lines, file)
  writeLines(lines)
}

# The convolutions that are measured.
conv_layers <- read.table(header = TRUE, row.names = 1, text = "
  layer    m   H   C   K f stride pad
  lenet1  64  28   1   8 5      1   2
  lenet2  64  14  32  64 5      1   2
  cifar1  64  32   3  64 3      1   1
  vgg64   32  32  64  64 3      1   1
  vgg128  32  16 128 128 3      1   1
  res_s2  16  56  64 128 3      2   1
  pw1x1   32  28 256  64 1      1   0
  stem7    1 224   3  64 7      2   3
")
