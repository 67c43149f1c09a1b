# Branches: layers that hold layers. See plan.R for graphs.

#' Branches of a network
#'
#' Layers that hold lists of layers. `layer_residual()` adds what its layers make of the input to
#' the input itself; `layer_parallel()` gives the same input to several branches and joins their
#' outputs. They stand in a list of layers like any other, and hold each other as deep as one likes.
#'
#' @param layers The layers of a branch: a list as for [cnn()], or one layer.
#' @param shortcut What the input goes through on the other way, before the sum: a list of layers,
#'   or one layer; an empty list for the input as it is. `NULL`: the input as it is if the shapes
#'   are alike, and otherwise a projection: a convolution of 1x1 with the stride that leads to the
#'   rows and columns of the branch, then batch normalisation (behind affine layers an affine layer
#'   instead of the convolution).
#' @param activation The function applied to each value of the sum, as for [layer_conv()].
#' @param ... The branches: each a list of layers, or one layer. An empty list passes the input on.
#'   Branches may have names, by default they are `branch1`, `branch2`, ...
#' @param join `"concat"`: the channels of the branches one behind the other; `"add"`: their sum.
#'   See [join_forward()].
#'
#' @return A list of class `convstep_layer` that holds the arguments.
#'
#' @details
#' Within [coef()][coef.cnn], [plot_activations()] and [summary()][summary.cnn] a layer inside has
#' the names of those around it in front: `"residual1/conv2"`, `"residual1/shortcut/conv1"`,
#' `"parallel1/branch2/conv1"`.
#'
#' @section Errors:
#' What is no layer; two layers or branches of one name. Whether the shapes join is seen when
#' [cnn()] puts the layers together.
#'
#' @references He, K., Zhang, X., Ren, S. and Sun, J. (2016). Deep residual learning for image
#'   recognition. IEEE Conference on Computer Vision and Pattern Recognition.
#'   <https://arxiv.org/abs/1512.03385>
#' @seealso [layers], [join_forward()]
#' @examples
#' block <- function(filters, stride = 1) {
#'   layer_residual(list(
#'     layer_conv(filters, f = 3, stride = stride, pad = 1, activation = "none"),
#'     layer_batchnorm(activation = "relu"),
#'     layer_conv(filters, f = 3, pad = 1, activation = "none"),
#'     layer_batchnorm()
#'   ), activation = "relu")
#' }
#' digits <- mnist_sample()$test
#' few <- digits$x[1:100, , , , drop = FALSE]
#' fit <- cnn(few, digits$y[1:100], list(block(4, 2), block(4), layer_global_pool()), epochs = 1)
#' summary(fit)
#'
#' # Windows of two sizes side by side.
#' layer_parallel(layer_conv(4, f = 1), list(layer_conv(2, f = 1), layer_conv(4, f = 3, pad = 1)))
#' @export
layer_residual <- function(layers, shortcut = NULL, activation = "none") {
  layers <- name_layers(check_layers(layers))
  if ("shortcut" %in% names(layers)) {
    stop_assertion("layers", "Must have no layer of the name \"shortcut\"")
  }
  new_layer("residual", list(
    layers = layers,
    shortcut = if (!is.null(shortcut)) name_layers(check_layers(shortcut, "shortcut")),
    activation = check_choice(activation, "activation", activations)
  ))
}

#' @rdname layer_residual
#' @export
layer_parallel <- function(..., join = c("concat", "add")) {
  branches <- list(...)
  if (length(branches) == 0) {
    stop_assertion("...", "Must be at least one branch, but is none")
  }
  given <- names(branches)
  if (is.null(given)) given <- rep("", length(branches))
  names(branches) <- ifelse(given == "", paste0("branch", seq_along(branches)), given)
  check_layer_names(names(branches), "...")
  branches <- Map(function(branch, name) name_layers(check_layers(branch, name)), branches,
                  names(branches))
  new_layer("parallel", list(
    branches = branches,
    join = check_option(join, "join", c("concat", "add"))
  ))
}

made_again.layer_parallel <- function(x) {
  do.call(layer_parallel, c(x$branches, list(join = x$join)), quote = TRUE)
}

add_layer.layer_residual <- function(layer, graph, path) {
  start <- graph[c("at", "shape")]
  graph <- add_layers(layer$layers, graph, path)
  end <- graph[c("at", "shape")]
  fail <- function(...) stop_misfit(graph, path, layer, start$shape, paste0(...))
  shortcut <- if (!is.null(layer$shortcut)) {
    layer$shortcut
  } else if (!identical(end$shape, start$shape)) {
    projection(start$shape, end$shape, fail)
  }
  graph <- add_branch(shortcut, graph, start, paste0(path, "/shortcut"))
  graph <- add_join(graph, list(end, graph[c("at", "shape")]), "add", path, fail)
  for (op in op_activation(layer$activation)) graph <- add_node(graph, op, path)
  graph
}

add_layer.layer_parallel <- function(layer, graph, path) {
  start <- graph[c("at", "shape")]
  ends <- list()
  for (name in names(layer$branches)) {
    graph <- add_branch(layer$branches[[name]], graph, start, paste0(path, "/", name))
    ends <- c(ends, list(graph[c("at", "shape")]))
  }
  fail <- function(...) stop_misfit(graph, path, layer, start$shape, paste0(...))
  add_join(graph, ends, layer$join, path, fail)
}

# The layers that bring an input of shape `from` to shape `to`.
projection <- function(from, to, fail) {
  if (length(from) != length(to)) {
    fail("its layers make ", format_dim(to), " of it, so that it needs a 'shortcut'")
  }
  if (length(to) == 1) {
    return(name_layers(list(layer_affine(to, "none"), layer_batchnorm())))
  }
  stride <- ceiling(from[1:2] / to[1:2])
  if (!all(ceiling(from[1:2] / stride) == to[1:2])) {
    fail("its layers make ", format_dim(to), " of it, to which no stride of a 1x1 convolution ",
         "leads, so that it needs a 'shortcut'")
  }
  name_layers(list(layer_conv(to[3], f = 1, stride = stride, activation = "none"),
                   layer_batchnorm()))
}

# Joins the ends of branches, each a list of `at` and `shape`.
add_join <- function(graph, ends, mode, path, fail) {
  shapes <- lapply(ends, `[[`, "shape")
  check_joins(shapes, mode, function(j, ...) {
    fail("its branches do not join: number ", j, " must have the shape of the first",
         if (mode == "concat") " but for the channels", ", ", format_dim(shapes[[1]]),
         ", but has ", format_dim(shapes[[j]]))
  })
  if (length(ends) > 1) {
    channels <- vapply(shapes, function(shape) shape[length(shape)], 0L)
    op <- if (mode == "add") op_add(length(ends)) else op_concat(channels)
    graph <- add_node(graph, op, path, vapply(ends, `[[`, 0L, "at"))
  }
  graph$shape <- as.integer(joined_dim(shapes, mode))
  graph
}

op_add <- function(branches) {
  list(
    kind = "add",
    forward = function(A, p, training) list(Z = add_arrays_cpp(A)),
    backward = function(dZ, cache, p, wanted) list(dA_prev = rep(list(dZ), branches))
  )
}

op_concat <- function(channels) {
  list(
    kind = "concat",
    forward = function(A, p, training) list(Z = concat_arrays_cpp(A)),
    backward = function(dZ, cache, p, wanted) list(dA_prev = split_array_cpp(dZ, channels))
  )
}
