#' Learn by doing: check a function that you wrote
#'
#' The functions of this package's first chapters are exercises too: write one yourself, in plain R,
#' and let it be checked. What comes back is not only that it is wrong, but which mistake it is, in
#' which case it shows, and a hint.
#'
#' Your function is called on cases that grow from one cell to batches of several channels with
#' strides and padding. If a result is wrong, it is compared with those of a bank of wrong
#' implementations, one for each mistake that learners are known to make, and of pairs of them. If
#' your values are theirs in all cases, that is the mistake.
#'
#' [exercises()] writes a file with all functions to fill in.
#'
#' @param ... Your functions, named by the exercise: `check_yours(pad3d = my_function)`. A function
#'   that has the exercise's name needs no other, `check_yours(pad3d)`; in a pipe the name comes as
#'   a string, `my_function |> check_yours("pad3d")`. Arguments are given by position, so you may
#'   call yours as you like. Without any, the list of exercises and how far you are.
#' @param seconds The time for all cases of one exercise.
#' @param isolate Whether to run your function in a process of its own, which can do no harm to this
#'   session. By default where R can fork and has no graphical interface. See the section on
#'   safety.
#'
#' @return For one function a list of class `exercise_result`:
#'   * `passed`: `TRUE` or `FALSE`;
#'   * `exercise`: its name;
#'   * `case`: the title of the first case that came out wrong, `NA` if none did;
#'   * `expected`, `got`: the right result of that case and yours (`NULL` if there is none);
#'   * `diagnosis`, `hint`: what is wrong, and where to look; `NA` if nothing is;
#'   * `mistake`: the names of the mistakes, for machines to read;
#'   * `error`: the message, if your function stopped;
#'   * `part`, `cell`: the part of the result that differs first, and the index of the cell in it;
#'   * `arguments`: those of that case, to call your function with;
#'   * `notes`: what else was noticed, such as warnings;
#'   * `cases`: how many there are, and how many came out right;
#'   * `code`: your function as text.
#'
#'   For several functions a list of such lists, of class `exercise_results`. Without functions a
#'   data frame of class `exercise_progress`: `section`, `chapter`, `exercise`, `title` and `state`,
#'   one of `"passed"`, `"not yet"` and `"open"`. `as.data.frame()` makes a row an exercise of
#'   results.
#'
#'   Printing a result draws the window that met the wrong cell where there is one, in an
#'   interactive session or a document; `plot()` draws it anywhere.
#'
#' @section Safety:
#' Errors, warnings and what your function prints are caught, arguments that are changed in place
#' are noticed, and time is limited. In a process of its own nothing that the function does reaches
#' the session: not `quit()`, `rm()`, `options()` or `setwd()`, and what cannot be interrupted is
#' killed. In this session (on Windows, in RStudio and in R's Mac interface) options, the working
#' folder, the seed and variables of the global environment are put back afterwards, `quit()` is
#' stopped where your function itself calls it, and vectors may grow by 2 GB (from R 4.2 on); what
#' is not stopped is compiled code that never looks for interrupts, and a loop that catches the
#' error by which the time limit ends it. Files that the function writes are not undone.
#'
#' @section What is remembered:
#' The latest result of each exercise is kept until R ends, for `check_yours()` alone and for
#' [submission()].
#'
#' @section Errors:
#' An exercise that does not exist, something that is no function, a function of this package, a
#' limit that is no positive number.
#'
#' @seealso [exercises()], [submission()]; [convstep-differences] for what is right where the
#'   notebook is not.
#' @examples
#' check_yours()
#'
#' mine <- function(a_slice_prev, W, b) sum(a_slice_prev * W + b)
#' check_yours(conv_single_step = mine)
#' @export
check_yours <- function(..., seconds = 5, isolate = can_isolate()) {
  seconds <- check_positive(seconds, "seconds")
  check_flag(isolate, "isolate")
  functions <- given_functions(list(...), as.list(substitute(list(...)))[-1])
  if (length(functions) == 0) {
    return(exercise_progress())
  }
  results <- Map(function(exercise, f) {
    result <- judge(exercise, f, seconds, isolate)
    remembered$results[[exercise$name]] <- result
    result
  }, exercise_list(names(functions)), functions)
  if (length(results) == 1) results[[1]] else structure(results, class = "exercise_results")
}

# The latest result of each exercise in this session.
remembered <- new.env(parent = emptyenv())
remembered$results <- list()

exercise_progress <- function() {
  all <- exercise_list()
  state <- vapply(names(all), function(name) {
    result <- remembered$results[[name]]
    if (is.null(result)) "open" else if (result$passed) "passed" else "not yet"
  }, "", USE.NAMES = FALSE)
  field <- function(name) vapply(all, function(e) e[[name]], "", USE.NAMES = FALSE)
  structure(
    data.frame(section = field("section"), chapter = field("chapter"), exercise = field("name"),
               title = field("title"), state = state),
    class = c("exercise_progress", "data.frame")
  )
}

# Names and functions from all the ways of writing them.
given_functions <- function(given, expressions) {
  names <- if (is.null(names(given))) rep("", length(given)) else names(given)
  written <- vapply(expressions, function(e) if (is.name(e)) as.character(e) else "", "")
  known <- exercise_names()
  is_title <- names == "" & vapply(given, checkmate::test_string, NA)
  titles <- unlist(given[is_title])
  functions <- list()
  for (i in which(!is_title)) {
    if (names[i] == "" && is.list(given[[i]]) && !is.null(names(given[[i]]))) {
      functions <- c(functions, given[[i]])
      next
    }
    name <- names[i]
    if (name == "" && length(titles) > 0) {
      name <- titles[1]
      titles <- titles[-1]
    } else if (name == "" && written[i] %in% known) {
      name <- written[i]
    }
    functions <- c(functions, stats::setNames(given[i], name))
  }
  if (length(titles) > 0) {
    stop_assertion("...", "Must have a function for ", quoted(titles[1]))
  }
  for (i in seq_along(functions)) check_given(names(functions)[i], functions[[i]], known)
  functions
}

check_given <- function(name, f, known) {
  if (!name %in% known) {
    stop_assertion("...", "Must name functions by their exercise, as check_yours() lists them, but ",
                   "has ", if (name == "") "one without a name" else quoted(name))
  }
  if (!is.function(f)) {
    stop_assertion(name, "Must be a function, but is ", describe(f))
  }
  if (identical(environment(f), topenv())) {
    stop_assertion(name, "Must be a function that you wrote, but is one of this package")
  }
}

# --- one exercise --------------------------------------------------------------------------------

judge <- function(exercise, f, seconds, isolate) {
  cases <- exercise$cases
  expected <- lapply(cases, function(case) do.call(exercise$solution, unname(case$arguments)))
  result <- list(
    passed = FALSE, exercise = exercise$name, case = NA_character_, expected = NULL, got = NULL,
    diagnosis = NA_character_, hint = NA_character_, mistake = character(), error = NA_character_,
    part = NA_character_, cell = integer(), arguments = NULL, notes = character(),
    cases = c(all = length(cases), right = 0L), code = function_text(f)
  )
  finish <- function(...) {
    fields <- list(...)
    # One by one, so that a field may be NULL.
    for (name in names(fields)) result[name] <- fields[name]
    structure(result, class = "exercise_result")
  }
  short <- too_few_arguments(exercise, f)
  if (!is.null(short)) {
    return(do.call(finish, short))
  }
  outcomes <- call_safely(f, lapply(cases, function(case) case$arguments), seconds, isolate)
  result$notes <- notes_on(outcomes)
  right <- mapply(is_right, outcomes, expected)
  result$cases[["right"]] <- sum(right)
  if (all(right)) {
    return(finish(passed = TRUE))
  }
  first <- which(!right)[1]
  outcome <- outcomes[[first]]
  result$case <- names(cases)[first]
  result$arguments <- cases[[first]]$arguments
  result["expected"] <- expected[first]
  if (outcome$status == "value") result["got"] <- list(outcome$value)
  if (outcome$status == "error") result$error <- outcome$error
  do.call(finish, diagnose(exercise, outcomes, expected, first, seconds))
}

is_right <- function(outcome, expected) {
  if (outcome$status != "value" || length(outcome$changed) > 0) {
    return(FALSE)
  }
  paths <- paths_of(expected)
  all(mapply(same_part, parts_of(outcome$value, paths), parts_of(expected, paths)))
}

# list(diagnosis, hint, mistake, part, cell) of the first case that is wrong.
diagnose <- function(exercise, outcomes, expected, first, seconds) {
  outcome <- outcomes[[first]]
  if (outcome$status %in% c("time", "ended")) {
    return(describe_end(outcome$status, seconds))
  }
  paths <- paths_of(expected[[first]])
  if (outcome$status == "error") {
    mistakes <- recognise_parts(exercise, outcomes, paths, character())
    return(if (is.null(mistakes)) {
      found("error", "The function stops with an error.", error_hint(outcome$error))
    } else {
      named(exercise, mistakes)
    })
  }
  got <- parts_of(outcome$value, paths)
  wanted <- parts_of(expected[[first]], paths)
  wrong <- paths[!mapply(same_part, got, wanted)]
  if (length(wrong) == 0) {
    return(found("argument_changed",
                 paste0("The function changes its argument `", outcome$changed[1], "` in place."),
                 "Work on a copy: whoever calls the function still needs what they gave."))
  }
  path <- wrong[1]
  place <- list(part = path, cell = first_cell(got[[path]], wanted[[path]]))
  structural <- any(mapply(function(x, y) difference(x, y) %in% c("missing", "type"),
                           got[wrong], wanted[wrong]))
  mistakes <- if (!structural) recognise_parts(exercise, outcomes, paths, wrong)
  c(place, if (is.null(mistakes)) {
    describe_difference(path, got[[path]], wanted[[path]], outcome$value,
                        all_of_part(path, outcomes, expected))
  } else {
    named(exercise, mistakes)
  })
}

# A part in all cases where there is a value that is wrong: list(got, expected), both lists.
all_of_part <- function(path, outcomes, expected) {
  valued <- vapply(outcomes, function(o) o$status == "value", NA)
  got <- lapply(outcomes[valued], function(o) parts_of(o$value, path)[[1]])
  wanted <- lapply(expected[valued], function(value) parts_of(value, path)[[1]])
  wrong <- !mapply(same_part, got, wanted)
  list(got = got[wrong], expected = wanted[wrong])
}

named <- function(exercise, mistakes) {
  entries <- exercise$mistakes[mistakes]
  found(mistakes, vapply(entries, function(m) m$message, "", USE.NAMES = FALSE),
        vapply(entries, function(m) m$hint, "", USE.NAMES = FALSE))
}

describe_end <- function(status, seconds) {
  if (status == "time") {
    found("no_end", paste("The function did not end within", format(seconds), "seconds."),
          "Does each loop come to an end? Does it wait for something?")
  } else {
    found("ended_r", "The function ends R: it calls quit(), or crashes.",
          "A function returns its value; it must not end the session of whoever calls it.")
  }
}

too_few_arguments <- function(exercise, f) {
  wanted <- names(formals(exercise$solution))
  has <- names(formals(args(f)))
  if (is.null(args(f)) || "..." %in% has || length(has) >= length(wanted)) {
    return(NULL)
  }
  found("too_few_arguments",
        paste0("The function takes ", length(has), if (length(has) == 1) " argument" else
          " arguments", "; it has to take ", length(wanted), ": ", toString(wanted), "."),
        "Write them between the brackets of function().")
}

first_cell <- function(got, expected) {
  if (!identical(difference(got, expected), "values") || !is_numeric_like(expected)) {
    return(integer())
  }
  index_of(which(!same_cells(got, expected))[1], expected)
}

notes_on <- function(outcomes) {
  warnings <- unique(unlist(lapply(outcomes, function(o) o$warnings)))
  printed <- sum(unlist(lapply(outcomes, function(o) o$printed)))
  lines <- unlist(lapply(outcomes, function(o) o$output))
  c(
    if (length(warnings) > 0) paste0("It warns: ", cut_line(warnings[1])),
    if (printed > 0) {
      paste0("It prints", if (printed > 1e5) paste0(" ", round(printed / 1e6, 1), " MB"),
             if (any(nzchar(lines))) paste0(": ", cut_line(lines[nzchar(lines)][1])))
    }
  )
}

cut_line <- function(text, width = 70) {
  if (nchar(text) > width) paste0(substr(text, 1, width - 3), "...") else text
}

# As it was written, comments and all, if R kept that.
function_text <- function(f) {
  source <- attr(f, "srcref")
  paste(if (is.null(source)) deparse(f) else as.character(source), collapse = "\n")
}
