# The list `hparameters` of convolution and pooling, checked and brought into one form:
# `window` = stride, pad and dilation, each (vertical, horizontal), with -1 for pad = "same".

conv_hparameters <- function(hparameters) {
  # `f` is let through, so that one list may serve a convolution and the pooling after it.
  check_hparameters(hparameters, c("stride", "pad"), c("dilation", "groups", "f"))
  groups <- if (is.null(hparameters$groups)) 1L else hparameters$groups
  if (length(groups) != 1) {
    stop_assertion("hparameters$groups", "Must be one whole number, but is ", describe(groups))
  }
  groups <- check_pair(groups, "hparameters$groups", lower = 1)[1]
  dilation <- if (is.null(hparameters$dilation)) 1L else hparameters$dilation
  list(
    window = c(
      check_pair(hparameters$stride, "hparameters$stride", lower = 1),
      check_pad(hparameters$pad),
      check_pair(dilation, "hparameters$dilation", lower = 1)
    ),
    groups = groups
  )
}

pool_hparameters <- function(hparameters) {
  check_hparameters(hparameters, c("f", "stride"), "pad")
  list(
    f = check_pair(hparameters$f, "hparameters$f", lower = 1),
    window = c(
      check_pair(hparameters$stride, "hparameters$stride", lower = 1),
      check_pad(if (is.null(hparameters$pad)) 0L else hparameters$pad),
      1L, 1L
    )
  )
}

check_hparameters <- function(hparameters, required, optional) {
  if (!is.list(hparameters)) {
    stop_assertion("hparameters", "Must be a list with ",
                   paste0("'", required, "'", collapse = ", "), ", but is ", describe(hparameters))
  }
  missing <- setdiff(required, names(hparameters))
  if (length(missing) > 0) {
    stop_assertion("hparameters", "Must have ", paste0("'", missing, "'", collapse = ", "),
                   ", but has ", if (is.null(names(hparameters))) "no names" else
                     paste0("'", names(hparameters), "'", collapse = ", "))
  }
  unknown <- setdiff(names(hparameters), c(required, optional))
  if (length(unknown) > 0) {
    stop_assertion("hparameters", "Must have no fields but ",
                   paste0("'", c(required, optional), "'", collapse = ", "), ", but has ",
                   paste0("'", unknown, "'", collapse = ", "))
  }
  invisible(hparameters)
}

check_pad <- function(pad) {
  if (identical(pad, "same")) {
    c(-1L, -1L)
  } else if (identical(pad, "valid")) {
    c(0L, 0L)
  } else if (is.character(pad)) {
    check_choice(pad, "hparameters$pad", c("same", "valid"))
  } else {
    check_pair(pad, "hparameters$pad", lower = 0)
  }
}
