# The exercises themselves: their right solutions, their cases, their bank of mistakes.

exercises <- all_exercises()
banks <- without_compiling(lapply(exercises, bank_of))

test_that("the right solutions agree with the package's own functions", {
  for (exercise in exercises) {
    ours <- outcomes_of(getExportedValue("convstep", exercise$name), exercise)
    expect_identical(unique(vapply(ours, function(o) o$status, "")), "value")
    expect_true(all_same(outcomes_of(exercise$solution, exercise), ours, paths_in(exercise)),
                label = exercise$name)
  }
})

test_that("every mistake shows, and not as an error in all cases", {
  for (exercise in exercises) {
    right <- outcomes_of(exercise$solution, exercise)
    for (wrong in banks[[exercise$name]]) {
      label <- paste(exercise$name, wrong$mistake)
      expect_false(all_same(wrong$outcomes, right, paths_in(exercise)), label = label)
      expect_true("value" %in% vapply(wrong$outcomes, function(o) o$status, ""), label = label)
    }
  }
})

test_that("no mistake looks like another", {
  for (exercise in exercises) {
    bank <- banks[[exercise$name]]
    paths <- paths_in(exercise)
    for (i in seq_along(bank)) {
      for (j in seq_len(i - 1)) {
        if (bank[[i]]$mistake == bank[[j]]$mistake) next
        if (all_same(bank[[i]]$outcomes, bank[[j]]$outcomes, paths)) {
          fail(paste(exercise$name, bank[[i]]$mistake, "looks like", bank[[j]]$mistake))
        }
      }
    }
    succeed()
  }
})

test_that("every mistake is recognised as itself", {
  without_compiling(for (exercise in exercises) {
    for (wrong in banks[[exercise$name]]) {
      found <- inner("recognise")(exercise, wrong$outcomes, paths_in(exercise))
      expect_identical(found, wrong$mistake, label = paste(exercise$name, wrong$mistake))
    }
  })
})

test_that("names, cases and texts are complete", {
  for (exercise in exercises) {
    expect_false(anyDuplicated(names(exercise$mistakes)) > 0)
    expect_false(anyDuplicated(names(exercise$cases)) > 0)
    expect_gte(length(exercise$cases), 3)
    expect_true(exercise$name %in% getNamespaceExports("convstep"))
    # The arguments of the notebook, in its order; the package may have more.
    theirs <- names(formals(exercise$solution))
    expect_identical(theirs, names(formals(getExportedValue("convstep", exercise$name)))[
      seq_along(theirs)
    ])
    texts <- c(exercise$task, unlist(lapply(exercise$mistakes, function(m) c(m$message, m$hint))))
    expect_true(all(grepl("[.?)]$", texts)))
  }
})

test_that("numbers for cases are the same everywhere, and hide nothing", {
  expect_equal(inner("numbers")(6), c(-1, 4, -4, 3, -3, -5))
  many <- inner("numbers")(5000)
  expect_setequal(many, c(-9:-1, 1:9))
  expect_lt(abs(mean(many)), 0.3)
  expect_lt(abs(cor(many[-1], many[-5000])), 0.05)
})
