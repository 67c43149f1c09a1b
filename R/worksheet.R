#' A file of exercises to fill in
#'
#' Writes an R script or an R Markdown document with a section for each exercise: what the function
#' has to do, an empty function of the right arguments, and the line that checks it. Both run, and
#' the document knits, before anything is filled in; what is still empty is listed as not yet right.
#'
#' @param file The file to write; its ending says what: `.R` a script, `.Rmd` a document. An
#'   existing file is not overwritten.
#' @param which The names of the exercises; all by default, in the order of the notebook.
#'
#' @return Invisibly, the path of the file.
#'
#' @section Errors:
#' Another ending, a file that is there already, an exercise that does not exist.
#'
#' @seealso [check_yours()], [submission()]
#' @examples
#' file <- exercises(file.path(tempdir(), "exercises.R"), which = c("pad3d", "relu"))
#' cat(readLines(file), sep = "\n")
#' unlink(file)
#' @export
exercises <- function(file = "exercises.Rmd", which = NULL) {
  if (!checkmate::test_string(file) || !grepl("\\.(R|Rmd)$", file)) {
    stop_assertion("file", "Must be the name of a file that ends in \".R\" or \".Rmd\", but is ",
                   if (checkmate::test_string(file)) quoted(file) else describe(file))
  }
  if (file.exists(file)) {
    stop_assertion("file", "Must not exist yet, but ", quoted(file), " does")
  }
  chosen <- exercise_list()
  if (!is.null(which)) {
    unknown <- setdiff(which, names(chosen))
    if (!is.character(which) || length(which) == 0 || length(unknown) > 0) {
      stop_assertion("which", "Must be names of exercises, which check_yours() lists, but is ",
                     if (is.character(which) && length(which) > 0) quoted(unknown[1]) else
                       describe(which))
    }
    chosen <- chosen[which]
  }
  lines <- if (grepl("\\.Rmd$", file)) worksheet_document(chosen) else worksheet_script(chosen)
  write_lines(lines, file)
  invisible(file)
}

# The same bytes on every system.
write_lines <- function(lines, file) {
  connection <- file(file, "wb")
  on.exit(close(connection))
  writeLines(enc2utf8(lines), connection, useBytes = TRUE)
}

worksheet_script <- function(chosen) {
  comment <- function(text) paste("#", strwrap(text, width = 97))
  sections <- lapply(chosen, function(exercise) {
    head <- paste0("# --- ", exercise$section, " ", exercise$title, " ")
    c(paste0(head, strrep("-", max(3, 99 - nchar(head)))), comment(exercise$task), "",
      worksheet_function(exercise), "", worksheet_check(exercise), "")
  })
  c(comment(paste("Fill in the functions, one after the other, and run the line below each: it says",
                  "what is wrong, and where to look.")),
    "", "library(convstep)", "", unlist(sections, use.names = FALSE), worksheet_end())
}

worksheet_document <- function(chosen) {
  chapter <- ""
  sections <- lapply(chosen, function(exercise) {
    head <- if (exercise$chapter != chapter) c(paste("#", exercise$chapter), "")
    chapter <<- exercise$chapter
    c(head, paste("##", exercise$title), "", strwrap(code_marked(exercise$task), width = 99), "",
      "```{r}", worksheet_function(exercise), "```", "", "```{r}", worksheet_check(exercise), "```",
      "")
  })
  c("---", "title: \"Exercises\"", "output: html_document", "---", "",
    strwrap(paste("Fill in the functions, one after the other, and run the piece below each: it",
                  "says what is wrong, and where to look."), width = 99),
    "", "```{r}", "library(convstep)", "```", "", unlist(sections, use.names = FALSE),
    "# How far", "", "```{r}", worksheet_end(), "```")
}

# Names of functions as code.
code_marked <- function(text) gsub("(?<![`\\w])([a-z_0-9]+\\(\\))", "`\\1`", text, perl = TRUE)

worksheet_function <- function(exercise) {
  arguments <- sub(" *NULL$", "", paste(deparse(args(exercise$solution), width.cutoff = 500),
                                        collapse = ""))
  c(paste0(exercise$name, " <- ", sub("^function \\(", "function(", arguments), " {"),
    "  # Your code.", "}")
}

worksheet_check <- function(exercise) paste0("check_yours(", exercise$name, ")")

worksheet_end <- function() "check_yours()"
