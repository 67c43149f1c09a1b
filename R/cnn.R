#' Train a convolutional network
#'
#' Fits a network to images and their classes (or numbers), on the functions of this package:
#' [conv_forward()], [pool_forward()], [affine_forward()], their backward passes and an optimizer.
#'
#' @param x The images, an array `(m, n_H, n_W, n_C)`, or `(m, n_H, n_W)` for one channel: double,
#'   integer, logical or raw. They are kept as they come and turned into doubles batch by batch. Or
#'   an [image_source()].
#' @param y The classes, one an image: a factor, or anything that [factor()] takes. With
#'   `loss = "mse"` the numbers to predict: a numeric vector, or a matrix with a row an image. What
#'   the other losses take stands with them, see [losses]. Those of a source need not be given.
#' @param layers A list of [layers], from the input to the last hidden layer. The affine layer to
#'   the outputs is added.
#' @param epochs How many times to go through the images.
#' @param batch_size The number of images a step. The last batch of an epoch may be smaller.
#' @param optimizer [adam()], [adamw()], [rmsprop()] or [sgd()].
#' @param validation Images to measure loss and accuracy on after each epoch: a list of `x` and `y`,
#'   or a source, or a number between 0 and 1, the share of the images to set apart for it, at
#'   random. `NULL` for none.
#' @param verbose Whether to say how the training goes: a line an epoch, and in a terminal a
#'   progress bar.
#' @param loss `"cross_entropy"` (one class an image), `"mse"` or `"huber"` (numbers), `"binary"`
#'   (several yes-or-no labels), `"pixels"` (a class for each pixel), or what [one of their
#'   functions][losses] returns; or a function of your own.
#' @param class_weights What an example counts in the loss, by class: a number a level, in the order
#'   of the levels or by name; or `"balanced"`: the classes' shares turned upside down, with mean 1
#'   over the images trained on. `NULL`: all count 1.
#' @param scale The factor that turns values of `x` into what the first layer sees; `NULL` for 1/255
#'   where `x` is raw, and 1 otherwise. `"standardise"`: each channel less its mean and divided by
#'   its standard deviation, both of the images trained on; the fit keeps them.
#' @param augment A function that takes a batch of images, an array `(b, n_H, n_W, n_C)` of scaled
#'   doubles, and returns one of the same shape to train on: see [augment] for ready ones. Random
#'   numbers that it takes from R's generator belong to the fit's seed.
#' @param early_stopping [early_stopping()], or `NULL`.
#' @param callbacks A named list of functions: `on_epoch_end(fit)`, with the fit as it stands, and
#'   `on_batch_end(info)`, with a list of `epoch`, `batch`, `batches`, `loss` and `accuracy` (both
#'   of this batch). A callback that returns `FALSE` ends the training after the epoch it is in.
#' @param checkpoint The path of a file to write the fit to after each epoch, by [saveRDS()], for
#'   [read_checkpoint()]. It is replaced only when the new one is complete.
#' @param init A fit to go on from, such as [read_checkpoint()] returns; see "Going on".
#' @param cluster The workers to share the batches among: a cluster of the package parallel or what
#'   [cluster_options()] or [mpi_cluster()] make of one (see [clusters]); `NULL` for this session
#'   alone.
#' @param shards The number of pieces that each batch is cut into; see "Shards".
#' @param precision What the net computes with: `"double"`, or `"single"`, which takes about half
#'   the time. See "Precision".
#'
#' @return An object of class `cnn`, a plain list that [saveRDS()] keeps:
#'   * `layers`: the named list of layers, the one to the outputs included;
#'   * `params`: their weights, a list by layer (see [coef()]); `state`: running means and variances
#'     of [layer_batchnorm()];
#'   * `history`: a data frame with a row an epoch: `epoch`, `loss` and `accuracy` (means over the
#'     epoch's batches, as they were met in training), `val_loss` and `val_accuracy` (`NA` without
#'     validation), `lr`, the learning rate of the epoch's last step, and `seconds`;
#'   * `input`: rows, columns, channels; `scale`; `loss`; `levels` of a factor `y`, `output_names`,
#'     the column names of a matrix; `outputs`, the number of outputs; `n`, the number of training
#'     images;
#'   * `precision`; `seen`, the type and the range of the training images' values;
#'   * `optimizer`, its state `optimizer_state`, `batch_size`, `class_weights`, `seed`, and what
#'     else is needed to go on; `call`, and the `version` of the package.
#'
#' Use [predict()][predict.cnn], [evaluate()], [confusion()], [summary()][summary.cnn],
#' [plot()][plot.cnn], [coef()][coef.cnn] on it.
#'
#' @section Initialisation:
#' Weights start normal with variance 2 / fan-in before a rectifier and 1 / fan-in elsewhere (He et
#' al. 2015), biases at 0.
#'
#' @section Repeatable:
#' One seed is drawn from R's generator at the start, and all that is random follows from it: after
#' the same `set.seed()`, the same call gives the same bits, whatever the number of threads.
#' Training leaves R's generator otherwise as it was.
#'
#' On another machine, the first weights, the images set apart for validation, the order of the
#' images and all that is random in training are the same. The sums are not, to the last bit:
#' another engine ([convstep_engine()]), instruction set ([convstep_simd()]) or precision adds in
#' another order, and the processor, or an option, chooses these. Such a difference, 1e-16 of the
#' values, grows in training. It grows fast where images have blank regions and biases start at 0:
#' there the output of a filter before ReLU is 0 or a rounding error, and whether the gradient
#' passes is decided by its sign. On 2,000 of the packaged digits one epoch by `"auto"` and one by
#' `"direct"` ended with losses that differed by 0.0003, and with weights of the first convolution
#' that differed by up to 0.3 % of the largest, biases by 5 %. Both are fits as good as the other,
#' but two fits. For the same bits on several machines of one processor family, select the same
#' engine and instruction set on all, such as `convstep_engine("direct")` and
#' `convstep_simd("baseline")`; between x86-64 and ARM, and between compilers or system libraries
#' (whose `exp()` may differ), bits are not promised. [predict()][predict.cnn] of one saved fit
#' agrees everywhere to some 1e-13.
#'
#' @section Shards:
#' With `shards` above 1, each batch is cut into that many pieces of the same size. Each piece gives
#' its gradients by itself and these are added, weighted by the pieces' sizes, in an order that
#' depends on nothing else; so the fit has the same bits for any number of workers, and without any.
#' For the images it means that each belongs to one shard for the whole training, and that a batch
#' has the same share of every shard. For [layer_batchnorm()] it means that means and variances are
#' those of the piece, not of the batch ("ghost" batches), and running statistics the mean of what
#' the pieces would make of them: a piece should have at least 8 images. Dropout and `augment` draw
#' by piece. A number of shards that the number of workers divides keeps all of them equally busy.
#'
#' @references Hoffer, E., Hubara, I. and Soudry, D. (2017). Train longer, generalize better:
#'   closing the generalization gap in large batch training of neural networks. Advances in Neural
#'   Information Processing Systems. <https://arxiv.org/abs/1705.08741>: ghost batch normalisation.
#'
#' @section Precision:
#' With `precision = "single"` everything between the images and the loss is a 4-byte float, in both
#' directions: 7 digits, and numbers up to 3.4e38 (what is larger becomes infinite, and a loss that
#' is not finite ends the training). Weights, the optimizer's state and running statistics stay
#' doubles, sums over batches are taken in blocks, and the loss is summed in double precision. A fit
#' keeps its precision, for [predict()][predict.cnn] and for going on. [convstep_precision()] has no
#' part in it.
#'
#' @section Going on:
#' `cnn(x, y, init = fit)` trains `fit` for further `epochs`, with the optimizer where it stood and
#' the seed it had: a training cut in two gives the same bits as an uncut one. `layers`,
#' `batch_size`, `optimizer`, `validation` (if it was a share), `loss`, `class_weights`, `scale`,
#' `early_stopping`, `shards` and `precision` are those of the fit unless they are given; `augment`,
#' `callbacks`, `checkpoint` and `cluster` are not kept in a fit and are given again. The optimizer
#' starts afresh if another kind is given.
#'
#' Where early stopping had put the weights of the best epoch in place, training goes on from those
#' of the last one. With `early_stopping = NULL` the result has the weights of the last epoch, and
#' with `epochs = 0` as well it gets them without training. If the patience had run out, it is
#' granted anew. A rule that monitors something else than the former one begins with no best epoch.
#'
#' @section Interrupted:
#' Ctrl-C (or the stop button) ends the training with a warning and returns the fit as it stood
#' after the last whole epoch. So does a loss that is no longer finite. A session that dies leaves
#' the file `checkpoint`, and `cnn(x, y, init = read_checkpoint(file))` goes on from there. A
#' checkpoint that cannot be written, because the disk is full, is a warning; the former one stays.
#'
#' @section Errors:
#' All before the training starts: `x` of another rank or type, without images, with `NA` or
#' infinite values; `y` of another length, with `NA`, of one class only; layers that do not fit the
#' shape that reaches them (the message says which, and the shape); an `init` that does not fit `x`,
#' `y` or `layers`; an argument out of range.
#'
#' @section Suspicious:
#' Warnings of class `convstep_suspicion` say what was seen, what was probably meant, and the line
#' to write: values far from 1 where no `scale` is given, such as 0 to 255; channels that seem to
#' come first; more than 20 classes that are numbers. A fit remembers the type and range of its
#' images as `seen`, and [predict()][predict.cnn] and others warn of images on another scale.
#'
#' @references He, K., Zhang, X., Ren, S. and Sun, J. (2015). Delving deep into rectifiers:
#'   surpassing human-level performance on ImageNet classification. IEEE International Conference on
#'   Computer Vision. <https://arxiv.org/abs/1502.01852>
#' @examples
#' digits <- mnist_sample()
#' few <- 1:1000
#' set.seed(1)
#' fit <- cnn(digits$train$x[few, , , , drop = FALSE], digits$train$y[few], epochs = 2)
#' fit
#' new <- digits$test$x[1:10, , , , drop = FALSE]
#' data.frame(predicted = predict(fit, new), true = digits$test$y[1:10])
#' @export
cnn <- function(x, y, layers = lenet(), epochs = 5, batch_size = 64, optimizer = adam(),
                validation = NULL, verbose = interactive(), loss = "cross_entropy",
                class_weights = NULL, scale = NULL, augment = NULL, early_stopping = NULL,
                callbacks = list(), checkpoint = NULL, init = NULL, cluster = NULL,
                shards = 1, precision = c("double", "single")) {
  call <- match.call()
  if (!is.null(init)) {
    check_fit(init, "init")
    if (missing(layers)) layers <- init$layers[-length(init$layers)]
    if (missing(batch_size)) batch_size <- init$batch_size
    if (missing(optimizer)) optimizer <- init$optimizer
    if (missing(validation)) validation <- init$validation
    if (missing(loss)) loss <- init$loss
    if (missing(class_weights)) class_weights <- init$class_weights
    if (missing(scale)) scale <- init$scale
    if (missing(early_stopping)) early_stopping <- init$early_stopping
    if (missing(shards)) shards <- init$shards
    if (missing(precision)) precision <- init$precision
  }
  loss <- check_loss(loss)
  settings <- list(
    epochs = check_count(epochs, "epochs", lower = 0),
    batch_size = check_count(batch_size, "batch_size"),
    verbose = check_flag(verbose, "verbose"),
    augment = check_augment(augment, loss),
    callbacks = check_callbacks(callbacks),
    checkpoint = check_checkpoint(checkpoint),
    cluster = check_cluster_of_fit(cluster)
  )
  check_as_made(optimizer, "optimizer", "convstep_optimizer", "what adam() or another optimizer returns")
  if (!is.null(early_stopping)) {
    check_as_made(early_stopping, "early_stopping", "convstep_early_stopping",
                  "what early_stopping() returns")
  }
  if (missing(y)) y <- source_targets(x)
  images <- check_images(series_as_images(x, takes_series(layers)), "x")
  target <- check_target(y, "y", loss, dim(images)[1], init)
  layers <- with_output(check_layers(layers), target$outputs, loss_output(loss))
  plan <- network_plan(layers, dim(images)[-1])
  loss_check_output(loss, target, plan$output)
  seen <- seen_of(images)
  if (is.null(init)) {
    suspect_images(images, seen, scale)
    if (loss_name(loss) == "cross_entropy") suspect_classes(y)
  } else {
    suspect_newdata(images, init, "x")
  }
  scale <- check_scale(scale, images)
  fit <- if (is.null(init)) {
    seed <- from_first(settings$cluster, draw_seed())
    replace(new_fit(plan, layers, optimizer, seed), "seen", list(seen))
  } else {
    resume_fit(init, plan, layers, optimizer, early_stopping)
  }
  fit[c("loss", "levels", "outputs", "scale", "batch_size", "shards")] <-
    list(loss, target$levels, target$outputs, scale, settings$batch_size,
         check_shards(shards, settings$batch_size))
  # A target without names is one of the columns known before.
  if (!is.null(target$names)) fit$output_names <- target$names
  fit$precision <- check_option(precision, "precision", precisions)
  fit["early_stopping"] <- list(early_stopping)
  data <- split_validation(images, target, validation, fit)
  if (identical(scale, "standardise")) fit$scale <- standardising(images, data$train$rows)
  fit["class_weights"] <- list(loss_weights(loss, class_weights, target, data$train$rows))
  check_monitor(early_stopping$monitor, "early_stopping", data$validation, loss)
  check_monitor(attr(optimizer$lr, "monitor"), "optimizer", data$validation, loss)
  fit["validation"] <- list(if (is.numeric(validation)) validation)
  fit$n <- length(data$train$rows)
  fit$version <- package_version_string()
  fit$call <- call
  train(fit, plan, data$train, data$validation, settings)
}

new_fit <- function(plan, layers, optimizer, seed) {
  params <- with_stream(seed, 0, 0, 0, network_init(plan))
  structure(
    list(
      layers = layers,
      input = plan$input,
      params = params,
      state = network_init_state(plan),
      history = data.frame(epoch = integer(), loss = double(), accuracy = double(),
                           val_loss = double(), val_accuracy = double(), lr = double(),
                           seconds = double()),
      optimizer = optimizer,
      optimizer_state = init_optimizer(optimizer, params),
      seed = seed,
      output_names = NULL,
      best = NULL,
      best_epoch = NULL,
      last = NULL
    ),
    class = "cnn"
  )
}

# Goes on from where `init` stood at the end of its training, which early stopping may have kept
# apart from its best weights.
resume_fit <- function(init, plan, layers, optimizer, early_stopping) {
  if (!identical(plan$input, init$input)) {
    stop_assertion("init", "Must have been trained on images of the shape of 'x', ",
                   format_dim(plan$input), ", but has ", format_dim(init$input))
  }
  if (!identical(layers, init$layers)) {
    stop_assertion("init", "Must have the same layers as 'layers', but has others")
  }
  fit <- init
  if (!is.null(fit$last)) {
    fit[names(fit$last)] <- fit$last
    fit["last"] <- list(NULL)
  }
  if (!identical(class(optimizer), class(fit$optimizer))) {
    fit$optimizer_state <- init_optimizer(optimizer, fit$params)
  }
  fit$optimizer <- optimizer
  resume_waiting(fit, early_stopping)
}

# The images and targets to train on and to validate on, each as the whole arrays and the rows that
# belong to it.
split_validation <- function(images, target, validation, fit) {
  m <- dim(images)[1]
  whole <- function(images, target) {
    list(x = images, y = target$y, rows = seq_len(dim(images)[1]))
  }
  if (is.null(validation)) {
    return(list(train = whole(images, target), validation = NULL))
  }
  if (is_source(validation)) validation <- list(x = validation, y = source_targets(validation))
  if (is.list(validation)) {
    if (is_source(validation$x) && is.null(validation$y)) {
      validation$y <- source_targets(validation$x, "validation$x")
    }
    if (is.null(names(validation)) && length(validation) == 2) names(validation) <- c("x", "y")
    check_cache(validation, c("x", "y"), "validation", "the images and their targets")
    held_x <- check_newdata(validation$x, "validation$x", fit$input)
    held_y <- check_new_target(validation$y, "validation$y", fit, dim(held_x)[1])
    return(list(train = whole(images, target),
                validation = whole(held_x, list(y = held_y))))
  }
  if (!checkmate::test_number(validation, finite = TRUE) || validation <= 0 || validation >= 1) {
    stop_assertion("validation", "Must be a list of 'x' and 'y', or one number between 0 and 1, ",
                   "but is ", describe_number(validation))
  }
  n <- round(validation * m)
  if (n < 1 || n >= m) {
    stop_assertion("validation", "Must leave images for training and for validation, but ",
                   format(validation), " of ", m, " is ", n)
  }
  held <- sort(with_stream(fit$seed, 0, 0, 0, sample.int(m, n)))
  train <- whole(images, target)
  train$rows <- setdiff(train$rows, held)
  list(train = train, validation = list(x = images, y = target$y, rows = held))
}
