x <- matrix(c(3, 0, 1, 2,  1, 5, 8, 9,  2, 7, 2, 5.25), 4)

page <- function(...) readLines(explore_convolution(..., browse = FALSE), encoding = "UTF-8")

# What the page is told to begin with.
start_of <- function(lines) {
  line <- grep("<script id=\"start\"", lines, fixed = TRUE, value = TRUE)
  expect_length(line, 1)
  gsub("<[^>]*>", "", line)
}

test_that("without arguments it is the package's own page", {
  path <- explore_convolution(browse = FALSE)
  expect_identical(path, system.file("explore", "convolution.html", package = "convstep"))
  expect_identical(start_of(page()), "{}")
  expect_invisible(explore_convolution(browse = FALSE))
})

test_that("the page needs nothing but itself", {
  text <- paste(page(), collapse = "\n")
  # Nothing is loaded: no address but the name of SVG, no file beside it.
  addresses <- unlist(regmatches(text, gregexpr("[a-z]+://[^\"' ]*", text)))
  expect_identical(unique(addresses), "http://www.w3.org/2000/svg")
  expect_no_match(text, "(src|href)=|@import|url\\(")
  # The parts have been put into their places.
  expect_no_match(text, "{{", fixed = TRUE)
  # Without a script there is a figure with a description.
  expect_match(text, "<svg viewBox=\"0 0 1080 400\" role=\"img\" aria-label=\"A handwritten digit")
})

test_that("an image, a filter and a geometry of one's own go into a copy", {
  path <- explore_convolution(x, W = rbind(c(1, -1 / 3)), b = 0.5,
                              hparameters = list(stride = 2, pad = 1, dilation = 2), browse = FALSE)
  expect_identical(normalizePath(dirname(path)), normalizePath(tempdir()))
  expect_identical(
    start_of(readLines(path)),
    paste0("{\"x\":[[3,1,2],[0,5,7],[1,8,2],[2,9,5.25]],\"W\":[[1,-0.33333333333333331]],",
           "\"stride\":2,\"pad\":1,\"dilation\":2,\"b\":0.5}")
  )
  # All else is as in the original.
  expect_identical(sum(readLines(path) != page()), 1L)
  expect_identical(start_of(page(matrix(1:2, 1), W = matrix(1))),
                   "{\"x\":[[1,2]],\"W\":[[1]],\"stride\":1,\"pad\":0,\"dilation\":1,\"b\":0}")
  digit <- mnist_sample()$test$x[2, , , , drop = FALSE]
  expect_identical(start_of(page(digit)), start_of(page(digit[1, , , 1])))
})

test_that("the page is opened in the browser that R is set to", {
  opened <- character()
  old <- options(browser = function(url) opened <<- c(opened, url))
  on.exit(options(old))
  path <- explore_convolution(browse = TRUE)
  expect_identical(opened, path)
  explore_convolution(browse = FALSE)
  expect_length(opened, 1)
})

test_that("arguments that do not fit are errors", {
  expect_snapshot(error = TRUE, {
    explore_convolution("three")
    explore_convolution(matrix(0, 65, 3))
    explore_convolution(matrix(c(1, NA, 2), 1))
    explore_convolution(x, W = matrix(1, 1, 8))
    explore_convolution(x, W = matrix(1, 5, 2))
    explore_convolution(x, b = Inf)
    explore_convolution(x, hparameters = list(stride = 1, pad = "same"))
    explore_convolution(x, hparameters = list(stride = c(1, 2), pad = 0))
    explore_convolution(x, hparameters = list(stride = 9, pad = 0))
    explore_convolution(x, hparameters = list(stride = 1))
    explore_convolution(browse = NA)
  })
})
