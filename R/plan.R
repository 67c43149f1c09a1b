# From layers to a plan: a graph of operations with everything about them worked out.
#
# A net computes values: number 0 are the images, and node i of the plan makes value i out of those
# whose numbers it lists, all smaller than i. So the nodes stand in an order in which they can be
# gone through, forwards and backwards, and it is always the same. A node is a list of
#   kind                          "conv", "activation", ...
#   layer                         the path of the layer it belongs to
#   inputs                        the numbers of the values it reads
#   forward(A, p, training)       a list of the output Z and of what backward needs, cache; and of
#                                 new running statistics, state, if it has them
#   backward(dZ, cache, p, wanted)  a list of dA_prev (if wanted) and grads, named like p and
#                                 divided by the number of examples
# and, where training differs from prediction,
#   predicting                    the same two functions for gradients of what is predicted
# where p are the layer's parameters and running statistics. With several inputs A and dA_prev are
# lists of arrays; `wanted` is one answer for all.
#
# The path of a layer is its name; of a layer within another "outer/inner". Parameters, running
# statistics and what the plan says of layers are lists by path, whatever the depth.

# `layers` come from name_layers(). `fuse` allows orders of operations that give the same outputs at
# less work.
network_plan <- function(layers, input, fuse = TRUE) {
  input <- as.integer(input)
  graph <- add_layers(layers, list(nodes = list(), layers = list(), at = 0L, shape = input))
  nodes <- if (fuse) pool_before_activation(graph$nodes) else graph$nodes
  parts <- function(name) Filter(length, lapply(graph$layers, `[[`, name))
  params <- parts("params")
  list(
    nodes = mark_nodes(nodes, names(params)),
    layers = graph$layers,
    paths = graph$paths,
    params = params,
    state = parts("state"),
    decay = lapply(params, function(layer) vapply(layer, function(param) param$decay, NA)),
    input = input,
    output = graph$shape
  )
}

# While it is built, a graph is a list of `nodes`, `layers` by path, the `paths` of layers and
# branches in their order, and the end to build on: the number of a value, `at`, and its `shape`.
add_layers <- function(layers, graph, inside = NULL) {
  for (i in seq_along(layers)) {
    if (is.null(inside)) graph$number <- i
    path <- paste(c(inside, names(layers)[i]), collapse = "/")
    graph$paths <- c(graph$paths, path)
    # A place among the layers before those inside it.
    graph$layers[[path]] <- list(layer = layers[[i]], input = graph$shape)
    graph <- add_layer(layers[[i]], graph, path)
    graph$layers[[path]][c("value", "output")] <- list(graph$at, graph$shape)
  }
  graph
}

# The layers of a branch that starts at `from`, a list of `at` and `shape`.
add_branch <- function(layers, graph, from, path) {
  graph$paths <- c(graph$paths, path)
  graph[c("at", "shape")] <- from
  add_layers(layers, graph, path)
}

# Builds a layer on the end of a graph. Layers that hold others have methods of their own.
add_layer <- function(layer, graph, path) UseMethod("add_layer")

add_layer.convstep_layer <- function(layer, graph, path) {
  built <- tryCatch(build_layer(layer, graph$shape), error = function(e) {
    stop_misfit(graph, path, layer, graph$shape, conditionMessage(e))
  })
  for (op in built$ops) graph <- add_node(graph, op, path)
  graph$layers[[path]][c("params", "state", "macs")] <- built[c("params", "state", "macs")]
  graph$shape <- built$output
  graph
}

add_node <- function(graph, op, path, inputs = graph$at) {
  node <- c(op, list(layer = path, inputs = inputs))
  graph$at <- length(graph$nodes) + 1L
  graph$nodes[[graph$at]] <- node
  graph
}

stop_misfit <- function(graph, path, layer, shape, message) {
  message <- sub("^Assertion on '[^']*' failed: ", "", sub("\\.$", "", message))
  stop_assertion("layers", "Layer ", graph$number, " (", path, ", ", class(layer)[1],
                 ") does not fit the shape ", format_dim(shape), " that reached it: ", message)
}

# An increasing activation and a maximum can change places: then the activation, in both directions,
# has only the maxima to go through. Only where nothing else reads what stands between them.
pool_before_activation <- function(nodes) {
  reads <- tabulate(unlist(lapply(nodes, `[[`, "inputs")), length(nodes))
  for (i in seq_along(nodes)) {
    pool <- nodes[[i]]
    before <- if (isTRUE(pool$is_maximum)) pool$inputs else 0L
    if (before > 0 && isTRUE(nodes[[before]]$increasing) && reads[before] == 1) {
      activation <- nodes[[before]]
      pool$inputs <- activation$inputs
      activation$inputs <- before
      nodes[c(before, i)] <- list(pool, activation)
    }
  }
  nodes
}

# What the passes want to know of each node: whether a gradient has to come back to it (`learns`: it
# or one before it has parameters of `learning`, the paths of layers), to its inputs
# (`passes_back`), and which values nobody needs after it (`last_use`). With `images` a gradient
# comes back to all nodes and to the images.
mark_nodes <- function(nodes, learning, images = FALSE) {
  learns <- logical()
  seen <- integer()
  for (i in seq_along(nodes)) {
    nodes[[i]]$has_params <- nodes[[i]]$layer %in% learning
    nodes[[i]]$passes_back <- images || any(learns[nodes[[i]]$inputs])
    nodes[[i]]$learns <- learns[i] <- nodes[[i]]$has_params || nodes[[i]]$passes_back
  }
  for (i in rev(seq_along(nodes))) {
    read <- setdiff(nodes[[i]]$inputs, 0L)
    nodes[[i]]$last_use <- setdiff(read, seen)
    seen <- c(seen, read)
  }
  nodes
}
