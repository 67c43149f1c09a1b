# What the functions that make or use a fit must return: the net as one layer after the other, on
# the definitions of helper-naive.R and helper-pool.R.

naive_activated <- function(Z, activation) {
  if (activation == "none") Z else activation_definitions(0.01)[[activation]][[1]](Z)
}

# The outputs of one layer of a fit that holds no others.
naive_layer <- function(layer, A, params, state) {
  naive_layers[[class(layer)[1]]](layer, A, params, state)
}

naive_layers <- list(
  layer_conv = function(layer, A, params, state) {
    b <- if (is.null(params$b)) numeric(dim(params$W)[4]) else params$b
    naive_conv_forward(A, params$W, b, layer)
  },
  layer_pool = function(layer, A, params, state) naive_pool_forward(A, layer, layer$mode),
  layer_global_pool = function(layer, A, params, state) {
    naive_pool_forward(A, list(f = dim(A)[2:3], stride = 1), layer$mode)
  },
  layer_affine = function(layer, A, params, state) {
    naive_product(matrix(A, dim(A)[1], nrow(params$W)), params$W) +
      rep(as.vector(params$b), each = dim(A)[1])
  },
  layer_batchnorm = function(layer, A, params, state) {
    naive_batchnorm(A, params$gamma, params$beta, layer$eps, state$mean, state$variance)
  },
  layer_dropout = function(layer, A, params, state) A,
  layer_activation = function(layer, A, params, state) A
)

# Of every layer, by path; x holds images, or one of them.
naive_outputs <- function(fit, x) {
  A <- array(as.double(x), image_extents(dim(x), fit$input)) * as.double(fit$scale)
  naive_net(fit, fit$layers, A, NULL)$outputs
}

# A list of the last output `A` and all of them, by path.
naive_net <- function(fit, layers, A, inside) {
  outputs <- list()
  for (name in names(layers)) {
    layer <- layers[[name]]
    path <- paste(c(inside, name), collapse = "/")
    outputs[path] <- list(NULL)
    branches <- if (inherits(layer, "layer_residual")) {
      list(naive_net(fit, layer$layers, A, path), naive_shortcut(fit, layer, A, path))
    } else if (inherits(layer, "layer_parallel")) {
      lapply(names(layer$branches), function(branch) {
        naive_net(fit, layer$branches[[branch]], A, paste0(path, "/", branch))
      })
    }
    A <- if (is.null(branches)) {
      naive_layer(layer, A, fit$params[[path]], fit$state[[path]])
    } else {
      naive_join(lapply(branches, `[[`, "A"),
                 if (inherits(layer, "layer_residual")) "add" else layer$join)
    }
    A <- naive_activated(A, if (is.null(layer$activation)) "none" else layer$activation)
    for (branch in branches) outputs <- c(outputs, branch$outputs)
    outputs[[path]] <- A
  }
  list(A = A, outputs = outputs)
}

# Where there are parameters of a projection, there is one.
naive_shortcut <- function(fit, layer, A, path) {
  inside <- paste0(path, "/shortcut")
  layers <- layer$shortcut
  if (is.null(layers) && any(startsWith(names(fit$params), inside))) {
    end <- dim(naive_net(fit, layer$layers, A, path)$A)
    change <- if (length(end) == 2) {
      list(affine1 = layer_affine(end[2], "none"))
    } else {
      list(conv1 = layer_conv(end[4], 1, round(dim(A)[2:3] / end[2:3]), activation = "none"))
    }
    layers <- c(change, list(batchnorm1 = layer_batchnorm()))
  }
  naive_net(fit, layers, A, inside)
}

naive_join <- function(arrays, mode) {
  if (mode == "add") {
    return(Reduce(`+`, arrays))
  }
  extents <- dim(arrays[[1]])
  rank <- length(extents)
  extents[rank] <- sum(vapply(arrays, function(A) dim(A)[rank], 0L))
  joined <- array(0, extents)
  before <- 0
  for (A in arrays) {
    for (k in seq_len(dim(A)[rank])) {
      joined[slice.index(joined, rank) == before + k] <- A[slice.index(A, rank) == k]
    }
    before <- before + dim(A)[rank]
  }
  joined
}

image_extents <- function(extents, input) {
  single <- if (input[3] == 1) input[1:2] else input
  m <- if (identical(extents, as.integer(single))) 1 else extents[1]
  as.integer(c(m, input))
}

# Numbers that have come through the layers: known as far as the largest on the way lets them be.
about_outputs <- function(value, outputs, fit) {
  all <- abs(c(unlist(outputs), unlist(fit$params)))
  about(value, max(1, all[is.finite(all)]), 1e-9)
}

ref_predict <- function(object, newdata, type = c("class", "prob", "logit"),
                        batch_size = 256, ...) {
  outputs <- naive_outputs(object, newdata)
  Z <- outputs$output
  if (class(object$loss)[1] == "loss_mse") {
    return(about_outputs(if (ncol(Z) == 1) as.vector(Z) else Z, outputs, object))
  }
  colnames(Z) <- object$levels
  if (type[1] == "logit") {
    return(about_outputs(Z, outputs, object))
  }
  if (type[1] == "prob") {
    return(about_outputs(ref_softmax(Z)$probs$value, outputs, object))
  }
  error <- about_outputs(Z, outputs, object)$error[1]
  satisfying(function(classes) {
    chosen <- Z[cbind(seq_len(nrow(Z)), as.integer(classes))]
    identical(levels(classes), object$levels) && length(classes) == nrow(Z) &&
      identical(is.na(classes), is.na(rowSums(0 * Z))) &&
      all(is.na(chosen) | chosen >= apply(Z, 1, max) - error)
  })
}

# The logits, from predict(), which has a reference of its own.
logits_of <- function(fit, x) as.matrix(predict(fit, x, type = "logit"))

first_largest <- function(Z) {
  vapply(seq_len(nrow(Z)), function(i) {
    if (anyNA(Z[i, ])) NA_integer_ else which.max(Z[i, ])[1]
  }, 0L, USE.NAMES = FALSE)
}

ref_evaluate <- function(fit, x, y, batch_size = 256) {
  Z <- logits_of(fit, x)
  m <- nrow(Z)
  if (class(fit$loss)[1] == "loss_mse") {
    error <- (Z - matrix(as.double(y), m, ncol(Z)))^2
    expected <- list(loss = about(sum(error) / ncol(Z) / m), n = m, rmse = about(
      sqrt(colSums(error) / m)
    ))
  } else {
    true <- match(as.character(y), fit$levels)
    weights <- if (is.null(fit$class_weights)) rep(1, ncol(Z)) else fit$class_weights
    lost <- (ref_logsumexp(Z)$value - Z[cbind(seq_len(m), true)]) * weights[true]
    hit <- first_largest(Z) == true
    recall <- vapply(seq_along(fit$levels), function(k) {
      sum(hit[true == k], na.rm = TRUE) / sum(true == k)
    }, 0)
    expected <- list(loss = about(sum(lost) / m, max(1, abs(Z)) * max(weights)), n = m,
                     accuracy = about(sum(hit, na.rm = TRUE) / m),
                     recall = about(stats::setNames(recall, fit$levels)))
  }
  satisfying(function(value) {
    inherits(value, "cnn_evaluation") && is.null(disagreement(unclass(value), expected, FALSE))
  })
}

ref_confusion <- function(fit, x, y, batch_size = 256) {
  predicted <- first_largest(logits_of(fit, x))
  true <- match(as.character(y), fit$levels)
  k <- length(fit$levels)
  counts <- matrix(0L, k, k)
  for (i in seq_along(true)) {
    if (!is.na(predicted[i])) {
      counts[true[i], predicted[i]] <- counts[true[i], predicted[i]] + 1L
    }
  }
  dimnames(counts) <- list(true = fit$levels, predicted = fit$levels)
  as.table(counts)
}

# The extents of an output, the number of parameters and of multiply-adds, by layer.
ref_summary <- function(object, ...) {
  outputs <- naive_outputs(object, array(0, c(1, object$input)))
  extents <- lapply(outputs, function(A) dim(A)[-1])
  size <- function(name) sum(lengths(object$params[[name]]))
  work <- function(name) {
    W <- object$params[[name]]$W
    if (is.null(W)) 0 else length(W) * prod(extents[[name]]) / dim(W)[length(dim(W))]
  }
  names <- names(object$layers)
  expected <- list(
    layer = names,
    output = vapply(unname(extents), paste, "", collapse = " x "),
    parameters = as.integer(vapply(names, size, 0L, USE.NAMES = FALSE)),
    multiply_adds = vapply(names, work, 0, USE.NAMES = FALSE)
  )
  satisfying(function(value) {
    inherits(value, "summary.cnn") && identical(attr(value, "input"), object$input) &&
      is.null(disagreement(as.list(unclass(value))[names(expected)], expected))
  })
}

ref_coef <- function(object, layer = NULL, ...) {
  if (is.null(layer)) object$params else object$params[[layer]]
}

# What holds for every fit. Its predictions are those of its layers, one after the other.
ref_cnn <- function(x, y, layers = NULL, epochs = 5, ..., loss = "cross_entropy",
                    init = NULL) {
  if (!is.null(init) && missing(loss)) loss <- init$loss
  if (inherits(loss, "convstep_loss")) loss <- sub("^loss_", "", class(loss)[1])
  satisfying(function(fit) {
    outputs <- naive_outputs(fit, x)
    logits <- as.matrix(predict(fit, x, type = "logit"))
    dimnames(logits) <- NULL
    history <- fit$history
    numbers <- c("epoch", "loss", "accuracy", "val_loss", "val_accuracy", "lr", "seconds")
    before <- if (is.null(init)) 0 else nrow(init$history)
    identical(class(fit), "cnn") && class(fit$loss)[1] == paste0("loss_", loss) &&
      all(names(fit$params) %in% names(fit$layers)) &&
      (is.null(layers) || length(fit$layers) == length(as_layers(layers)) + 1) &&
      identical(names(history), numbers) && identical(history$epoch, seq_len(nrow(history))) &&
      nrow(history) >= before && nrow(history) <= before + epochs &&
      all(is.finite(unlist(history[c("loss", if (loss != "mse") "accuracy")]))) &&
      (loss == "mse" || identical(fit$levels, fit_levels(y, init))) &&
      is.null(disagreement(logits, about_outputs(outputs$output, outputs, fit), FALSE))
  })
}

as_layers <- function(layers) if (inherits(layers, "convstep_layer")) list(layers) else layers

fit_levels <- function(y, init) if (is.null(init)) levels(factor(y)) else init$levels

fit_references <- list(
  cnn = ref_cnn,
  predict.cnn = ref_predict,
  evaluate.cnn = ref_evaluate,
  confusion = ref_confusion,
  summary.cnn = ref_summary,
  coef.cnn = ref_coef,
  nobs.cnn = function(object, ...) object$n,
  read_checkpoint = function(file) {
    # Functions in it are never identical to those of another reading.
    bytes <- serialize(readRDS(file), NULL)
    satisfying(function(fit) identical(serialize(fit, NULL), bytes))
  }
)
