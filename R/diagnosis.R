# From outcomes to words: which parts of a result are wrong, and which mistake they agree with.

# The parts of a value as the exercise defines it: "Z", "cache$A_prev"; "result" where the value is
# no list. Parts that `value` lacks are NULL.
parts_of <- function(value, paths) {
  lapply(stats::setNames(paths, paths), function(path) {
    if (path == "result") {
      return(value)
    }
    for (name in strsplit(path, "$", fixed = TRUE)[[1]]) {
      # By whole names, and not of other things that have names.
      value <- if (is.list(value) && name %in% names(value)) value[[name]]
    }
    value
  })
}

paths_of <- function(value) {
  if (!is.list(value)) {
    return("result")
  }
  unlist(lapply(names(value), function(name) {
    below <- paths_of(value[[name]])
    if (identical(below, "result")) name else paste0(name, "$", below)
  }))
}

# Whether two parts are the same numbers in the same shape.
same_part <- function(got, expected, strict = FALSE) is.null(difference(got, expected, strict))

# NULL, or what kind of difference there is: "missing", "type", "shape", "values". Where a plain
# vector is expected, its shape is free unless `strict`; that of a single number always is.
difference <- function(got, expected, strict = FALSE) {
  if (is.null(expected) || is.null(got)) {
    return(if (is.null(expected) != is.null(got)) "missing")
  }
  if (!is_numeric_like(expected)) {
    return(if (!identical(got, expected)) "values")
  }
  if (!is_numeric_like(got)) {
    return("type")
  }
  shaped <- !is.null(dim(expected)) || (strict && length(expected) != 1)
  if (length(got) != length(expected) ||
        (shaped && !identical(as.integer(dim(got)), as.integer(dim(expected))))) {
    return("shape")
  }
  if (!all(same_cells(got, expected))) "values"
}

# Cell by cell, by the scale of the array.
same_cells <- function(got, expected) {
  got <- as.double(got)
  expected <- as.double(expected)
  scale <- max(0, abs(expected[is.finite(expected)]))
  same <- abs(got - expected) <= 1e-8 * (if (scale > 0) scale else 1)
  same[is.infinite(expected)] <- (got == expected)[is.infinite(expected)]
  both <- is.na(got) & is.na(expected)
  both | (!is.na(same) & same)
}

# --- the bank of mistakes ------------------------------------------------------------------------

# Whether a wrong function comes out as the learner's does in the parts, in all cases: values alike,
# or an error on both sides.
agrees <- function(wrong, outcomes, cases, paths) {
  for (i in seq_along(cases)) {
    if (!same_outcome(plain_outcome(wrong, cases[[i]]$arguments), outcomes[[i]], paths)) {
      return(FALSE)
    }
  }
  TRUE
}

# For functions of this package: no harm is to be feared.
plain_outcome <- function(f, arguments) {
  tryCatch(
    list(status = "value", value = suppressWarnings(do.call(f, unname(arguments)))),
    error = function(e) list(status = "error")
  )
}

same_outcome <- function(a, b, paths) {
  if (a$status != "value" || b$status != "value") {
    return(a$status == "error" && b$status == "error")
  }
  all(mapply(same_part, parts_of(a$value, paths), parts_of(b$value, paths), strict = TRUE))
}

# The mistakes that the outcomes agree with: one, two, or none of the bank. `paths` are the parts to
# look at, those that come out wrong and those that do not.
recognise <- function(exercise, outcomes, paths) {
  for (mistake in exercise$mistakes) {
    for (wrong in wrong_functions(exercise$solution, mistake)) {
      if (agrees(wrong, outcomes, exercise$cases, paths)) {
        return(mistake$name)
      }
    }
  }
  names <- names(exercise$mistakes)
  for (i in seq_along(names)) {
    for (j in seq_len(i - 1)) {
      pair <- exercise$mistakes[c(j, i)]
      for (wrong in wrong_twice(exercise$solution, pair[[1]], pair[[2]])) {
        if (agrees(wrong, outcomes, exercise$cases, paths)) {
          return(names(pair))
        }
      }
    }
  }
  NULL
}

# First the whole result; then each wrong part for itself, as dW and db may be wrong for different
# reasons.
recognise_parts <- function(exercise, outcomes, paths, wrong) {
  if (!any(vapply(outcomes, function(o) o$status, "") == "value")) {
    return(NULL)
  }
  # What is called a few times is not worth compiling.
  former <- compiler::enableJIT(0)
  on.exit(compiler::enableJIT(former))
  whole <- recognise(exercise, outcomes, paths)
  if (!is.null(whole) || length(paths) == 1) {
    return(whole)
  }
  unique(unlist(lapply(wrong, function(path) recognise(exercise, outcomes, path))))
}

# --- without the bank ----------------------------------------------------------------------------

# list(diagnosis, hint, mistake) of one wrong part, from what can be seen in it alone; `all` holds
# it in all cases where it is wrong.
describe_difference <- function(path, got, expected, value, all) {
  label <- if (path == "result") "The result" else paste0("`", path, "`")
  kind <- difference(got, expected)
  if (kind == "missing") {
    return(describe_missing(path, value, expected))
  }
  if (kind == "type") {
    return(found("not_numeric", paste0(label, " has to be numeric, but is ", describe(got), "."),
                 "Look at what the last line of the function returns."))
  }
  pattern <- describe_pattern(label, got, expected, all)
  if (!is.null(pattern)) pattern else
    if (kind == "shape") describe_extents(label, got, expected) else
      describe_values(label, got, expected)
}

# What relates a part to the right one in all cases.
describe_pattern <- function(label, got, expected, all) {
  everywhere <- function(test) base::all(mapply(test, all$got, all$expected))
  if (everywhere(function(x, y) length(x) == length(y) && base::all(same_cells(x, y)))) {
    return(found("shape_lost",
                 paste(describe_extents(label, got, expected)$diagnosis, "The values are right."),
                 paste("`[` drops axes of extent 1, and some functions return plain vectors: add",
                       "drop = FALSE, or give the result its dim.")))
  }
  orders <- Reduce(intersect, Map(axis_orders, all$got, all$expected))
  if (length(orders) > 0) {
    return(found("axes_swapped", paste0(label, " has the right values, but its axes are in the ",
                                        "order ", orders[1], "."),
                 "Look at which variable stands at which place between the brackets."))
  }
  factors <- Map(common_factor, all$got, all$expected)
  if (base::all(lengths(factors) > 0) && any(lengths(all$got) > 1)) {
    return(describe_factor(label, unlist(factors)))
  }
  NULL
}

describe_factor <- function(label, factors) {
  alike <- length(unique(signif(factors, 8))) == 1
  here <- format(factors[1], digits = 4)
  found("factor", paste0(
    label,
    if (alike && factors[1] == -1) " has the wrong sign everywhere." else
      if (alike) paste0(" is ", here, " times what it has to be, in every cell.") else
        paste0(" is a multiple of what it has to be: ", here, " times in this case.")
  ), if (alike) "Look for a factor that is too much, or one that is missing." else
    "Which number of this case is that factor?")
}

found <- function(mistake, diagnosis, hint) {
  list(mistake = mistake, diagnosis = diagnosis, hint = hint)
}

describe_missing <- function(path, value, expected) {
  if (is.null(value)) {
    return(found("nothing_returned", "The function returns NULL.",
                 paste("A `for` loop has no value of its own, nor has an assignment to a part:",
                       "end the function with the name of the result.")))
  }
  first <- strsplit(path, "$", fixed = TRUE)[[1]][1]
  if (!is.list(value)) {
    return(found("not_a_list", paste0("The function returns ", describe(value),
                                      ", where a list is asked for."),
                 paste0("End with list(", first, " = ", first, ", ...).")))
  }
  found("part_missing",
        paste0("The list that comes back has no `", path, "`. It has ",
               if (is.null(names(value))) "no names" else
                 paste0("`", names(value), "`", collapse = ", "), "."),
        "The names in the list are the ones that the task gives.")
}

describe_extents <- function(label, got, expected) {
  is <- if (is.null(dim(got))) {
    if (length(got) == 1) "one number" else paste("a vector of", length(got))
  } else {
    paste("of dim", format_dim(dim(got)))
  }
  should <- if (is.null(dim(expected))) {
    if (length(expected) == 1) "be one number" else paste("have", length(expected), "values")
  } else {
    paste("have dim", format_dim(dim(expected)))
  }
  found("shape", paste0(label, " has to ", should, ", but is ", is, "."),
        "Work the extents out by hand for this case before you look at values.")
}

describe_values <- function(label, got, expected) {
  if (anyNA(got) && !anyNA(expected)) {
    return(found("missing_values", paste0(label, " has ", sum(is.na(got)),
                                          " cells that are NA or NaN."),
                 "Was every cell written? Is something divided by 0, or taken too large?"))
  }
  found("values", paste0(label, " is wrong in ", where_wrong(got, expected), "."),
        "Work out the first of these cells by hand.")
}

# The orders of axes that make `got` of `expected`, in words.
axis_orders <- function(got, expected) {
  n <- length(dim(expected))
  if (n < 2 || n > 4 || length(dim(got)) != n) {
    return(character())
  }
  orders <- as.matrix(expand.grid(rep(list(seq_len(n)), n)))
  fits <- apply(orders, 1, function(order) {
    !anyDuplicated(order) && any(order != seq_len(n)) && all(dim(got) == dim(expected)[order]) &&
      all(same_cells(got, aperm(expected, order)))
  })
  apply(orders[fits, , drop = FALSE], 1, format_dim)
}

# The one number by which all cells differ, or NULL.
common_factor <- function(got, expected) {
  if (length(got) != length(expected)) {
    return(NULL)
  }
  got <- as.double(got)
  expected <- as.double(expected)
  usable <- is.finite(got) & is.finite(expected) & expected != 0
  if (!any(usable) || !all(same_cells(got[!usable], expected[!usable]))) {
    return(NULL)
  }
  ratio <- got[usable] / expected[usable]
  if (ratio[1] != 0 && all(abs(ratio - ratio[1]) <= 1e-8 * abs(ratio[1]))) ratio[1]
}

# "3 of 12 cells, all in column 4".
where_wrong <- function(got, expected) {
  wrong <- !same_cells(got, expected)
  text <- paste(sum(wrong), "of", length(wrong), if (length(wrong) == 1) "cell" else "cells")
  extents <- dim(expected)
  names <- switch(as.character(length(extents)), "2" = c("row", "column"),
                  "4" = c("example", "row", "column", "channel"))
  if (is.null(names)) {
    return(text)
  }
  at <- arrayInd(which(wrong), extents)
  if (nrow(at) == 1) {
    return(paste0(text, ", at [", paste(at, collapse = ", "), "]"))
  }
  alike <- vapply(seq_along(extents), function(axis) {
    extents[axis] > 1 && length(unique(at[, axis])) == 1
  }, NA)
  if (!any(alike)) {
    return(text)
  }
  paste0(text, ", all in ", paste(names[alike], at[1, alike], collapse = ", "))
}

# --- errors --------------------------------------------------------------------------------------

# Hints for R's own messages, in the language that R speaks here.
error_hint <- function(message) {
  hints <- c(
    "subscript out of bounds" =
      "An index is larger than the array. Compare the range of each loop with the extents.",
    "incorrect number of dimensions" =
      "An axis of extent 1 has been dropped by `[`: add drop = FALSE, or index the whole array.",
    "non-conformable arrays" =
      "Two arrays that are combined cell by cell differ in shape. Print dim() of both.",
    "non-conformable arguments" =
      "%*% needs as many columns on the left as rows on the right. Print dim() of both.",
    "number of items to replace is not a multiple of replacement length" =
      "What is assigned has another size than the place for it. Print dim() or length() of both.",
    "argument is of length zero" =
      "A value is missing: is every name in the list spelled as the task spells it?",
    "missing value where TRUE/FALSE needed" =
      "A condition is NA. Was the value computed before it is asked for?",
    "non-numeric argument to binary operator" =
      "Something that is no number takes part in the arithmetic, perhaps a whole list.",
    "evaluation nested too deeply: infinite recursion / options(expressions=)?" =
      "The function calls itself and never comes to an end.",
    "vector memory exhausted (limit reached?)" =
      "An array is far larger than this case needs. Print the extents before you make it."
  )
  for (text in names(hints)) {
    if (grepl(gettext(text, domain = "R"), message, fixed = TRUE)) {
      return(hints[[text]])
    }
  }
  paste("Call your function with the arguments of this case; browser() in it stops where you want",
        "to look.")
}
