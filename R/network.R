# A net at work: from a plan and parameters to outputs and gradients. Parameters and running
# statistics are lists by the path of the layer, and nothing else is needed to save a net.
#
# What the images hold decides what is computed with: doubles, or floats (src/r_glue.h), which all
# values and their gradients are then. Parameters, their gradients and running statistics are
# doubles always.

network_init <- function(plan) lapply(plan$params, lapply, start_value)

network_init_state <- function(plan) plan$state

# The outputs (logits, or the numbers themselves for a regression). With `training` also the caches
# for network_backward() and the new running statistics. With `keep` also all `values`; else what
# nobody needs any more makes room for what is to come.
network_forward <- function(plan, params, state, x, training = FALSE, keep = FALSE) {
  nodes <- plan$nodes
  caches <- vector("list", length(nodes))
  # Value v stands at place v + 1.
  values <- c(list(x), caches)
  for (i in seq_along(nodes)) {
    node <- nodes[[i]]
    A <- if (length(node$inputs) == 1) values[[node$inputs + 1]] else values[node$inputs + 1]
    step <- node$forward(A, c(params[[node$layer]], state[[node$layer]]), training)
    values[[i + 1]] <- step$Z
    if (!keep) {
      if (!training) give_back_cpp(values, node$last_use + 1L)
      values[node$last_use + 1] <- list(NULL)
    }
    if (training) {
      if (!is.null(step$cache)) caches[[i]] <- step$cache
      if (!is.null(step$state)) state[[node$layer]] <- step$state
    }
  }
  list(Z = values[[length(values)]], caches = caches, state = state,
       values = if (keep) values[-1])
}

# The gradients with respect to the parameters of the layers that learn, a list by path, from the
# gradient of each example's loss with respect to the outputs: means over the batch.
network_backward <- function(plan, params, caches, dZ) {
  nodes <- plan$nodes
  grads <- list()
  slopes <- c(vector("list", length(nodes) - 1), list(dZ))
  for (i in rev(seq_along(nodes))) {
    node <- nodes[[i]]
    if (!node$learns) next
    step <- node$backward(slopes[[i]], caches[[i]], params[[node$layer]], node$passes_back)
    slopes[i] <- list(NULL)
    if (node$has_params) grads[[node$layer]][names(step$grads)] <- step$grads
    if (node$passes_back) {
      back <- if (length(node$inputs) == 1) list(step$dA_prev) else step$dA_prev
      # A value read twice gets the sum, added in the order of the nodes from the last.
      for (j in which(node$inputs > 0)) {
        v <- node$inputs[j]
        slopes[[v]] <- if (is.null(slopes[[v]])) {
          back[[j]]
        } else {
          add_arrays_cpp(list(slopes[[v]], back[[j]]))
        }
      }
    }
  }
  grads[intersect(names(params), names(grads))]
}

# Loss and gradients of the examples `x` with targets `y`: a list of `sum`, the sum of the examples'
# losses, `correct`, how many of them are classified right, `grads`, the means of their gradients,
# and `state`, the new running statistics. `loss` is one as in loss.R.
batch_gradient <- function(plan, params, state, x, y, loss, class_weights = NULL) {
  forward <- network_forward(plan, params, state, x, training = TRUE)
  result <- loss_of_batch(loss, forward$Z, y, class_weights)
  list(
    sum = result$sum,
    correct = result$correct,
    # After a loss that is not finite, there is no gradient to follow.
    grads = if (is.finite(result$sum)) network_backward(plan, params, forward$caches, result$dZ),
    state = forward$state
  )
}

# The output of each layer for the images `x` (or one image), activation included, a list by path.
layer_outputs <- function(fit, x) {
  check_fit(fit, whole = FALSE)
  x <- all_images(check_newdata(x, "x", fit$input))
  plan <- network_plan(fit$layers, fit$input, fuse = FALSE)
  former <- suspend_pool_cpp()
  on.exit(resume_pool_cpp(former))
  images <- gather_images(x, seq_len(dim(x)[1]), fit$scale, is_single(fit))
  values <- network_forward(plan, fit$params, fit$state, images, keep = TRUE)$values
  lapply(plan$layers, function(layer) {
    to_double_cpp(if (layer$value == 0) images else values[[layer$value]])
  })
}
