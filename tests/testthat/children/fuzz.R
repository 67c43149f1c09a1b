# Calls every export with wrong arguments; run in tests/testthat. Arguments: the seed, the number
# of calls, a pattern for the names of exports. Each call must end in the value that the definitions
# give for its arguments, or in an R error whose message names an argument; it must leave what it
# was given, the settings and the graphics as they were; and the process must live to print the last
# lines. The environment variable FUZZ_KEEP may name a directory for the arguments that failed.
library(convstep)
helpers <- dir(pattern = "^helper-(agreement|calls|naive.*|picture|pool|references.*)[.]R$")
for (helper in sort(helpers, method = "radix")) {
  source(helper)
}
references <- c(layer_references, join_references, modern_references, layer_makers, optimizer_references,
                runtime_references, tool_references, fit_references, plot_references)
setwd(tempdir()) # a random string may be taken for the path of a checkpoint
arguments <- commandArgs(trailingOnly = TRUE)
set.seed(as.integer(arguments[1]))
number <- as.integer(arguments[2])
calls <- Filter(function(call) {
  length(call$arguments) > 0 && grepl(arguments[3], call$name)
}, c(good_calls(), random_calls()))
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

# Another value of the same shape, deep inside where it is a list: what is likely to be taken.
vary <- function(x) {
  if (is.list(x) && length(x) > 0) {
    i <- sample(length(x), 1)
    x[i] <- list(vary(x[[i]]))
    return(x)
  }
  if (!is.numeric(x) || length(x) == 0) {
    return(x)
  }
  values <- function() sample(list(number_like(), rnorm(1), round(rnorm(1)), 0), 1)[[1]]
  one_of(
    replace(x, sample(length(x), 1), values()), replace(x, sample(length(x), 2, TRUE), values()),
    replace(x, TRUE, values()), x + 1, round(x), as_typed(x, "integer"), as_typed(x, "logical"),
    -x, structure(x, extra = "attribute"), structure(x, class = "other"),
    structure(x, dimnames = NULL), x[rev(seq_along(x))], rev(as.vector(x)),
    if (length(dim(x)) %in% c(2, 4)) empty_batch(x) else x
  )
}
as_typed <- function(x, type) {
  x[!is.na(x) & abs(x) > 1e9] <- 0
  storage.mode(x) <- type
  x
}
empty_batch <- function(x) array(x[0], replace(dim(x), 1, 0))

# What can only change if a function writes into it.
is_data <- function(x) is.atomic(x) || (is.list(x) && all(vapply(unclass(x), is_data, NA)))

# NA + NaN is either of the two, on one machine or another; Inf - Inf is NaN.
tells_na_from_nan <- function(data) {
  numbers <- unlist(rapply(data, as.double, c("numeric", "integer", "logical"), how = "unlist"))
  na <- is.na(numbers) & !is.nan(numbers)
  !any(na) || !any(is.nan(numbers) | abs(numbers) > 1e100, na.rm = TRUE)
}

choose_runtime <- function() {
  convstep_engine(sample(convstep_engines(), 1))
  convstep_simd(sample(convstep_simd_sets(), 1))
  convstep_threads(sample(2, 1))
  runtime()
}
runtime <- function() {
  list(engine = convstep_engine(), set = convstep_simd(), threads = convstep_threads())
}
graphics_settings <- function() {
  list(grDevices::dev.list(), grDevices::dev.cur(), graphics::par(settings_kept))
}

keep <- function(fault, call) {
  directory <- Sys.getenv("FUZZ_KEEP")
  if (nzchar(directory)) {
    saveRDS(c(fault = fault, call, runtime()), tempfile(paste0(call$name, "-"), directory, ".rds"))
  }
}
complain <- function(fault, call) {
  cat(fault, " (", call$name, "; ", paste(unlist(runtime()), collapse = " "), ")\n", sep = "")
  keep(fault, call)
}

seen <- new.env()
outcomes <- c(value = 0, error = 0)
# Errors of files, of memory and of functions given for f, augment or a callback.
others <- paste(c("is not a whole IDX file", "cannot allocate", "memory exhausted", "is too large",
                  "inner error", "invalid 'type' \\(list\\) of argument"), collapse = "|")
named <- "^Assertion on '[^']+' failed: |[Aa]rgument \"[A-Za-z_.]+\""
grDevices::pdf(NULL)
graphics::par(mar = c(1, 2, 3, 4), bg = "grey")
for (k in seq_len(number)) {
  # First each call as it should be.
  call <- calls[[if (k <= length(calls)) k else sample(length(calls), 1)]]
  wrong <- call$arguments
  changes <- if (k <= length(calls)) 0 else sample.int(2, 1)
  for (i in sample(seq_along(wrong), changes, replace = TRUE)) {
    way <- sample(list(function(x) nasty(), tamper, vary, vary), 1)[[1]]
    wrong[i] <- list(suppressWarnings(way(wrong[[i]])))
  }
  # Many epochs and layers are no mistake, but take their time.
  if (is.numeric(wrong$epochs) && any(wrong$epochs > 3, na.rm = TRUE)) wrong$epochs <- -1
  if (length(wrong$filters) > 100) wrong$filters <- 0
  call$arguments <- wrong
  data <- Filter(is_data, wrong)
  before <- unserialize(serialize(data, NULL))
  former <- choose_runtime()
  list2env(former, former_runtime)
  settings <- graphics_settings()
  outcome <- tryCatch({
    # Quoted, so that a name or call among the arguments is a value and not evaluated.
    f <- utils::getFromNamespace(call$name, "convstep")
    value <- suppressWarnings(do.call(f, wrong, quote = TRUE))
    "value"
  }, error = function(e) {
    message <- encodeString(conditionMessage(e))
    if (!grepl(named, message) && !grepl(others, message)) {
      fault <- paste0(call$name, ": ", substr(message, 1, 200))
      if (is.null(seen[[fault]])) keep(fault, call)
      seen[[fault]] <- TRUE
    }
    "error"
  })
  outcomes[outcome] <- outcomes[outcome] + 1
  if (!identical(before, data, num.eq = FALSE)) complain("changed in place:", call)
  if (!identical(settings, graphics_settings())) complain("changed graphics:", call)
  if (outcome == "value") {
    found <- tryCatch({
      expected <- suppressWarnings(do.call(references[[call$name]], wrong, quote = TRUE))
      suppressWarnings(disagreement(value, expected, tells_na_from_nan(data)))
    }, error = function(e) {
      # A definition takes more memory than a kernel.
      if (!grepl(others, conditionMessage(e))) {
        paste("the definition has none:", conditionMessage(e))
      }
    })
    if (!is.null(found)) complain(paste("wrong value:", found), call)
  }
  if (!call$name %in% names(runtime_references) && !identical(former, runtime())) {
    complain("changed settings:", call)
  }
}
for (message in sort(names(seen))) cat("unclear:", message, "\n")
cat(outcomes["error"], "errors,", outcomes["value"], "values\n")
