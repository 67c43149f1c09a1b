test_that("the package can be cited, by a name that is a name", {
  entry <- citation("convstep")
  expect_identical(format(entry$author), "The convstep authors")
  expect_match(entry$note, as.character(packageVersion("convstep")), fixed = TRUE)
  expect_match(entry$year, "^20[0-9]{2}$")
  expect_match(paste(toBibtex(entry), collapse = " "), "The convstep authors", fixed = TRUE)
})
