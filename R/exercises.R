# The form in which the exercises are declared. An exercise is a function without arguments, named
# for it with `_exercise` behind, whose value exercise() made; it is found by that name, so that a
# new one is a new function and touches nothing else. They lie in the files R/exercise-*.R.
#
# A mistake is an edit of the right solution, written as a formula: on the left the expression that
# stands in the solution, on the right what the learner wrote instead. Edits make functions, and two
# mistakes at once are two edits.

exercise <- function(name, section, chapter, title, task, solution, cases, mistakes,
                     meets = NULL, draw = NULL) {
  names(cases) <- vapply(cases, function(case) case$title, "")
  names(mistakes) <- vapply(mistakes, function(mistake) mistake$name, "")
  list(
    name = name, section = section, chapter = chapter, title = title, task = task,
    # Without the text that R may keep of it, which edits would not reach.
    solution = utils::removeSource(solution),
    cases = cases, mistakes = mistakes,
    # meets(arguments, part, cell): a named list of the arrays that met in a cell of the result;
    # draw(arguments, part, cell): a picture of it.
    meets = meets, draw = draw
  )
}

# Arguments in the order of the function's own.
case <- function(title, ...) list(title = title, arguments = list(...))

# `...`: the edits, formulas; or whole functions; or lists of formulas, each list another form that
# the same mistake takes.
mistake <- function(name, message, hint, ...) {
  forms <- list(...)
  if (all(vapply(forms, inherits, NA, "formula"))) forms <- list(forms)
  list(name = name, message = message, hint = hint, forms = forms)
}

# All exercises in the order of the notebook's chapters, or those named.
exercise_list <- function(names = exercise_names()) {
  found <- lapply(names, function(name) get(paste0(name, "_exercise"), topenv())())
  if (missing(names)) {
    found <- found[order(numeric_version(vapply(found, function(e) e$section, "")))]
  }
  stats::setNames(found, vapply(found, function(e) e$name, ""))
}

# In the order of the alphabet in C, whatever the language of the session.
exercise_names <- function() {
  sort(sub("_exercise$", "", ls(topenv(), pattern = "_exercise$")), method = "radix")
}

# --- edits ---------------------------------------------------------------------------------------

# The functions that a mistake makes of the solution, one a form.
wrong_functions <- function(solution, mistake) {
  lapply(mistake$forms, function(form) {
    if (is.function(form)) form else edit_function(solution, form)
  })
}

# The solution with two mistakes in it, or NULL where the one leaves no room for the other.
wrong_twice <- function(solution, first, second) {
  pairs <- list()
  for (one in first$forms) {
    for (other in second$forms) {
      if (is.function(one) || is.function(other)) next
      # In either order, as one edit may take away what the other looks for.
      both <- edit_function(edit_function(solution, one), other, strict = FALSE)
      if (is.null(both)) both <- edit_function(edit_function(solution, other), one, strict = FALSE)
      if (!is.null(both)) pairs <- c(pairs, both)
    }
  }
  pairs
}

edit_function <- function(f, edits, strict = TRUE) {
  for (edit in edits) {
    from <- without_parentheses(edit[[2]])
    result <- replace_expression(body(f), from, without_parentheses(edit[[3]]))
    if (result$count == 0) {
      if (!strict) {
        return(NULL)
      }
      stop("The solution has no ", deparse(from), call. = FALSE)
    }
    body(f) <- result$expression
  }
  f
}

without_parentheses <- function(expression) {
  if (is.call(expression) && identical(expression[[1]], quote(`(`))) expression[[2]] else expression
}

replace_expression <- function(expression, from, to) {
  if (identical(expression, from)) {
    return(list(expression = to, count = 1))
  }
  count <- 0
  if (is.call(expression)) {
    for (i in seq_along(expression)) {
      # An index left empty, as in x[, 1].
      if (identical(expression[[i]], quote(expr = ))) next
      result <- replace_expression(expression[[i]], from, to)
      if (result$count > 0) {
        expression[[i]] <- result$expression
        count <- count + result$count
      }
    }
  }
  list(expression = expression, count = count)
}

# --- numbers for cases ---------------------------------------------------------------------------

# Whole numbers from -9 to 9 but 0, without a pattern behind which a flip or a swap could hide, and
# the same on every machine.
numbers <- function(..., seed = 1) {
  extents <- c(...)
  state <- 7919 * seed
  values <- numeric(prod(extents))
  for (i in seq_along(values)) {
    state <- (75 * state + 74) %% 65537
    values[i] <- state %% 18 - 9
  }
  values[values >= 0] <- values[values >= 0] + 1
  if (length(extents) == 1) values else array(values, extents)
}
