# The vignettes: what they speak of, and that their checks run. Their sources lie in the tree, and
# in an installed package where R CMD build put them.
vignette_source <- function(name) {
  places <- c(test_path("..", "..", "vignettes", name),
              system.file("doc", name, package = "convstep"))
  found <- places[file.exists(places)]
  skip_if(length(found) == 0, "the vignettes are not here")
  skip_if_not_installed("knitr")
  found[1]
}

vignette_code <- function(name) {
  path <- vignette_source(name)
  code <- tempfile(fileext = ".R")
  on.exit(unlink(code))
  knitr::purl(path, code, quiet = TRUE)
  readLines(code)
}

functions_called <- function(code) {
  called <- function(x) {
    if (is.call(x)) {
      head <- if (is.name(x[[1]])) as.character(x[[1]])
      c(head, unlist(lapply(as.list(x), called)))
    } else if (is.name(x)) {
      # Handed to another function, as in layer(A, relu, relu_backward).
      as.character(x)
    }
  }
  unique(unlist(lapply(parse(text = code, keep.source = FALSE), called)))
}

notebook <- c(
  "pad3d", "conv_single_step", "conv_forward", "sigmoid", "sigmoid_backward", "relu",
  "relu_backward", "pool_forward", "arr2col", "col2arr", "affine_forward", "affine_backward",
  "affine_activation_forward", "affine_activation_backward", "logsumexp", "softmax",
  "cross_entropy_cost", "conv_backward", "create_mask_from_window", "distribute_value",
  "pool_backward"
)

test_that("every function of the notebook is called in the vignette, and what goes beyond it", {
  beyond <- c("cross_entropy_backward", "check_gradient", "cnn", "lenet", "mnist_sample",
              "plot_convolution", "plot_convolution_gradient", "plot_padding", "plot_pooling",
              "plot_pooling_gradient", "plot_images", "plot_channels", "plot_filters",
              "plot_activations", "plot_confusion", "evaluate", "convstep_engine")
  called <- functions_called(vignette_code("convstep.Rmd"))
  expect_identical(setdiff(c(notebook, beyond), called), character())
  expect_identical(setdiff(c(notebook, beyond), getNamespaceExports("convstep")), character())
})

test_that("functions that the vignettes name exist", {
  for (name in c("convstep.Rmd", "kernels.Rmd")) {
    text <- readLines(vignette_source(name))
    named <- unlist(regmatches(text, gregexpr("`[a-z0-9_.]+\\(", text)))
    named <- unique(gsub("[`(]", "", named))
    named <- setdiff(named, c("saveRDS", "parallel::mclapply"))
    missing <- named[!vapply(named, function(f) {
      exists(f, asNamespace("convstep"), mode = "function") && !grepl(":", f)
    }, NA)]
    expect_identical(missing, character())
  }
})

test_that("each exercise that the vignette leads to is one, and it asks as it goes", {
  text <- readLines(vignette_source("convstep.Rmd"))
  named <- gregexpr("(?<=check_yours\\()[a-z0-9_]+(?= = )", text, perl = TRUE)
  named <- unlist(regmatches(text, named))
  expect_gt(length(unique(named)), 12)
  expect_identical(setdiff(named, check_yours()$exercise), character())
  # A question has its answer behind it, and a blank line, so that the answer is read as markdown.
  summaries <- grep("^<summary>.*\\?</summary>$", text)
  expect_gt(length(summaries), 15)
  expect_length(grep("^<details", text), length(summaries))
  expect_identical(unique(text[summaries + 1]), "")
  expect_true(all(nchar(text[summaries + 2]) > 20))
})

test_that("the sources that the page on kernels names are there", {
  tree <- test_path("..", "..")
  skip_if(!dir.exists(file.path(tree, "src")), "the sources are not here")
  text <- readLines(vignette_source("kernels.Rmd"))
  paths <- regmatches(text, gregexpr("(?<=`)(src|tools|tests)/[^` ]*", text, perl = TRUE))
  paths <- sub("<set>", "*", unique(unlist(paths)), fixed = TRUE)
  expect_gt(length(paths), 15)
  found <- lengths(lapply(file.path(tree, paths), Sys.glob))
  expect_identical(paths[found == 0], character())
})

test_that("every figure has a description", {
  for (name in c("convstep.Rmd", "kernels.Rmd")) {
    headers <- grep("^```\\{r.*fig\\.height", readLines(vignette_source(name)), value = TRUE)
    expect_gt(length(headers), 5)
    expect_identical(grep("fig\\.alt = \".{20,}\"", headers, invert = TRUE, value = TRUE),
                     character())
  }
})

# Runs the code up to the chunk named, in a session's order, and returns what was printed.
run_vignette <- function(code, until) {
  end <- grep(paste0("^## -+", until), code)[1]
  expect_false(is.na(end))
  file <- tempfile(fileext = ".R")
  on.exit(unlink(file))
  writeLines(code[seq_len(end - 1)], file)
  former <- convstep_engine()
  seed <- get0(".Random.seed", globalenv())
  printed <- undrawn(utils::capture.output(
    source(file, local = new.env(parent = globalenv()), echo = FALSE, print.eval = TRUE)
  ))
  convstep_engine(former)
  if (!is.null(seed)) assign(".Random.seed", seed, globalenv())
  list(printed = printed, code = code[seq_len(end - 1)])
}

test_that("the checks of the vignette run and hold, up to those that take long", {
  run <- run_vignette(vignette_code("convstep.Rmd"), "timing")
  checks <- sum(grepl("^ *agree\\(", run$code))
  expect_gt(checks, 25)
  expect_identical(sum(grepl("^Both agree", run$printed)), checks)
  # What passes, and what has to fail: the notebook's bias, its softmax, the kink.
  expect_identical(sum(grepl("^Gradient check passed", run$printed)), 5L)
  expect_identical(sum(grepl("^Gradient check FAILED", run$printed)), 3L)
})

test_that("the checks of the page on kernels run and hold", {
  run <- run_vignette(vignette_code("kernels.Rmd"), "measure")
  checks <- sum(grepl("^ *agree\\(", run$code))
  expect_gt(checks, 5)
  expect_identical(sum(grepl("^Both agree", run$printed)), checks)
})

test_that("a check that fails stops the vignette", {
  code <- vignette_code("convstep.Rmd")
  at <- grep("agree(naive_pad(A_prev, 2), pad3d(A_prev, 2))", code, fixed = TRUE)
  expect_length(at, 1)
  code[at] <- "agree(naive_pad(A_prev, 2), pad3d(A_prev, 2) + 1e-6)"
  expect_error(run_vignette(code, "timing"), "is not TRUE")
})
