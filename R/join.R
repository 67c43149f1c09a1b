#' Join branches
#'
#' Brings the outputs of several branches of a net together: cell by cell as their sum, or channels
#' behind channels. The backward pass gives each branch its gradient.
#'
#' With the outputs \eqn{A^{(1)}, A^{(2)}, \ldots} of the branches,
#' \deqn{Z = \sum_j A^{(j)}, \qquad dA^{(j)} = dZ}
#' for `"add"`, as residual nets have it; for `"concat"` the channels of \eqn{Z} are those of the
#' branches in their order, and each gets its own part of \eqn{dZ} back.
#'
#' @param A_prev A list of at least one array `(m, n_H, n_W, n_C)`, or of matrices `(m, D)`. For
#'   `"add"` all of the same shape, for `"concat"` of the same but for the channels (the last
#'   extent). Integers and logicals are taken as doubles.
#' @param mode `"add"` or `"concat"`.
#' @param dZ The gradient with respect to `Z`, shaped like it.
#' @param cache The `cache` that `join_forward()` returned.
#'
#' @return `join_forward()`: a list of `Z`, the joined array, and `cache`, a list of `dims`, the
#'   extents of each array, and `mode`. `join_backward()`: a list of the gradients with respect to
#'   the arrays, in their order.
#'
#' @section Errors:
#' An `A_prev` that is no list of such arrays, shapes that do not join, an unknown `mode`, a `cache`
#' that is no such list, a `dZ` of another shape than the `Z` that belongs to the cache.
#'
#' @references He, K., Zhang, X., Ren, S. and Sun, J. (2016). Deep residual learning for image
#'   recognition. IEEE Conference on Computer Vision and Pattern Recognition.
#'   <https://arxiv.org/abs/1512.03385>: the sum.
#'
#'   Szegedy, C. et al. (2015). Going deeper with convolutions. IEEE Conference on Computer Vision
#'   and Pattern Recognition. <https://arxiv.org/abs/1409.4842>: channels behind channels.
#' @seealso [layer_residual()], [layer_parallel()]
#' @examples
#' A <- array(1:8, c(1, 2, 2, 2))
#' out <- join_forward(list(A, 10 * A), "add")
#' out$Z[1, , , 1]
#' out <- join_forward(list(A, A[, , , 1, drop = FALSE]), "concat")
#' dim(out$Z)
#' lapply(join_backward(out$Z, out$cache), dim)
#' @export
join_forward <- function(A_prev, mode = "add") {
  check_choice(mode, "mode", c("add", "concat"))
  if (!is.list(A_prev) || length(A_prev) == 0) {
    stop_assertion("A_prev", "Must be a list of at least one array, but is ", describe(A_prev))
  }
  A_prev <- Map(check_channels_last, unname(A_prev), paste0("A_prev[[", seq_along(A_prev), "]]"),
                USE.NAMES = FALSE)
  dims <- lapply(A_prev, dim)
  check_joins(dims, mode, function(j, ...) stop_assertion(paste0("A_prev[[", j, "]]"), ...))
  Z <- fresh(if (mode == "add") add_arrays_cpp(A_prev) else concat_arrays_cpp(A_prev))
  list(Z = Z, cache = list(dims = dims, mode = mode))
}

#' @rdname join_forward
#' @export
join_backward <- function(dZ, cache) {
  check_cache(cache, c("dims", "mode"))
  dims <- cache$dims
  whole <- is.list(dims) && length(dims) > 0 && all(vapply(dims, function(d) {
    is.integer(d) && length(d) %in% c(2, 4) && !anyNA(d) && all(d >= 0) && all(d[-1] > 0)
  }, NA))
  if (!whole) {
    stop_assertion("cache$dims", "Must be the extents of arrays, as join_forward() returns them, ",
                   "but is ", describe(dims))
  }
  mode <- check_choice(cache$mode, "cache$mode", c("add", "concat"))
  check_joins(dims, mode, function(j, ...) stop_assertion("cache$dims", ...))
  dZ <- check_dim(dZ, "dZ", joined_dim(dims, mode), "as 'Z' has")
  if (mode == "add") {
    return(rep(list(dZ), length(dims)))
  }
  fresh(split_array_cpp(dZ, vapply(dims, function(d) d[length(d)], 0L)))
}

# The extents of what arrays, or shapes, of these extents give.
joined_dim <- function(dims, mode) {
  dim <- dims[[1]]
  if (mode == "concat") {
    dim[length(dim)] <- sum(vapply(dims, function(d) as.double(d[length(d)]), 0))
  }
  dim
}

# fail(j, message) for the first one that does not join the first.
check_joins <- function(dims, mode, fail) {
  compared <- function(d) if (mode == "add") d else d[-length(d)]
  for (j in seq_along(dims)) {
    if (length(dims[[j]]) != length(dims[[1]]) ||
          !identical(compared(dims[[j]]), compared(dims[[1]]))) {
      fail(j, "Must have the extents of the first, ", format_dim(dims[[1]]),
           if (mode == "concat") ", but for the last", ", but has ", format_dim(dims[[j]]))
    }
  }
  if (joined_dim(dims, mode)[length(dims[[1]])] > .Machine$integer.max) {
    fail(length(dims), "Must not bring the channels above ", .Machine$integer.max)
  }
}
