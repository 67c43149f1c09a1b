# Many fits: cross-validation over a grid of settings. Everything random is drawn before the first
# fit, so that no result depends on who makes which fit, or when.

#' Compare settings by cross-validation
#'
#' Trains a net for each setting and fold, measures it on the fold that it has not seen, and says
#' how the settings compare. The fits are made by the workers of a cluster if there is one. With a
#' grid of one setting it is plain cross-validation; the nets of the best setting form an ensemble.
#'
#' @param x,y Images, an array or an [image_source()], and targets, as for [cnn()]. Workers open a
#'   source themselves: they must see its files or, better, its cache.
#' @param grid The settings: a data frame with a row each, or a named list of vectors or lists, of
#'   which all combinations are taken. Each column is an argument of [cnn()], such as `batch_size`,
#'   `optimizer` or `layers` (the last two as lists of optimizers or nets, whose names then stand in
#'   the results), unless `arguments` is given.
#' @param folds The number of folds, drawn at random and, for classes, with each class spread
#'   evenly; or the fold of each image, a vector or factor. `1` for no folds: then each fit gets the
#'   `validation` that is among `...`.
#' @param cluster The workers: a cluster (see [clusters]), or `NULL` for this session.
#' @param ... Arguments of [cnn()] that all settings share.
#' @param arguments A function that takes a setting's columns by name and returns a list of
#'   arguments of [cnn()].
#' @param repeats How often to do it, each time with other folds and seeds.
#' @param metric What to choose by: `"accuracy"` or `"loss"`, both of validation. `NULL` for the
#'   accuracy where there are classes.
#' @param abandon Numbers of epochs after which the worse half of the settings is given up
#'   (successive halving), such as `c(2, 6)`; `NULL` for never. The others go on as if nothing had
#'   been.
#' @param refit Whether to train the best setting once more, on all images. With early stopping it
#'   gets as many epochs as the folds' best had in the mean.
#' @param verbose Whether to say how it goes: a line a fit, or in a terminal a progress bar.
#'
#' @return A list of class `cnn_tune`:
#'   * `results`: a data frame with a row a setting, in the order of the grid: the setting's
#'     columns; `fits`, how many were made; `loss`, `loss_se` and for classes `accuracy`,
#'     `accuracy_se`, means over the fits and their standard errors; `epochs`, the mean number
#'     behind a fit's weights; `seconds`, the sum of all; `abandoned`, after which epoch, or `NA`;
#'   * `fits`: a data frame with a row a fit: `setting` (the row), `repeat`, `fold`, `seed`,
#'     `epochs`, `loss`, `accuracy`, `seconds`, and a `note` of what went wrong;
#'   * `best`: the row of the best setting, and `arguments`, what [cnn()] was given for it;
#'   * `models`: its fits, one a fold and repeat; `fit`: the net trained on all images, or `NULL`.
#'
#' @section Repeatable:
#' One seed is drawn from R's generator, and from it the folds and a seed for each fold, the same
#' for all settings: so the results do not depend on the number of workers, their order, or which
#' other settings there are.
#'
#' @section Errors:
#' A grid without a name for each column, or with what [cnn()] does not take; folds that leave
#' nothing to train on; all fits failed (the message is that of the first). Where some fail, a
#' warning says so.
#'
#' @references Jamieson, K. and Talwalkar, A. (2016). Non-stochastic best arm identification and
#'   hyperparameter optimization. Artificial Intelligence and Statistics.
#'   <https://arxiv.org/abs/1502.07943>: successive halving.
#' @seealso [predict()][predict.cnn_tune], [plot()][plot.cnn_tune], [clusters]
#' @examples
#' digits <- mnist_sample()$test
#' few <- 1:200
#' set.seed(1)
#' tuned <- cnn_tune(digits$x[few, , , , drop = FALSE], digits$y[few],
#'                   grid = list(lr = c(1e-4, 1e-2)), folds = 2, epochs = 2, batch_size = 16,
#'                   arguments = function(lr) list(optimizer = adam(lr)))
#' tuned
#' plot(tuned)
#' @export
cnn_tune <- function(x, y, grid = list(), folds = 5, cluster = NULL, ..., arguments = NULL,
                     repeats = 1, metric = NULL, abandon = NULL, refit = TRUE,
                     verbose = interactive()) {
  shared <- list(...)
  loss <- check_loss(if (is.null(shared$loss)) "cross_entropy" else shared$loss)
  if (missing(y)) y <- source_targets(x)
  images <- check_images(x, "x")
  # A source is sent to the workers as it is.
  if (!is_source(x)) x <- images
  m <- dim(images)[1]
  target <- check_target(y, "y", loss, m, NULL)
  y <- whole_target(target)
  settings <- tune_settings(grid, check_function(arguments, "arguments"), shared)
  metrics <- c(if (loss_counts(loss)) "accuracy", "loss")
  metric <- if (is.null(metric)) metrics[1] else check_choice(metric, "metric", metrics)
  repeats <- check_count(repeats, "repeats")
  abandon <- check_rungs(abandon)
  check_flag(refit, "refit")
  cluster <- check_cluster_options(cluster)
  seed <- draw_seed()
  folds <- under_seed(seed, tune_folds(folds, y, m, repeats, shared))
  team <- open_team(cluster, list(x = x, y = y))
  on.exit(team$close())
  fits <- tune_fits(settings, folds, metric, abandon, team, check_flag(verbose, "verbose"))
  tuned <- list(results = tune_results(settings, fits, metric), fits = fits$table)
  tuned$best <- best_setting(tuned$results, metric, fits)
  tuned$arguments <- settings$arguments[[tuned$best]]
  tuned$models <- fits$models[fits$table$setting == tuned$best]
  tuned$models <- tuned$models[lengths(tuned$models) > 0]
  tuned["fit"] <- list(if (refit) {
    refit_best(tuned, folds$refit_seed, team)
  })
  tuned[c("metric", "loss", "levels", "columns")] <- list(metric, loss, target$levels,
                                                          names(settings$shown))
  structure(tuned, class = "cnn_tune")
}

# A list of `shown`, a data frame for the results, and `arguments`, by setting those of cnn().
tune_settings <- function(grid, arguments, shared) {
  if (!is.list(grid) || length(grid) > 0 && (is.null(names(grid)) || "" %in% names(grid)) ||
        any(lengths(grid) == 0)) {
    stop_assertion("grid", "Must be a data frame or a list of vectors, with names, but is ",
                   describe(grid))
  }
  columns <- as.list(grid)
  if (!is.data.frame(grid) && length(grid) > 0) {
    places <- expand.grid(lapply(grid, seq_along), KEEP.OUT.ATTRS = FALSE)
    columns <- mapply(function(values, at) values[at], columns, places, SIMPLIFY = FALSE)
  }
  n <- if (length(columns) == 0) 1 else length(columns[[1]])
  shown <- lapply(columns, function(values) {
    if (!is.list(values)) values else if (is.null(names(values))) seq_along(values) else
      names(values)
  })
  shown <- data.frame(c(shown, if (length(columns) == 0) list(setting = 1)), check.names = FALSE,
                      stringsAsFactors = FALSE)
  of_setting <- lapply(seq_len(n), function(i) {
    setting <- lapply(columns, function(values) values[[i]])
    if (is.null(arguments)) setting else check_made(do.call(arguments, setting))
  })
  for (given in of_setting) check_tuned(c(names(given), names(shared)))
  list(shown = shown, arguments = lapply(of_setting, function(given) {
    c(shared[setdiff(names(shared), names(given))], given)
  }))
}

check_made <- function(made) {
  if (!is.list(made) || length(made) > 0 && is.null(names(made))) {
    stop_assertion("arguments", "Must return a list of arguments of cnn() with names, but returned ",
                   describe(made))
  }
  made
}

check_tuned <- function(given) {
  taken <- c("x", "y", "verbose", "init", "checkpoint", "cluster")
  bad <- setdiff(given, setdiff(names(formals(cnn)), taken))
  if (length(bad) > 0) {
    stop_assertion("grid", "Must set arguments of cnn() that a fit of many can take, but sets \"",
                   bad[1], "\"")
  }
}

check_rungs <- function(abandon) {
  if (is.null(abandon)) {
    return(integer())
  }
  if (!checkmate::test_integerish(abandon, lower = 1, any.missing = FALSE, min.len = 1)) {
    stop_assertion("abandon", "Must be NULL or whole numbers of at least 1, but is ",
                   describe(abandon))
  }
  sort(unique(as.integer(abandon)))
}

# A data frame with a row a fold and repeat: `repeat`, `fold`, `seed`; the rows of the images held
# back in each, a list; and the seed for training on all.
tune_folds <- function(folds, y, m, repeats, shared) {
  if (length(folds) > 1) {
    if (length(folds) != m || anyNA(folds) || !is.atomic(folds)) {
      stop_assertion("folds", "Must be one number, or the fold of each image (", m, "), but is ",
                     describe(folds))
    }
    groups <- rep(list(as.integer(factor(folds))), repeats)
  } else {
    k <- check_count(folds, "folds")
    if (k > m) stop_assertion("folds", "Must be at most the images, ", m, ", but is ", k)
    groups <- lapply(seq_len(repeats), function(i) draw_folds(y, m, k))
  }
  k <- max(groups[[1]])
  if ((k == 1) != !is.null(shared$validation)) {
    stop_assertion("folds", if (k == 1) "Must be more than one, or 'validation' be given" else
      "Must be 1 where 'validation' is given")
  }
  table <- expand.grid(fold = seq_len(k), `repeat` = seq_len(repeats), KEEP.OUT.ATTRS = FALSE)[2:1]
  table$seed <- sample.int(.Machine$integer.max, nrow(table))
  held <- mapply(function(i, fold) if (k > 1) which(groups[[i]] == fold), table[["repeat"]],
                 table$fold, SIMPLIFY = FALSE)
  list(table = table, held = held, m = m, refit_seed = sample.int(.Machine$integer.max, 1))
}

# Dealt out like cards, class by class.
draw_folds <- function(y, m, k) {
  order <- sample.int(m)
  if (is.factor(y)) order <- order[order(y[order])]
  fold <- integer(m)
  fold[order] <- rep_len(seq_len(k), m)
  fold
}

# All fits, rung by rung: a list of their `table`, and `models`.
tune_fits <- function(settings, folds, metric, abandon, team, verbose) {
  n <- nrow(settings$shown)
  per <- nrow(folds$table)
  table <- cbind(setting = rep(seq_len(n), each = per),
                 folds$table[rep(seq_len(per), n), ], row.names = NULL)
  table[c("epochs", "loss", "accuracy", "seconds")] <- NA_real_
  table$note <- ""
  asked <- vapply(settings$arguments, function(given) {
    check_count(if ("epochs" %in% names(given)) given$epochs else formals(cnn)$epochs, "epochs")
  }, 0L)
  fits <- list(table = table, models = vector("list", nrow(table)), abandoned = rep(NA_integer_, n))
  left <- seq_len(n)
  for (rung in c(abandon[abandon < max(asked)], max(asked))) {
    jobs <- list()
    for (i in which(table$setting %in% left)) {
      model <- fits$models[[i]]
      done <- if (is.null(model)) 0L else nrow(model$history)
      setting <- table$setting[i]
      target <- min(rung, asked[setting])
      # A fit that ended before it was asked to, by early stopping, is ready; so is one that failed.
      if (fits$table$note[i] != "" || !is.null(model) && done < reached(fits, i)) next
      if (target == done && !is.null(model)) next
      given <- settings$arguments[[setting]]
      given$epochs <- target - done
      fits$asked[i] <- target
      jobs[[length(jobs) + 1]] <- list(
        call = "worker_fit", needs = c("x", "y"), fit = i,
        args = list(given = given, held = folds$held[[(i - 1) %% per + 1]], seed = table$seed[i],
                    init = model)
      )
    }
    report <- tune_progress(verbose, length(jobs))
    team$run(jobs, function(j, value) {
      i <- jobs[[j]]$fit
      fits <<- keep_fit(fits, i, value)
      report$step(paste0("setting ", table$setting[i], ", repeat ", table[["repeat"]][i], ", fold ",
                         table$fold[i]), fits$table[i, ], metric)
    })
    report$done()
    if (rung < max(asked) && length(left) > 1) {
      scores <- tune_results(settings, fits, metric)[left, ]
      keep <- left[order(scores[[metric]] * sign_of(metric))][seq_len(ceiling(length(left) / 2))]
      fits$abandoned[setdiff(left, keep)] <- rung
      left <- sort(keep)
    }
  }
  if (all(vapply(fits$models, is.null, NA))) stop(fits$table$note[1], call. = FALSE)
  failed <- sum(fits$table$note != "")
  if (failed > 0) {
    warning(failed, " of ", nrow(table), " fits did not go as they should: see the column 'note' of ",
            "their table.", call. = FALSE)
  }
  fits
}

# The epochs that a fit was asked for so far.
reached <- function(fits, i) if (is.na(fits$asked[i])) 0 else fits$asked[i]

keep_fit <- function(fits, i, value) {
  if (!is.null(value$fit)) fits$models[[i]] <- value$fit
  fits$table$note[i] <- value$note
  model <- fits$models[[i]]
  if (!is.null(model) && nrow(model$history) > 0) {
    epoch <- if (is.null(model$best_epoch)) nrow(model$history) else model$best_epoch
    fits$table$epochs[i] <- epoch
    fits$table[i, c("loss", "accuracy")] <- model$history[epoch, c("val_loss", "val_accuracy")]
    fits$table$seconds[i] <- sum(model$history$seconds)
  }
  fits
}

# Smaller is better, after this.
sign_of <- function(metric) if (metric == "accuracy") -1 else 1

tune_results <- function(settings, fits, metric) {
  table <- fits$table
  by <- factor(table$setting, seq_len(nrow(settings$shown)))
  known <- !is.na(table$loss)
  mean_of <- function(column) as.vector(tapply(table[[column]][known], by[known], mean))
  error_of <- function(column) {
    as.vector(tapply(table[[column]][known], by[known], function(v) stats::sd(v) / sqrt(length(v))))
  }
  results <- cbind(settings$shown, fits = as.vector(table(by[known])), loss = mean_of("loss"),
                   loss_se = error_of("loss"))
  if (any(!is.na(table$accuracy))) {
    results$accuracy <- mean_of("accuracy")
    results$accuracy_se <- error_of("accuracy")
  }
  results$epochs <- mean_of("epochs")
  results$seconds <- as.vector(tapply(table$seconds, by, sum, na.rm = TRUE))
  results$abandoned <- fits$abandoned
  results
}

# The first of the best, among those that were not given up.
best_setting <- function(results, metric, fits) {
  score <- results[[metric]] * sign_of(metric)
  score[!is.na(results$abandoned)] <- NA
  if (all(is.na(score))) stop("No setting was measured: no fit has an epoch behind it.", call. = FALSE)
  which.min(score)
}

refit_best <- function(tuned, seed, team) {
  given <- tuned$arguments
  given$validation <- NULL
  if (!is.null(given$early_stopping)) {
    given["early_stopping"] <- list(NULL)
    given$epochs <- max(1L, as.integer(round(tuned$results$epochs[tuned$best])))
  }
  job <- list(call = "worker_fit", needs = c("x", "y"),
              args = list(given = given, held = NULL, seed = seed, init = NULL))
  fit <- NULL
  team$run(list(job), function(j, value) {
    if (value$note != "") warning("The refit: ", value$note, call. = FALSE)
    fit <<- value$fit
  })
  fit
}
