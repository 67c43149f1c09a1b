# The check of a fit itself. It is a plain list that may have come from a file, from another version
# or through a user's hands, and what works on it calls C++ without looking again: so its parts must
# fit each other before any of them is used.

# What only shows a fit's outputs or weights need not look at what is kept for going on, and must
# not take longer for the check than for one image: then `whole` is FALSE.
check_fit <- function(fit, name = "fit", whole = TRUE) {
  check_class(fit, name, "cnn", "a fit that cnn() returned")
  part <- wrong_part(fit, whole)
  if (!is.null(part)) {
    stop_assertion(name, "Must be a fit as cnn() returned it, but its '", part,
                   "' is not as it was")
  }
  fit
}

# The name of the first part that does not fit the others, or NULL.
wrong_part <- function(fit, whole = TRUE) {
  part <- NULL
  # A check may stumble over what it finds: that, too, is an answer.
  fine <- tryCatch({
    for (part in if (whole) names(fit_checks) else needed_to_predict) {
      if (!isTRUE(fit_checks[[part]](fit))) break
      part <- NULL
    }
    is.null(part)
  }, error = function(e) FALSE)
  if (!fine) part
}

needed_to_predict <- c("version", "input", "outputs", "loss", "levels", "layers", "params", "state",
                       "scale", "seen", "class_weights", "precision")

# Each may rely on those before it.
fit_checks <- list(
  version = function(fit) checkmate::test_string(fit$version, pattern = "^[0-9]+([.-][0-9]+)*$"),
  input = function(fit) is.integer(fit$input) && is_counts(fit$input, 3),
  outputs = function(fit) is_counts(fit$outputs, 1),
  loss = function(fit) inherits(fit$loss, "convstep_loss") && is_as_made(fit$loss),
  output_names = function(fit) {
    is.null(fit$output_names) ||
      is.character(fit$output_names) && length(fit$output_names) == fit$outputs
  },
  layers = function(fit) {
    output <- fit_plan(fit)$output
    output[length(output)] == fit$outputs
  },
  levels = function(fit) loss_fits(fit$loss, fit),
  params = function(fit) has_params(fit$params, fit_plan(fit)),
  state = function(fit) has_state(fit$state, fit_plan(fit)),
  scale = function(fit) {
    is_number(fit$scale) && fit$scale > 0 || is_standardising(fit$scale, fit$input[3])
  },
  precision = function(fit) length(fit$precision) == 1 && fit$precision %in% precisions,
  seen = function(fit) {
    is.null(fit$seen) || is.list(fit$seen) && is.character(fit$seen$type) &&
      is.double(fit$seen$range) && length(fit$seen$range) == 2
  },
  batch_size = function(fit) is_counts(fit$batch_size, 1),
  shards = function(fit) is_counts(fit$shards, 1),
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
    identical(names(state), c("step", "slots")) && is_number(state$step) && state$step >= 0 &&
      identical(names(state$slots), optimizer_slots(fit$optimizer)) &&
      all(vapply(state$slots, has_params, NA, plan = fit_plan(fit)))
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
# fields: the function of the package that is named like the class.
is_as_made <- function(x) identical(made_again(x), x)

made_again <- function(x) UseMethod("made_again")

made_again.default <- function(x) {
  maker <- get(sub("^convstep_", "", class(x)[1]), topenv(), mode = "function", inherits = FALSE)
  do.call(maker, unclass(x), quote = TRUE)
}

# The plan of a fit whose layers have been checked. The last one is remembered: checking layers and
# making a plan takes longer than predicting one image, and both depend on layers and input alone.
# Identical layers are found to be so at once, as long as they are the same object.
fit_plan <- function(fit) {
  if (!identical(fit$layers, last_plan$layers) || !identical(fit$input, last_plan$input)) {
    layers <- fit$layers
    if (!is.list(layers) || !identical(name_layers(layers), layers) ||
          !all(vapply(layers, is_as_made, NA))) {
      stop("These are no layers of a fit.")
    }
    last_plan$plan <- network_plan(layers, fit$input)
    last_plan$input <- fit$input
    last_plan$layers <- layers
  }
  last_plan$plan
}

last_plan <- new.env()

# Whether values by layer are shaped like the parameters of a net.
has_params <- function(params, plan) {
  values <- unlist(params, recursive = FALSE, use.names = FALSE)
  wanted <- unlist(plan$params, recursive = FALSE, use.names = FALSE)
  identical(lapply(params, names), lapply(plan$params, names)) && is.list(values) &&
    all(vapply(values, is.double, NA)) && !any(vapply(values, is.object, NA)) &&
    identical(lapply(values, dim), lapply(wanted, `[[`, "dim")) &&
    all(lengths(values) == vapply(wanted, `[[`, 0, "size"))
}

has_state <- function(state, plan) {
  values <- unlist(state, recursive = FALSE, use.names = FALSE)
  identical(lapply(state, names), lapply(plan$state, names)) &&
    all(vapply(values, is.double, NA)) && all(vapply(lapply(values, attributes), is.null, NA)) &&
    identical(lapply(state, lengths), lapply(plan$state, lengths))
}

has_weights <- function(part, fit) {
  has_params(part$params, fit_plan(fit)) && has_state(part$state, fit_plan(fit))
}
