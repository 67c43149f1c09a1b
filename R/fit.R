# The check of a fit itself. It is a plain list that may have come from a file, from another version
# or through a user's hands, and what works on it calls C++ without looking again: so its parts must
# fit each other before any of them is used.

check_fit <- function(fit, name = "fit") {
  check_class(fit, name, "cnn", "a fit that cnn() returned")
  part <- wrong_part(fit)
  if (!is.null(part)) {
    stop_assertion(name, "Must be a fit as cnn() returned it, but its '", part,
                   "' is not as it was")
  }
  fit
}

# The name of the first part that does not fit the others, or NULL.
wrong_part <- function(fit) {
  for (field in names(fit_checks)) {
    # A check may stumble over what it finds: that, too, is an answer.
    if (!isTRUE(tryCatch(fit_checks[[field]](fit), error = function(e) FALSE))) {
      return(field)
    }
  }
}

# Each may rely on those before it.
fit_checks <- list(
  version = function(fit) checkmate::test_string(fit$version, pattern = "^[0-9]+([.-][0-9]+)*$"),
  input = function(fit) is.integer(fit$input) && is_counts(fit$input, 3),
  outputs = function(fit) is_counts(fit$outputs, 1),
  loss = function(fit) length(fit$loss) == 1 && fit$loss %in% c("cross_entropy", "mse"),
  levels = function(fit) {
    fit$loss == "mse" || is.character(fit$levels) && length(fit$levels) == fit$outputs &&
      !anyNA(fit$levels) && !anyDuplicated(fit$levels)
  },
  layers = function(fit) {
    names <- names(fit$layers)
    is.list(fit$layers) && !is.null(names) && !anyDuplicated(names) && !"" %in% names &&
      all(vapply(fit$layers, is_as_made, NA)) &&
      fit$layers[[length(names)]]$units == fit$outputs
  },
  params = function(fit) has_params(fit$params, fit),
  state = function(fit) has_state(fit$state, fit),
  scale = function(fit) is_number(fit$scale) && fit$scale > 0,
  batch_size = function(fit) is_counts(fit$batch_size, 1),
  n = function(fit) is_counts(fit$n, 1),
  seed = function(fit) is_counts(fit$seed, 1),
  history = function(fit) {
    is.data.frame(fit$history) && all(vapply(fit$history, is_numeric_like, NA)) &&
      all(c("epoch", "loss", "accuracy", "val_loss", "val_accuracy") %in% names(fit$history)) &&
      all(fit$history$epoch == seq_len(nrow(fit$history)))
  },
  optimizer = function(fit) is_as_made(fit$optimizer),
  optimizer_state = function(fit) {
    state <- fit$optimizer_state
    like <- init_optimizer(fit$optimizer, fit$params)
    identical(names(state), names(like)) && is_number(state$step) && state$step >= 0 &&
      identical(names(state$slots), names(like$slots)) &&
      all(vapply(state$slots, has_params, NA, fit = fit))
  },
  # These may be NULL. The weights of the best epoch, and those to go on from.
  class_weights = function(fit) {
    is.null(fit$class_weights) ||
      checkmate::test_numeric(fit$class_weights, lower = 0, finite = TRUE, any.missing = FALSE,
                              len = fit$outputs) && is.double(fit$class_weights)
  },
  best = function(fit) {
    best <- fit[["best"]] # `$` would take best_epoch for it
    is.null(best) || is_number(best$epoch) && is_number(best$value) &&
      is_number(best$waiting_since) && has_weights(best, fit)
  },
  best_epoch = function(fit) {
    is.null(fit$best_epoch) || identical(fit$best_epoch, fit[["best"]]$epoch)
  },
  last = function(fit) is.null(fit$last) || has_weights(fit$last, fit)
)

is_number <- function(x) is.numeric(x) && !is.object(x) && length(x) == 1 && is.finite(x)

is_counts <- function(x, length) {
  is.numeric(x) && !is.object(x) && length(x) == length && all(is.finite(x)) && all(x >= 1) &&
    all(x == round(x))
}

# Whether the function that makes such layers, optimizers or rules makes the same one from its
# fields.
is_as_made <- function(x) {
  maker <- switch(class(x)[1], adam = adam, sgd = sgd, layer_conv = layer_conv,
                  layer_pool = layer_pool, layer_global_pool = layer_global_pool,
                  layer_affine = layer_affine, layer_dropout = layer_dropout,
                  layer_batchnorm = layer_batchnorm,
                  convstep_early_stopping = early_stopping)
  identical(do.call(maker, unclass(x), quote = TRUE), x)
}

has_params <- function(params, fit) {
  plan <- network_plan(fit$layers, fit$input)
  identical(names(params), names(fit$layers)) &&
    all(mapply(function(layer, values) {
      is.list(values) && !is.object(values) && length(values) == length(layer$params) &&
        identical(names(values), names(layer$params)) &&
        all(mapply(function(param, value) {
          extents <- if (!is.null(param$dim)) as.integer(param$dim)
          size <- if (is.null(extents)) length(param$value) else prod(extents)
          is.double(value) && identical(dim(value), extents) && length(value) == size
        }, layer$params, values))
    }, plan$layers, params))
}

has_state <- function(state, fit) {
  plan <- network_plan(fit$layers, fit$input)
  identical(names(state), names(fit$layers)) &&
    all(mapply(function(layer, values) {
      identical(is.null(values), is.null(layer$state)) && !is.object(values) &&
        identical(lengths(values), lengths(layer$state)) &&
        all(vapply(values, function(value) is.double(value) && is.null(attributes(value)), NA))
    }, plan$layers, state))
}

has_weights <- function(part, fit) has_params(part$params, fit) && has_state(part$state, fit)
