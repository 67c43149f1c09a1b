test_that("every export has a good call to set out from, and it is good", {
  calls <- good_calls()
  names <- unique(vapply(calls, function(call) call$name, ""))
  expect_setequal(c(grep(".", names, fixed = TRUE, value = TRUE, invert = TRUE), called_elsewhere),
                  getNamespaceExports("convstep"))
  former <- list(convstep_engine(), convstep_simd(), convstep_threads("default"))
  for (call in calls) {
    f <- getFromNamespace(call$name, "convstep")
    known <- c("", names(formals(f)))
    expect_true("..." %in% known || all(names(call$arguments) %in% known), label = call$name)
    expect_error(undrawn(capture.output(do.call(f, call$arguments))), NA, label = call$name)
  }
  convstep_engine(former[[1]])
  convstep_simd(former[[2]])
  convstep_threads(former[[3]])
})

test_that("a function or an empty list where a value belongs is an error that says so", {
  # Where these are good values.
  good <- c("check_gradient(f = sum)", "adam(lr = sum)", "adamw(lr = sum)", "rmsprop(lr = sum)",
            "sgd(lr = sum)", "cnn(augment = sum)", "cnn(loss = sum)", "loss_own(f = sum)",
            "cnn(layers = list())", "cnn(callbacks = list())",
            "layer_residual(layers = list())", "layer_residual(shortcut = list())",
            "layer_parallel(b = list())")
  for (call in good_calls()) {
    f <- getFromNamespace(call$name, "convstep")
    for (argument in setdiff(names(call$arguments), "")) {
      for (shown in c("sum", "list()")) {
        label <- paste0(call$name, "(", argument, " = ", shown, ")")
        if (label %in% good) next
        arguments <- call$arguments
        arguments[argument] <- list(eval(str2lang(shown)))
        expect_error(
          undrawn(do.call(f, arguments)),
          paste0("^Assertion on '", argument, "' failed: Must .*, (but (is|has|are|must)|not) "),
          label = label
        )
      }
    }
  }
})

test_that("wrong arguments end in an error that names one, or in a value, and the process lives", {
  skip_on_cran()
  for (seed in 1:3) {
    lines <- run_child("fuzz.R", seed, 2500, ".", environment = "R_MAX_VSIZE=1Gb")
    expect_match(lines[length(lines)], "^[0-9]+ errors, [0-9]+ values$")
    expect_identical(grep("^(unclear|changed|wrong value)", lines, value = TRUE), character())
  }
})
