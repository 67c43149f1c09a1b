# Calls every export with wrong arguments; run in tests/testthat. Arguments: the seed, the number
# of calls, a pattern for the names of exports. Each call must end in a value or in an R error whose
# message names an argument; the process must live to print the last lines.
library(convstep)
source("helper-calls.R")
setwd(tempdir()) # a random string may be taken for the path of a checkpoint
arguments <- commandArgs(trailingOnly = TRUE)
set.seed(as.integer(arguments[1]))
number <- as.integer(arguments[2])
calls <- Filter(function(call) {
  length(call$arguments) > 0 && grepl(arguments[3], call$name)
}, good_calls())
caches <- Filter(is.list, unlist(lapply(calls, function(call) call$arguments), recursive = FALSE))

methods::setClass("WithSlot", methods::representation(x = "numeric"))
# Objects whose class lies about length and extents, as file-backed arrays do.
dim.liar <- function(x) c(2L, 3L, 3L, 2L)
length.liar <- function(x) 36L
registerS3method("dim", "liar", dim.liar)
registerS3method("length", "liar", length.liar)

extent <- function() sample(c(0, 1, 2, 3, 5, 7), 1)
some_array <- function(rank) {
  extents <- replicate(rank, extent())
  array(rnorm(prod(extents)), extents)
}
one_of <- function(...) {
  choices <- substitute(list(...))[-1]
  eval(choices[[sample(length(choices), 1)]], parent.frame())
}
number_like <- function() {
  one_of(NA, NaN, Inf, -Inf, 0, -0, -1, 1L, 2, 1.5, -1e300, 1e300, 2^31, 2^31 - 1, 2^53, 1e6,
         5e-324, NA_integer_, TRUE, -.Machine$integer.max)
}
nasty <- function() {
  one_of(
    NULL, number_like(), number_like(), c(number_like(), number_like()), numeric(0), integer(0),
    character(0), "", "max", "same", "relu", NA_character_, c("a", "b"), 1i, raw(2),
    list(), list(1), list(a = 1, b = NULL), list(stride = 1), sum, function(x) stop("inner error"),
    globalenv(), new.env(), quote(x + y), quote(x), y ~ x, expression(a), 1:3, factor(c("a", "b")),
    as.Date("2026-01-01"), Sys.time(), data.frame(a = 1:3, b = 3:1), some_array(1), some_array(2),
    some_array(3), some_array(4), some_array(4), some_array(5), array(NaN, c(2, 2, 2, 2)),
    array(0, c(0, .Machine$integer.max, .Machine$integer.max, 3)), array(0L, c(1, 1, 1, 1)),
    array("a", c(1, 2, 2, 1)), array(list(1), c(1, 1, 1, 1)), matrix(list(), 0, 0), matrix(TRUE),
    methods::new("WithSlot", x = 1), structure(1:36, class = "liar"),
    structure(numeric(0), class = "liar"), structure(1:4, dim = c(2L, 2L), class = "other"),
    caches[[sample(length(caches), 1)]], as.name("missing"), seq_len(1e5), emptyenv(),
    structure(list(), class = "cnn"), bquote(.(1)), "\xff", strrep("long", 1e4), TRUE, NA
  )
}
# A value with one thing wrong, deep inside where it is a list.
tamper <- function(x) {
  if (is.list(x) && length(x) > 0 && !is.data.frame(x)) {
    i <- sample(length(x), 1)
    return(one_of(
      replace(x, i, list(nasty())), replace(x, i, list(tamper(x[[i]]))),
      replace(x, i, list(tamper(x[[i]]))), x[-i], unname(x), c(x, x), c(x, list(other = 1)),
      structure(x, class = "other"), rev(x)
    ))
  }
  if (!is.numeric(x) || length(x) == 0) {
    return(nasty())
  }
  one_of(
    nasty(), replace(x, sample(length(x), 1), number_like()), x[-1], as.vector(x),
    structure(x, class = "liar"), structure(x, class = "other"), as.integer(x), x > 0, -x,
    c(x, x), array(x, c(dim(x), 1)), array(x, rev(if (is.null(dim(x))) length(x) else dim(x))),
    structure(x, dimnames = NULL, extra = "attribute"), as.character(x), as.complex(x),
    if (is.null(dim(x))) nasty() else array(x[0], replace(dim(x), sample(length(dim(x)), 1), 0))
  )
}

# What can only change if a function writes into it.
is_data <- function(x) is.atomic(x) || (is.list(x) && all(vapply(unclass(x), is_data, NA)))

seen <- new.env()
outcomes <- c(value = 0, error = 0)
others <- "inner error|is not a whole IDX file|cannot allocate|memory exhausted|is too large"
named <- "^Assertion on '[^']+' failed: |[Aa]rgument \"[A-Za-z_.]+\""
for (k in seq_len(number)) {
  call <- calls[[sample(length(calls), 1)]]
  wrong <- call$arguments
  for (i in sample(seq_along(wrong), sample.int(2, 1), replace = TRUE)) {
    wrong[i] <- list(if (runif(1) < 0.5) nasty() else tamper(wrong[[i]]))
  }
  # Many epochs are no mistake, but take their time.
  if (is.numeric(wrong$epochs) && any(wrong$epochs > 3, na.rm = TRUE)) wrong$epochs <- -1
  data <- Filter(is_data, wrong)
  before <- unserialize(serialize(data, NULL))
  outcome <- tryCatch({
    # Quoted, so that a name or call among the arguments is a value and not evaluated.
    f <- utils::getFromNamespace(call$name, "convstep")
    value <- suppressWarnings(do.call(f, wrong, quote = TRUE))
    "value"
  }, error = function(e) {
    message <- encodeString(conditionMessage(e))
    if (!grepl(named, message) && !grepl(others, message)) {
      seen[[paste0(call$name, ": ", substr(message, 1, 200))]] <- wrong
    }
    "error"
  })
  outcomes[outcome] <- outcomes[outcome] + 1
  if (!identical(before, data, num.eq = FALSE)) {
    cat("changed in place:", call$name, "\n")
  }
}
for (message in sort(names(seen))) cat("unclear:", message, "\n")
cat(outcomes["error"], "errors,", outcomes["value"], "values\n")
