# Reading photos, and training on more than memory holds.
#   Rscript tools/bench/images.R        writes tools/bench/results/images.md (Linux)
# The photos are drawn here; the large cache holds 1,000 of them over and over.
source("tools/bench/common.R")
torch <- find_torch()
folder <- tempfile("photos")

draw_photos <- function(n) {
  set.seed(1)
  for (class in c("circle", "square", "triangle")) {
    dir.create(file.path(folder, class), recursive = TRUE)
    for (i in seq_len(n)) {
      # Smooth shades and grain, as photos have: the decoders' work depends on it.
      rows <- 375
      columns <- 500
      x <- array(0, c(rows, columns, 3))
      for (k in 1:3) {
        x[, , k] <- 0.5 + 0.3 * outer(sin(seq_len(rows) / runif(1, 20, 90)),
                                      cos(seq_len(columns) / runif(1, 20, 90))) +
          rnorm(rows * columns, sd = 0.03)
      }
      x <- pmin(pmax(x, 0), 1)
      file <- file.path(folder, class, i)
      if (i %% 2 == 0) jpeg::writeJPEG(x, paste0(file, ".jpg"), quality = 0.9) else
        png::writePNG(x, paste0(file, ".png"))
    }
  }
}
draw_photos(200)
files <- list.files(folder, recursive = TRUE, full.names = TRUE)
rate <- function(code, times = 3) {
  best <- Inf
  for (i in seq_len(times)) best <- min(best, system.time(eval(code))[["elapsed"]])
  sprintf("%.0f", length(files) / best)
}
old <- convstep_threads(1)
rows <- data.frame(what = "read_images(), one core",
                   "images a second" = rate(quote(read_images(folder, 64))), check.names = FALSE)
add <- function(what, rate) rows[nrow(rows) + 1, ] <<- list(what, rate)
convstep_threads(2)
add("read_images(), two threads of resizing", rate(quote(read_images(folder, 64))))
workers <- parallel::makeCluster(2)
invisible(parallel::clusterEvalQ(workers, convstep::convstep_threads(1)))
add("read_images(cluster = 2 workers, started)",
    rate(quote(read_images(folder, 64, cluster = workers))))
parallel::stopCluster(workers)
add("magick: read, resize, crop", rate(quote(for (file in files) {
  image <- magick::image_resize(magick::image_read(file), "64x64^")
  magick::image_data(magick::image_crop(image, "64x64+0+0", gravity = "center"), "rgb")
}), 1))
if (!is.null(torch)) {
  for (n in c(0, 2)) {
    figure <- tryCatch(run_torch(torch, "images_torch.py", c(folder, n))[["images"]],
                       error = function(e) NA)
    add(paste("torchvision ImageFolder,", n, "workers"), sprintf("%.0f", figure))
  }
}

# The cache, filled by a process of its own, and an epoch over it.
fresh <- function(code) {
  script <- tempfile(fileext = ".R")
  writeLines(c(
    "suppressPackageStartupMessages(library(convstep))",
    "status <- function(what) {",
    "  line <- grep(what, readLines('/proc/self/status'), value = TRUE)",
    "  as.numeric(gsub('[^0-9]', '', line)) / 1024",
    "}",
    sprintf("files <- sort(list.files('%s', recursive = TRUE, full.names = TRUE))", small),
    "n <- 100000",
    "make <- function() {",
    "  image_source(rep(files, length.out = n), 64, labels = 'none', cache = cache,",
    "               y = factor(rep_len(1:10, n)))",
    "}",
    sprintf("cache <- '%s'", cache),
    sprintf("invisible(convstep_threads(%d))", threads),
    "net <- list(layer_conv(8, f = 5, stride = 2), layer_pool(2), layer_affine(16))",
    code
  ), script)
  values <- utils::read.table(text = system2(file.path(R.home("bin"), "Rscript"), script,
                                             stdout = TRUE))
  stats::setNames(values[[2]], values[[1]])
}
small <- tempfile("small")
dir.create(small)
set.seed(2)
for (i in 1:1000) {
  png::writePNG(array(runif(64 * 64 * 3), c(64, 64, 3)), file.path(small, sprintf("%04d.png", i)))
}
cache <- tempfile("cache")
filled <- fresh("cat('fill', system.time(make())[[3]], '\\n')")
training <- c(
  "fit <- cnn(x, y, net, epochs = 3, verbose = FALSE)",
  "cat('epoch', min(fit$history$seconds[-1]), '\\n', 'peak', status('VmHWM'), '\\n', sep = ' ')"
)
on_source <- fresh(c(
  "x <- make(); y <- x$y", training,
  "taker <- convstep:::open_source(x)",
  "order <- sample.int(n)",
  "batches <- split(order, (seq_along(order) - 1) %/% 64)",
  "take <- function() for (rows in batches) taker$take(rows)",
  "take()",
  "cat('wait', system.time(take())[[3]], '\\n')"
))
on_array <- fresh(c(
  "x <- make(); y <- x$y; x <- take_images(x, 1:n)", "invisible(gc())", training
))
epochs <- data.frame(
  what = c("source", "array"),
  "seconds an epoch" = sprintf("%.1f", c(on_source[["epoch"]], on_array[["epoch"]])),
  "highest resident size, MB" = sprintf("%.0f", c(on_source[["peak"]], on_array[["peak"]])),
  check.names = FALSE
)
write_results(
  "images", "Reading photos", NULL, torch,
  paste("600 photos of 500 x 375, half JPEG, half PNG, to 64 x 64 x 3; the best of three passes",
        "(magick: one)."),
  "", markdown_table(rows), "",
  paste0("100,000 images of 64 x 64 x 3 (1,229 MB as bytes), decoded and cached in ",
         sprintf("%.0f s", filled[["fill"]]), "; then the better of two warm epochs of a 5 x 5 ",
         "convolution of 8 filters, stride 2, pooling and 16 hidden units, batch 64."),
  "", markdown_table(epochs), "",
  sprintf(paste("The epoch over the source takes %.2f times as long as over the array; reading its",
                "batches alone takes %.1f s, %.1f %% of it."),
          on_source[["epoch"]] / on_array[["epoch"]], on_source[["wait"]],
          100 * on_source[["wait"]] / on_source[["epoch"]])
)
unlink(c(folder, small, cache), recursive = TRUE)
