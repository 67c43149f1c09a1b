#' Hand in what you have done, and collect what others did
#'
#' `submission()` writes the latest results of [check_yours()] in this session, with the code of the
#' functions, to a file for a teacher. `read_submissions()` reads the files of a class.
#'
#' The file is text that can be read, in R's own notation, and ends with a checksum of what stands
#' before. The checksum shows that a file has been changed or cut off since it was written. It is no
#' secret: who sets out to deceive can compute another. The code is in the file so that a teacher
#' can run it, with `check_yours()`.
#'
#' @param file The file to write, or, for `read_submissions()`, nothing.
#' @param name Who hands in; the name of the computer's user by default.
#' @param folder The folder with the files, which end in `.convstep`; other files are passed over.
#'
#' @return `submission()`: invisibly, the path of the file. `read_submissions()`: a data frame with
#'   a row for each submission and exercise that was tried: `file`, `name`, `written` (when, a
#'   time), `intact` (whether the checksum fits), `exercise`, `passed`, `right` and `cases` (how
#'   many cases came out right, of how many), `mistake` (names of mistakes, or `""`), `code`. A file
#'   that cannot be read has one row with `intact` `FALSE` and `NA` for the rest.
#'
#' @section Errors:
#' `submission()`: a `file` that does not end in `.convstep`, nothing that was checked in this
#' session. `read_submissions()`: a folder that is not there.
#'
#' @seealso [check_yours()]
#' @examples
#' check_yours(relu = function(Z) list(A = pmax(Z, 0), cache = Z))
#' folder <- tempfile()
#' dir.create(folder)
#' submission(file.path(folder, "ada.convstep"), name = "Ada")
#' read_submissions(folder)[, c("name", "exercise", "passed", "intact")]
#' unlink(folder, recursive = TRUE)
#' @export
submission <- function(file = "submission.convstep", name = Sys.info()[["user"]]) {
  if (!checkmate::test_string(file) || !grepl("\\.convstep$", file)) {
    stop_assertion("file", "Must be the name of a file that ends in \".convstep\", but is ",
                   if (checkmate::test_string(file)) quoted(file) else describe(file))
  }
  if (!checkmate::test_string(name, min.chars = 1)) {
    stop_assertion("name", "Must be a string, but is ", describe(name))
  }
  results <- remembered$results
  if (length(results) == 0) {
    stop("Nothing to hand in: check_yours() has checked no function in this session.",
         call. = FALSE)
  }
  content <- list(
    name = enc2utf8(name), written = format(Sys.time(), "%Y-%m-%dT%H:%M:%SZ", tz = "UTC"),
    convstep = format(utils::packageVersion("convstep")),
    results = lapply(unname(results), function(result) {
      row <- as.list(as.data.frame(result)[c("exercise", "passed", "right", "cases", "mistake")])
      c(row, code = enc2utf8(result$code))
    })
  )
  lines <- deparse(content, width.cutoff = 100, control = c("keepNA", "niceNames"))
  write_lines(c(lines, paste("# checksum", checksum_of(lines))), file)
  invisible(file)
}

#' @rdname submission
#' @export
read_submissions <- function(folder = ".") {
  if (!checkmate::test_string(folder) || !dir.exists(folder)) {
    stop_assertion("folder", "Must be a folder, but is ",
                   if (checkmate::test_string(folder)) quoted(folder) else describe(folder))
  }
  files <- sort(list.files(folder, "\\.convstep$"), method = "radix")
  rows <- lapply(files, function(file) read_submission(file.path(folder, file), file))
  do.call(rbind, c(list(no_submissions()), rows))
}

no_submissions <- function() {
  data.frame(file = character(), name = character(),
             written = as.POSIXct(character(), tz = "UTC"), intact = logical(),
             exercise = character(), passed = logical(), right = integer(), cases = integer(),
             mistake = character(), code = character())
}

# What cannot be read is one row of its own, so that a teacher sees it.
read_submission <- function(path, file) {
  lines <- tryCatch(readLines(path, encoding = "UTF-8", warn = FALSE),
                    error = function(e) character())
  body <- utils::head(lines, -1)
  intact <- identical(utils::tail(lines, 1), paste("# checksum", checksum_of(body)))
  content <- tryCatch(read_value(body), error = function(e) NULL)
  whole <- all(c("name", "written", "results") %in% names(content)) && is.list(content$results)
  if (!whole || length(content$results) == 0) {
    row <- no_submissions()[1, ]
    row$file <- file
    row$intact <- FALSE
    return(row)
  }
  field <- function(name, type) {
    vapply(content$results, function(result) {
      value <- result[[name]]
      if (length(value) == 1) as_type(value, type) else as_type(NA, type)
    }, as_type(NA, type))
  }
  data.frame(
    file = file, name = as.character(content$name)[1],
    written = as.POSIXct(as.character(content$written)[1], "%Y-%m-%dT%H:%M:%SZ", tz = "UTC"),
    intact = intact, exercise = field("exercise", "character"), passed = field("passed", "logical"),
    right = field("right", "integer"), cases = field("cases", "integer"),
    mistake = field("mistake", "character"), code = field("code", "character"), row.names = NULL
  )
}

as_type <- function(value, type) as.vector(value, type)

# The value that text stands for, of lists and constants alone: nothing that a stranger wrote is
# run.
read_value <- function(lines) {
  expressions <- parse(text = lines, keep.source = FALSE, encoding = "UTF-8")
  if (length(expressions) != 1) stop("not one value")
  value_of(expressions[[1]])
}

value_of <- function(expression) {
  if (!is.call(expression)) {
    if (is.name(expression)) stop("a name")
    return(expression)
  }
  head <- expression[[1]]
  if (identical(head, quote(list))) {
    return(lapply(as.list(expression)[-1], value_of))
  }
  if (identical(head, quote(c))) {
    return(unlist(lapply(as.list(expression)[-1], value_of)))
  }
  stop("a call")
}

# The same for Unix's and Windows' ends of lines.
checksum_of <- function(lines) {
  file <- tempfile("checksum-")
  on.exit(unlink(file))
  write_lines(lines, file)
  unname(tools::md5sum(file))
}
