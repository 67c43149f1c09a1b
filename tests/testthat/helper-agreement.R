# Whether a value is the one that a definition gives: all of it, names and attributes included, and
# numbers as far as rounding lets them be known.

# Numbers that may differ by `relative` times `scale`, the sum of the absolute terms. `kinds`:
# whether the definition says which of NA and NaN it gives.
about <- function(value, scale = abs(as.vector(unclass(value))), relative = 1e-12, kinds = TRUE) {
  error <- relative * as.vector(scale)
  structure(list(value = value, error = rep_len(error, length(value)), kinds = kinds),
            class = "about")
}

# A condition that the value must satisfy where the definition leaves a choice.
satisfying <- function(holds) structure(list(holds = holds), class = "satisfying")

# NULL, or in words where `actual` is another value than `expected`: a constant, about(),
# satisfying(), or a list of these. `kinds`: whether NA and NaN are told apart.
disagreement <- function(actual, expected, kinds = TRUE, where = "the value") {
  if (inherits(expected, "satisfying")) {
    return(if (!isTRUE(expected$holds(actual))) paste(where, "is out of its bounds"))
  }
  if (inherits(expected, "about")) {
    return(number_disagreement(actual, expected$value, expected$error, kinds && expected$kinds,
                               where))
  }
  if (is.list(expected) && !is.object(expected) && is.list(actual) && !is.object(actual)) {
    return(list_disagreement(actual, expected, kinds, where))
  }
  if (!identical(actual, expected)) paste(where, "is not", short(expected), "but", short(actual))
}

list_disagreement <- function(actual, expected, kinds, where) {
  if (!identical(names(actual), names(expected)) || length(actual) != length(expected)) {
    return(paste(where, "has the names", short(names(actual)), "not", short(names(expected))))
  }
  for (i in seq_along(expected)) {
    part <- paste0(where, if (is.null(names(expected))) paste0("[[", i, "]]") else
      paste0("$", names(expected)[i]))
    found <- disagreement(actual[[i]], expected[[i]], kinds, part)
    if (!is.null(found)) {
      return(found)
    }
  }
  NULL
}

number_disagreement <- function(actual, expected, error, kinds, where) {
  if (!is.double(actual) || length(actual) != length(expected)) {
    return(paste(where, "is", short(actual), "not", short(expected)))
  }
  sorted <- function(attributes) attributes[sort(names(attributes))]
  if (!identical(sorted(attributes(actual)), sorted(attributes(expected)))) {
    return(paste(where, "has the attributes", short(attributes(actual)), "not",
                 short(attributes(expected))))
  }
  actual <- as.vector(unclass(actual))
  expected <- as.vector(unclass(expected))
  wrong <- is.na(actual) != is.na(expected)
  if (kinds) wrong <- wrong | is.nan(actual) != is.nan(expected)
  # Where the terms overflow, their sum depends on their order. Denormal numbers have few digits.
  known <- !wrong & !is.na(actual) & !(is.finite(expected) & !is.finite(error))
  infinite <- is.infinite(actual) | is.infinite(expected)
  error <- pmax(error, 1e-300)
  wrong[known] <- ifelse(infinite, actual != expected, abs(actual - expected) > error)[known]
  if (any(wrong)) {
    i <- which(wrong)[1]
    paste0(where, "[", i, "] is ", format(actual[i], digits = 17), " not ",
           format(expected[i], digits = 17), " (", sum(wrong), " of ", length(wrong), ")")
  }
}

short <- function(x) {
  text <- paste(deparse(x, width.cutoff = 200, nlines = 1), collapse = "")
  if (nchar(text) > 150) paste0(substr(text, 1, 147), "...") else text
}
