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
  grads <- network_slopes(plan, params, caches, dZ)$grads
  grads[intersect(names(params), names(grads))]
}

# The same as `grads`, in no order, and with `value`, the number of a value that gradients come back
# to, as `slope` the gradient of each example with respect to it.
network_slopes <- function(plan, params, caches, dZ, value = NULL) {
  nodes <- plan$nodes
  grads <- list()
  # The gradient of value v stands at place v + 1.
  slopes <- c(vector("list", length(nodes)), list(dZ))
  for (i in rev(seq_along(nodes))) {
    node <- nodes[[i]]
    if (!node$learns) next
    step <- node$backward(slopes[[i + 1]], caches[[i]], params[[node$layer]], node$passes_back)
    if (!identical(i, value)) slopes[i + 1] <- list(NULL)
    if (node$has_params) grads[[node$layer]][names(step$grads)] <- step$grads
    if (node$passes_back) {
      back <- if (length(node$inputs) == 1) list(step$dA_prev) else step$dA_prev
      # A value read twice gets the sum, added in the order of the nodes from the last.
      for (j in which(node$inputs > 0 | identical(value, 0L))) {
        at <- node$inputs[j] + 1
        slopes[[at]] <- if (is.null(slopes[[at]])) {
          back[[j]]
        } else {
          add_arrays_cpp(list(slopes[[at]], back[[j]]))
        }
      }
    }
  }
  list(grads = grads, slope = if (!is.null(value)) slopes[[value + 1]])
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

#' The outputs of all layers
#'
#' What each layer of a net makes of images, in prediction: dropout does nothing, and batch
#' normalisation uses the running statistics.
#'
#' @param fit A fit that [cnn()] returned.
#' @param x Images, an array or a source as [cnn()] takes, or one image; as `newdata` of
#'   [predict()][predict.cnn]. All their outputs are kept at once.
#'
#' @return A list with an element a layer, named by its path and in the order of the layers: the
#'   output, its activation included, an array `(m, n_H, n_W, n_C)`, or a matrix `(m, units)` of an
#'   affine layer and what follows it. A layer within another is named `"outer/inner"`. The last
#'   one, `"output"`, holds the logits, or the numbers of a regression.
#'
#' @section Errors:
#' Images of another shape than the net was trained on, with `NA` or infinite values.
#'
#' @seealso [plot_activations()] draws them; [input_gradient()]
#' @examples
#' digits <- mnist_sample()$test
#' x <- digits$x[1:20, , , , drop = FALSE]
#' fit <- cnn(x, digits$y[1:20], epochs = 1, verbose = FALSE)
#' outputs <- layer_outputs(fit, x)
#' lapply(outputs, dim)
#' # How many of the values of the first convolution are zeros, after its ReLU.
#' mean(outputs$conv1 == 0)
#' @export
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
