# What the tests of the exercises share. They reach into the package: the bank of mistakes is not
# exported.
inner <- function(name) get(name, asNamespace("convstep"))

all_exercises <- function() inner("exercise_list")()

# The outcomes of a function in all cases of an exercise.
outcomes_of <- function(f, exercise) {
  lapply(exercise$cases, function(case) inner("plain_outcome")(f, case$arguments))
}

paths_in <- function(exercise) {
  inner("paths_of")(do.call(exercise$solution, unname(exercise$cases[[1]]$arguments)))
}

all_same <- function(one, other, paths) {
  all(mapply(inner("same_outcome"), one, other, MoreArgs = list(paths = paths)))
}

# All wrong functions of an exercise: list(mistake, outcomes).
bank_of <- function(exercise) {
  unlist(lapply(exercise$mistakes, function(mistake) {
    lapply(inner("wrong_functions")(exercise$solution, mistake), function(f) {
      list(mistake = mistake$name, f = f, outcomes = outcomes_of(f, exercise))
    })
  }), recursive = FALSE)
}

# Closures that run a few times are not worth compiling.
without_compiling <- function(code) {
  former <- compiler::enableJIT(0)
  on.exit(compiler::enableJIT(former))
  force(code)
}

# A file that goes when the test ends.
passing_file <- function(ending, env = parent.frame()) {
  file <- tempfile(fileext = ending)
  do.call(on.exit, list(bquote(unlink(.(file))), add = TRUE), envir = env)
  file
}
