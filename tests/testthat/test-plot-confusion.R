test_that("the confusion matrix: long names and many classes can be read", {
  table_of <- function(names) {
    counts <- diag(5, length(names))
    dimnames(counts) <- list(true = names, predicted = names)
    as.table(counts)
  }
  long <- c("Ankle boot", "T-shirt/top", "Trouser", "Pullover and more", "Bag")
  drawn <- texts_of(plot_confusion(table_of(long)), 480, 480)
  expect_gt(min(drawn$height), 5)
  many <- texts_of(plot_confusion(table_of(c(0:9, LETTERS, letters[1:11]))), 500, 500)
  expect_gt(min(many$height), 4.9)
  expect_gte(sum(many$label %in% LETTERS), 26) # half of them in rows, half in columns, at least
  # All are there, in rows and in columns, while there is room for them.
  expect_identical(sum(drawn$label %in% long), 10L)
  # Two hundred in a small figure: fewer names, no counts, all of a readable size.
  crowd <- texts_of(plot_confusion(table_of(paste0("class", 1:200))), 300, 300)
  expect_gt(min(crowd$height), 4.9)
  expect_false("5" %in% crowd$label)
  expect_gt(sum(grepl("class", crowd$label)), 10)
})

test_that("the confusion matrix: truth in rows from the top, predictions in columns", {
  counts <- as.table(matrix(c(10, 0, 0, 0, 0, 0, 10, 0, 10), 3,
                            dimnames = list(true = c("a", "b", "c"), predicted = c("a", "b", "c"))))
  pixels <- pixels_of(got <- plot_confusion(counts), 400, 400)
  expect_identical(got, counts)
  hit <- count_colours()[256]
  miss <- centre_of(pixels, miss_colours()[256])
  hits <- which(pixels == hit, arr.ind = TRUE)
  # Half of "a" was taken for "c": the upper right cell, two above that of "c", which is all hits.
  expect_lt(abs(miss[2] - mean(hits[, 2])), 5)
  expect_lt(miss[1], min(hits[, 1]) - 60)
  one <- as.table(matrix(3L, 1, 1, dimnames = list("a", "a")))
  expect_identical(undrawn(plot_confusion(one)), one)
})
