#' Check exercises of a learnr tutorial
#'
#' Makes [check_yours()] the checker of a tutorial of the package 'learnr': its answer is shown under
#' the reader's code. The package's own tutorial, which has every exercise in it, runs with
#' `learnr::run_tutorial("convstep", package = "convstep")`.
#'
#' To use it in a tutorial of your own, set
#' `exercise.checker = function(...) convstep::exercise_checker(...)` by
#' `learnr::tutorial_options()`, which keeps no more than the text of the function, and give each
#' exercise a `-check` chunk whose value is a result of `check_yours()`, such as
#' `check_yours(pad3d)`. A single `TRUE` or `FALSE`, or a list of `correct` and `message`, will do
#' too.
#'
#' @param label,user_code,solution_code,check_code,envir_result,evaluate_result,envir_prep,last_value,stage,...
#'   What 'learnr' gives a checker.
#'
#' @return What 'learnr' expects: a list of `message`, `correct`, `type` and `location`.
#'
#' @section Errors:
#' None: what goes wrong in the check is the message.
#'
#' @seealso [check_yours()]
#' @examples
#' answer <- exercise_checker(
#'   check_code = "check_yours(relu)",
#'   envir_result = list2env(list(relu = function(Z) list(A = abs(Z), cache = Z)))
#' )
#' answer$correct
#' @export
exercise_checker <- function(label = NULL, user_code = NULL, solution_code = NULL,
                             check_code = NULL, envir_result = NULL, evaluate_result = NULL,
                             envir_prep = NULL, last_value = NULL, stage = NULL, ...) {
  # Code that does not parse, or fails as it runs, has learnr's own message.
  if (identical(stage, "code_check") || identical(stage, "error_check") || is.null(check_code)) {
    return(NULL)
  }
  # learnr runs each exercise in a process of its own already, where it can, and ends it in time.
  frame <- new.env(parent = envir_result)
  frame$check_yours <- function(..., isolate = FALSE) check_yours(..., isolate = isolate)
  result <- tryCatch(
    eval(parse(text = check_code), frame),
    error = function(e) list(correct = FALSE, message = conditionMessage(e))
  )
  feedback_of(result)
}

feedback_of <- function(result) {
  if (inherits(result, "exercise_result")) {
    return(feedback(result$passed, feedback_html(result)))
  }
  if (is.logical(result) && length(result) == 1) {
    return(feedback(isTRUE(result), if (isTRUE(result)) "Right." else "Not yet."))
  }
  feedback(isTRUE(result$correct), html_text(paste(result$message, collapse = " ")))
}

# `html` is a string of HTML; learnr takes anything that htmltools can show.
feedback <- function(correct, html) {
  list(
    message = structure(html, html = TRUE, class = c("html", "character")),
    correct = correct, type = if (correct) "success" else "error", location = "append"
  )
}

# The same text as print() gives, in HTML: sentences as paragraphs, arrays in a fixed width.
feedback_html <- function(result) {
  paragraph <- function(text, class) {
    if (length(text) > 0) paste0("<p class=\"", class, "\">", html_text(text), "</p>")
  }
  head <- if (result$passed) {
    paste0("Right in all ", result$cases[["all"]], " cases.")
  } else {
    paste0("Not yet: ", result$cases[["right"]], " of ", result$cases[["all"]],
           " cases are right.")
  }
  where <- if (!is.na(result$case)) {
    paste0("It shows in the case \u201c", result$case, "\u201d: ",
           describe_arguments(result$arguments), ".")
  }
  parts <- c(
    paragraph(head, "convstep-head"),
    if (!result$passed) paragraph(result$diagnosis, "convstep-diagnosis"),
    paragraph(where, "convstep-case"),
    if (!is.na(result$error)) paragraph(paste0("Error: ", result$error), "convstep-error"),
    feedback_arrays(result),
    feedback_picture(result),
    if (!result$passed) paragraph(paste("Hint:", result$hint), "convstep-hint"),
    if (length(result$notes) > 0) paragraph(paste("Note:", result$notes), "convstep-note")
  )
  paste0("<div class=\"convstep-feedback\">", paste(parts, collapse = "\n"), "</div>")
}

feedback_arrays <- function(result) {
  lines <- array_lines(result)
  if (length(lines) > 0) {
    paste0("<pre tabindex=\"0\">", paste(html_text(cli::ansi_strip(lines)), collapse = "\n"),
           "</pre>")
  }
}

# The differing cell as a picture within the page, where R can draw one.
feedback_picture <- function(result) {
  exercise <- exercise_list(result$exercise)[[1]]
  if (is.null(exercise$draw) || length(result$cell) == 0 || !capabilities("png") ||
        !requireNamespace("jsonlite", quietly = TRUE)) {
    return(NULL)
  }
  file <- tempfile(fileext = ".png")
  on.exit(unlink(file))
  grDevices::png(file, 1200, 560, res = 144)
  device <- grDevices::dev.cur()
  tryCatch(plot(result), finally = grDevices::dev.off(device))
  if (file.exists(file)) {
    data <- jsonlite::base64_enc(readBin(file, "raw", file.size(file)))
    paste0("<img alt=\"The cell that differs: what met in it, and where it lies.\" ",
           "src=\"data:image/png;base64,", gsub("\n", "", data), "\">")
  }
}

html_text <- function(text) {
  text <- gsub("&", "&amp;", text, fixed = TRUE)
  text <- gsub("<", "&lt;", text, fixed = TRUE)
  text <- gsub(">", "&gt;", text, fixed = TRUE)
  gsub("`([^`]*)`", "<code>\\1</code>", text)
}
