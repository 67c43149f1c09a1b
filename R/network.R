# A whole network: from layers to a plan, from a plan and parameters to outputs and gradients.
#
# A shape is c(rows, columns, channels), or one number behind an affine layer. A plan is made once
# and holds the operations in order, with everything about them worked out; parameters and running
# statistics are lists with an element a layer, by name, and nothing else is needed to save a net.
# An operation is a list of
#   forward(A, p, training)       a list of the output Z and of what backward needs, cache; and of
#                                 new running statistics, state, if it has them
#   backward(dZ, cache, p, wanted)  a list of dA_prev (if wanted) and grads, named like p
# where p are the layer's parameters and running statistics.

# Names (conv1, pool1, ..., output) for the layers without one, and the layer to the outputs.
name_layers <- function(layers, outputs) {
  layers <- c(layers, list(layer_affine(outputs, activation = "none")))
  kinds <- sub("^layer_", "", vapply(layers, function(layer) class(layer)[1], ""))
  numbers <- ave(seq_along(kinds), kinds, FUN = seq_along)
  defaults <- paste0(kinds, numbers)
  defaults[length(layers)] <- "output"
  given <- names(layers)
  if (is.null(given)) given <- rep("", length(layers))
  names(layers) <- ifelse(given == "", defaults, given)
  twice <- names(layers)[duplicated(names(layers))]
  if (length(twice) > 0) {
    stop_assertion("layers", "Must have names that differ, but has \"", twice[1], "\" twice")
  }
  layers
}

# `fuse` allows orders of operations that give the same outputs at less work. `layers` come from
# name_layers().
network_plan <- function(layers, input, fuse = TRUE) {
  shape <- as.integer(input)
  ops <- list()
  built <- list()
  for (i in seq_along(layers)) {
    name <- names(layers)[i]
    layer <- tryCatch(build_layer(layers[[i]], shape), error = function(e) {
      stop_misfit(i, name, layers[[i]], shape, conditionMessage(e))
    })
    for (op in layer$ops) {
      ops[[length(ops) + 1]] <- c(op, list(layer = i))
    }
    shape <- layer$output
    built[[name]] <- layer[c("output", "params", "state", "gain", "fan_in", "macs")]
  }
  list(ops = if (fuse) pool_before_activation(ops) else ops, layers = built,
       input = as.integer(input))
}

stop_misfit <- function(i, name, layer, shape, message) {
  message <- sub("^Assertion on '[^']*' failed: ", "", sub("\\.$", "", message))
  stop_assertion("layers", "Layer ", i, " (", name, ", ", class(layer)[1], ") does not fit the ",
                 "shape ", format_dim(shape), " that reached it: ", message)
}

# A monotone activation and a maximum can change places: then the activation, in both directions,
# has only the maxima to go through.
pool_before_activation <- function(ops) {
  for (i in seq_len(max(length(ops) - 1, 0))) {
    if (ops[[i]]$kind == "activation" && isTRUE(ops[[i + 1]]$monotone)) {
      ops[c(i, i + 1)] <- ops[c(i + 1, i)]
    }
  }
  ops
}

# He initialisation (He et al. 2015): normal with variance gain / fan_in, where the gain is 2 before
# a rectifier and 1 elsewhere.
network_init <- function(plan) {
  lapply(plan$layers, function(layer) {
    lapply(layer$params, function(param) {
      if (is.null(param$dim)) {
        param$value
      } else if (is.null(param$value)) {
        array(rnorm(prod(param$dim), sd = sqrt(layer$gain / layer$fan_in)), param$dim)
      } else {
        array(param$value, param$dim)
      }
    })
  })
}

network_init_state <- function(plan) lapply(plan$layers, function(layer) layer$state)

# The outputs (logits, or the numbers themselves for a regression). With `training` also the caches
# for network_backward() and the new running statistics. `params` and `state` are lists by layer.
network_forward <- function(plan, params, state, x, training = FALSE) {
  caches <- vector("list", length(plan$ops))
  for (i in seq_along(plan$ops)) {
    op <- plan$ops[[i]]
    step <- op$forward(x, c(params[[op$layer]], state[[op$layer]]), training)
    x <- step$Z
    if (training) {
      caches[[i]] <- step$cache
      if (!is.null(step$state)) state[[op$layer]] <- step$state
    }
  }
  list(Z = x, caches = caches, state = state)
}

# The gradients with respect to the parameters, a list like `params`, from the gradient of each
# example's loss with respect to the outputs: means over the batch.
network_backward <- function(plan, params, caches, dZ) {
  grads <- params
  for (i in rev(seq_along(plan$ops))) {
    op <- plan$ops[[i]]
    step <- op$backward(dZ, caches[[i]], params[[op$layer]], i > 1)
    if (!is.null(step$grads)) grads[[op$layer]] <- step$grads
    dZ <- step$dA_prev
  }
  grads
}

# The output of each layer for the images `x` (or one image), activation included, a list by layer.
layer_outputs <- function(fit, x) {
  check_fit(fit)
  x <- check_newdata(x, "x", fit$input)
  plan <- network_plan(fit$layers, fit$input, fuse = FALSE)
  A <- gather_batch_cpp(x, seq_len(dim(x)[1]), fit$scale)
  outputs <- list()
  for (op in plan$ops) {
    A <- op$forward(A, c(fit$params[[op$layer]], fit$state[[op$layer]]), FALSE)$Z
    outputs[[names(fit$layers)[op$layer]]] <- A
  }
  outputs
}
