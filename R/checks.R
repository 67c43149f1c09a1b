# Argument checks that several chapters share. Each returns its value ready for C++: doubles where
# integers and logicals came. Messages read "Assertion on 'name' failed: Must ..., but ...", the
# form of checkmate's own.

stop_assertion <- function(name, ...) {
  stop("Assertion on '", name, "' failed: ", ..., ".", call. = FALSE)
}

# A short description of what came: type and extents.
describe <- function(x) {
  extents <- dim(x)
  if (is.null(x)) {
    "NULL"
  } else if (is.data.frame(x)) {
    paste0("data frame of dim ", format_dim(extents))
  } else if (is.null(extents)) {
    paste0(class(x)[1], " of length ", length(x))
  } else {
    paste0(typeof(x), " array of dim ", format_dim(extents))
  }
}

format_dim <- function(extents) paste0("(", paste(extents, collapse = ", "), ")")

is_numeric_like <- function(x) {
  (is.double(x) || is.integer(x) || is.logical(x)) && !is.factor(x) && has_own_extents(x)
}

# FALSE for an object whose class has a length() or dim() other than the values themselves have, as
# vectors that lie in a file may: C++ sees the values alone.
has_own_extents <- function(x) {
  !is.object(x) || (length(x) == length(unclass(x)) && identical(dim(x), attr(x, "dim")))
}

as_double <- function(x) {
  if (!is.double(x)) storage.mode(x) <- "double"
  x
}

# Numbers of any shape.
check_numeric <- function(x, name) {
  if (!is_numeric_like(x)) {
    stop_assertion(name, "Must be numeric, but is ", describe(x))
  }
  as_double(x)
}

# An array (m, n_H, n_W, n_C): the batch may be empty, the other extents may not.
check_array4 <- function(x, name) {
  if (!is_numeric_like(x) || length(dim(x)) != 4) {
    stop_assertion(name, "Must be a numeric array (m, n_H, n_W, n_C), but is ", describe(x))
  }
  if (any(dim(x)[-1] < 1)) {
    stop_assertion(name, "Must have at least one row, column and channel, but has dim ",
                   format_dim(dim(x)))
  }
  as_double(x)
}

check_matrix <- function(x, name, axes) {
  if (!is_numeric_like(x) || length(dim(x)) != 2) {
    stop_assertion(name, "Must be a numeric matrix ", axes, ", but is ", describe(x))
  }
  as_double(x)
}

# An array of exactly these extents.
check_dim <- function(x, name, extents, like) {
  if (!is_numeric_like(x) || !identical(as.integer(dim(x)), as.integer(extents))) {
    stop_assertion(name, "Must be a numeric array of dim ", format_dim(extents), ", ", like,
                   ", but is ", describe(x))
  }
  as_double(x)
}

# The fields of a cache, which a user may have built by hand.
check_cache <- function(cache, fields, name = "cache",
                        what = "as the forward function returns it") {
  if (!is.list(cache) || !all(fields %in% names(cache))) {
    stop_assertion(name, "Must be a list with ", paste0("'", fields, "'", collapse = ", "),
                   ", ", what, ", but is ",
                   if (is.list(cache)) {
                     paste0("a list with ", if (is.null(names(cache))) "no names" else
                       paste0("'", names(cache), "'", collapse = ", "))
                   } else {
                     describe(cache)
                   })
  }
  invisible(cache)
}

# A string as it is typed, cut if it is long.
quoted <- function(x) {
  x <- encodeString(x, quote = "\"")
  if (nchar(x) > 60) paste0(substr(x, 1, 56), "...\"") else x
}

# One of several strings.
check_choice <- function(x, name, choices) {
  if (!is.character(x) || length(x) != 1 || !x %in% choices) {
    stop_assertion(name, "Must be one of ", paste0("\"", choices, "\"", collapse = ", "),
                   ", but is ", if (is.character(x) && length(x) == 1) quoted(x) else describe(x))
  }
  x
}

# The same for an argument whose default is the vector of all choices: then it is the first.
check_option <- function(x, name, choices) {
  if (identical(x, choices)) choices[1] else check_choice(x, name, choices)
}

# One whole number or two (vertical, horizontal), as two integers.
check_pair <- function(x, name, lower) {
  whole <- (is.double(x) || is.integer(x)) && length(x) %in% 1:2 && is.null(dim(x)) &&
    all(is.finite(x)) && all(x == round(x)) && all(x >= lower) && all(x <= .Machine$integer.max)
  if (!whole) {
    stop_assertion(name, "Must be one whole number or two (vertical, horizontal) of at least ",
                   lower, ", but is ",
                   if (is_numeric_like(x) && length(x) %in% 1:4) {
                     paste(format(x), collapse = ", ")
                   } else {
                     describe(x)
                   })
  }
  rep_len(as.integer(x), 2)
}

# A gradient that has the shape of the cached values; their other attributes may differ.
check_like <- function(x, name, like, like_name = "cache") {
  x <- check_numeric(x, name)
  if (length(x) != length(like) || !identical(dim(x), dim(like))) {
    stop_assertion(name, "Must have the shape of '", like_name, "', ", describe(like),
                   ", but is ", describe(x))
  }
  x
}

# One finite number, at least `lower` and below `upper`.
check_finite <- function(x, name, lower = -Inf, upper = Inf) {
  if (!is_numeric_like(x) || length(x) != 1 || !is.finite(x) || x < lower || x >= upper) {
    stop_assertion(name, "Must be one finite number",
                   if (is.finite(lower)) paste0(" of at least ", lower),
                   if (is.finite(upper)) paste0(", below ", upper), ", but is ",
                   describe_number(x))
  }
  as.double(x)
}

# One number above 0; infinity only if asked for.
check_positive <- function(x, name, finite = TRUE) {
  if (!checkmate::test_number(x, finite = finite) || x <= 0) {
    stop_assertion(name, "Must be one positive number, but is ", describe_number(x))
  }
  as.double(x)
}

# One whole number of at least `lower`, as an integer.
check_count <- function(x, name, lower = 1) {
  # checkmate does not hold complex numbers against the bounds.
  if (is.complex(x) ||
        !checkmate::test_int(x, lower = lower, upper = .Machine$integer.max, tol = 0)) {
    stop_assertion(name, "Must be one whole number of at least ", lower, ", but is ",
                   describe_number(x))
  }
  as.integer(x)
}

check_flag <- function(x, name) {
  if (!checkmate::test_flag(x)) {
    stop_assertion(name, "Must be TRUE or FALSE, but is ", describe_number(x))
  }
  x
}

# One number is shown, anything else described.
describe_number <- function(x) {
  if (is_numeric_like(x) && length(x) == 1) format(x) else describe(x)
}

# For a package under Suggests: the error names it and what it is needed for ("to read ...").
need_package <- function(package, purpose) {
  if (!requireNamespace(package, quietly = TRUE)) {
    stop("The package '", package, "' is needed ", purpose, ": install.packages(\"", package, "\").",
         call. = FALSE)
  }
}
