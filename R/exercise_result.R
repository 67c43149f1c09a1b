# How results of check_yours() look.

#' @export
print.exercise_result <- function(x, draw = draws_here(), ...) {
  cat(format(x, ...), sep = "\n")
  if (draw) plot(x)
  invisible(x)
}

# A picture is welcome where somebody looks at the screen, and in a document.
draws_here <- function() interactive() || isTRUE(getOption("knitr.in.progress"))

#' @export
format.exercise_result <- function(x, ...) {
  all <- x$cases[["all"]]
  if (x$passed) {
    return(c(
      cli::col_green(paste0(cli::symbol$tick, " ", x$exercise, ": right in all ", all, " cases.")),
      note_lines(x)
    ))
  }
  head <- paste0(cli::symbol$cross, " ", x$exercise, ": not yet. ", x$cases[["right"]], " of ",
                 all, " cases are right.")
  text <- if (length(x$diagnosis) > 1) {
    c(paste(length(x$diagnosis), "things are wrong:"),
      paste0(seq_along(x$diagnosis), ". ", x$diagnosis))
  } else {
    x$diagnosis
  }
  hints <- paste0(if (length(x$hint) > 1) paste0("Hint ", seq_along(x$hint)) else "Hint", ": ",
                  x$hint)
  c(cli::col_red(head), wrapped(text), case_lines(x), wrapped(hints, cli::col_blue), note_lines(x))
}

wrapped <- function(text, style = identity) {
  style(unlist(lapply(text, strwrap, width = 80, indent = 2, exdent = 4)))
}

note_lines <- function(x) if (length(x$notes) > 0) wrapped(paste("Note:", x$notes))

case_lines <- function(x) {
  if (is.na(x$case)) {
    return(NULL)
  }
  c(
    wrapped(paste0("It shows in the case \"", x$case, "\": ", describe_arguments(x$arguments),
                   ".")),
    if (!is.na(x$error)) wrapped(paste0("Error: ", cut_line(x$error, 200)), cli::col_red),
    if (length(array_lines(x)) > 0) c("", array_lines(x), "")
  )
}

array_lines <- function(x) if (!is.na(x$part)) c(both_arrays(x), meeting_lines(x))

# "A_prev (1, 3, 3, 1), W (2, 2, 1, 1), stride 1, pad 0"
describe_arguments <- function(arguments) {
  described <- lapply(names(arguments), function(name) {
    value <- arguments[[name]]
    if (is.list(value)) {
      describe_arguments(value)
    } else if (!is.null(dim(value))) {
      paste(name, format_dim(dim(value)))
    } else if (is.character(value) && length(value) == 1) {
      paste(name, quoted(value))
    } else if (length(value) <= 4) {
      paste(name, paste(format(value, trim = TRUE, digits = 4), collapse = ", "))
    } else {
      paste(name, "of length", length(value))
    }
  })
  paste(described, collapse = ", ")
}

# --- arrays as text ------------------------------------------------------------------------------

# What was expected and what came, side by side; cells that differ are marked.
both_arrays <- function(x) {
  expected <- parts_of(x$expected, x$part)[[1]]
  got <- parts_of(x$got, x$part)[[1]]
  if (!is_numeric_like(expected) || !is_numeric_like(got) || length(got) == 0) {
    return(NULL)
  }
  left <- slice_of(x$part, expected, x$cell)
  right <- slice_of(x$part, got, if (identical(dim(got), dim(expected))) x$cell else integer())
  if (is.null(left) || is.null(right)) {
    return(NULL)
  }
  wrong <- if (identical(dim(left), dim(right))) {
    !matrix(same_cells(right, left), nrow(left))
  } else {
    matrix(FALSE, nrow(right), ncol(right))
  }
  beside(list(
    text_block(paste0(x$part, slice_label(x$part, expected, x$cell), ", expected"), left),
    text_block("yours", right, wrong)
  ))
}

# The image of the cell's example and channel; matrices and vectors as they are.
slice_of <- function(part, values, cell) {
  extents <- dim(values)
  if (length(extents) < 2) {
    matrix(values, 1)
  } else if (length(extents) == 2) {
    values
  } else if (length(extents) == 3) {
    matrix(values[, , if (length(cell) == 3) cell[3] else 1], extents[1])
  } else if (length(extents) == 4) {
    at <- slice_index(part, cell)
    if (is_filters(part)) matrix(values[, , at[1], at[2]], extents[1]) else
      matrix(values[at[1], , , at[2]], extents[2])
  }
}

# Filters are (rows, columns, channels, filters); everything else with four axes begins with the
# example.
is_filters <- function(part) part %in% c("dW", "cache$W")

slice_index <- function(part, cell) {
  if (length(cell) != 4) {
    return(c(1, 1))
  }
  if (is_filters(part)) cell[3:4] else cell[c(1, 4)]
}

slice_label <- function(part, values, cell) {
  if (length(dim(values)) != 4) {
    return("")
  }
  at <- slice_index(part, cell)
  if (is_filters(part)) paste0("[, , ", at[1], ", ", at[2], "]") else
    paste0("[", at[1], ", , , ", at[2], "]")
}

# A title and rows of numbers; at most `most` rows and columns.
text_block <- function(title, values, marked = values != values, most = c(10, 8)) {
  rows <- seq_len(min(nrow(values), most[1]))
  columns <- seq_len(min(ncol(values), most[2]))
  cells <- matrix(format_cells(values, 3), nrow(values))
  marked[is.na(marked)] <- TRUE
  plain <- cli::num_ansi_colors() == 1
  if (plain) cells[marked] <- paste0(cells[marked], "*")
  width <- max(nchar(cells[rows, columns]))
  cells[] <- formatC(cells, width = width)
  if (!plain) cells[marked] <- cli::col_red(cells[marked])
  lines <- apply(cells[rows, columns, drop = FALSE], 1, paste, collapse = " ")
  if (ncol(values) > most[2]) lines <- paste(lines, "...")
  c(title, lines, if (nrow(values) > most[1]) "...")
}

# Blocks of lines in a row.
beside <- function(blocks, gap = "    ") {
  height <- max(lengths(blocks))
  lines <- ""
  for (block in blocks) {
    block <- c(block, rep("", height - length(block)))
    width <- cli::ansi_nchar(block)
    lines <- paste0(lines, block, strrep(" ", max(width) - width), gap)
  }
  paste0("  ", sub(" +$", "", lines))
}

# The arrays that met in the differing cell.
meeting_lines <- function(x) {
  exercise <- exercise_list(x$exercise)[[1]]
  if (is.null(exercise$meets) || length(x$cell) == 0) {
    return(NULL)
  }
  met <- exercise$meets(x$arguments, x$part, x$cell)
  if (is.null(met)) {
    return(NULL)
  }
  blocks <- Map(text_block, names(met), lapply(met, function(m) matrix(m, dim(m)[1])))
  at <- if (length(x$cell) > 1) paste0("[", paste(x$cell, collapse = ", "), "]") else
    if (length(parts_of(x$expected, x$part)[[1]]) > 1) paste0("[", x$cell, "]") else ""
  c("", paste0("  What met in ", x$part, at, ":"), beside(blocks))
}

#' @export
plot.exercise_result <- function(x, ...) {
  exercise <- exercise_list(x$exercise)[[1]]
  if (!is.null(exercise$draw) && length(x$cell) > 0) {
    exercise$draw(x$arguments, x$part, x$cell)
  }
  invisible(x)
}

# --- several results, and the list of exercises --------------------------------------------------

#' @export
print.exercise_results <- function(x, ...) {
  for (i in seq_along(x)) {
    if (i > 1) cat("\n")
    print(x[[i]], draw = FALSE)
  }
  invisible(x)
}

#' @export
as.data.frame.exercise_results <- function(x, ...) {
  do.call(rbind, c(lapply(x, as.data.frame), list(make.row.names = FALSE)))
}

#' @export
as.data.frame.exercise_result <- function(x, ...) {
  data.frame(
    exercise = x$exercise, passed = x$passed, right = x$cases[["right"]], cases = x$cases[["all"]],
    case = x$case, mistake = paste(x$mistake, collapse = " + "),
    diagnosis = if (x$passed) NA_character_ else paste(x$diagnosis, collapse = " ")
  )
}

#' @export
print.exercise_progress <- function(x, ...) {
  marks <- c(passed = cli::col_green(cli::symbol$tick), "not yet" = cli::col_red(cli::symbol$cross),
             open = " ")
  for (chapter in unique(x$chapter)) {
    rows <- x[x$chapter == chapter, ]
    cat(sub("\\..*", "", rows$section[1]), ". ", chapter, "\n", sep = "")
    cat(paste0("  ", marks[rows$state], " ", formatC(rows$exercise, width = -28), rows$title,
               "\n"), sep = "")
  }
  done <- sum(x$state == "passed")
  cat("\n", done, " of ", nrow(x), " passed.", sep = "")
  if (done < nrow(x)) {
    following <- x$exercise[x$state != "passed"][1]
    cat(" Next: check_yours(", following, " = your_function)", sep = "")
  }
  cat("\nexercises() writes a file with all functions to fill in.\n")
  invisible(x)
}
