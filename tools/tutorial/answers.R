# answers.R FILE: for each exercise the right solution as code, and a mistake with its message.
space <- asNamespace("convstep")
code_of <- function(name, f) paste(c(paste(name, "<-"), deparse(f)), collapse = "\n")
answers <- lapply(space$exercise_list(), function(exercise) {
  mistake <- exercise$mistakes[[1]]
  list(
    name = exercise$name,
    right = code_of(exercise$name, exercise$solution),
    wrong = code_of(exercise$name, space$wrong_functions(exercise$solution, mistake)[[1]]),
    message = gsub("`", "", mistake$message, fixed = TRUE),
    cases = length(exercise$cases)
  )
})
writeLines(jsonlite::toJSON(unname(answers), auto_unbox = TRUE),
           commandArgs(trailingOnly = TRUE)[1])
