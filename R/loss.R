# What a net is trained for. A loss is a plain list of its options, each with a file of its own or a
# stretch of one (loss-*.R), which holds
#   loss_<name>()   the constructor, whose arguments are the fields of the list
# and methods for these generics, found by the class, so that a loss more touches nothing else:

# The targets of a new fit (or of `init`, if that is not NULL), checked: a list of `y`, as the
# passes take it (a vector, matrix or array whose first extent is the image), `outputs`, their
# number, and `levels` of classes or `names` of outputs, or neither.
loss_target <- function(loss, y, name, m, init) UseMethod("loss_target")

# The same `y` of targets that a fit is measured by.
loss_new_target <- function(loss, y, name, m, fit) UseMethod("loss_new_target")

# A list of `sum`, the sum of the examples' losses, `correct`, how many of them are right (NA where
# nothing is right or wrong), and with `gradient` dZ, the gradient of each example's loss with
# respect to its outputs Z. `y` are the targets of the batch, `weights` come from loss_weights().
loss_value <- function(loss, Z, y, weights, gradient) UseMethod("loss_value")

# Whether loss_value() takes outputs that are floats, and returns such gradients. Those written in R
# do not.
loss_takes_single <- function(loss) UseMethod("loss_takes_single")
loss_takes_single.convstep_loss <- function(loss) FALSE

# Loss and gradient of a batch whose outputs are doubles or floats.
loss_of_batch <- function(loss, Z, y, weights) {
  if (is.double(Z) || loss_takes_single(loss)) {
    return(loss_value(loss, Z, y, weights, gradient = TRUE))
  }
  result <- loss_value(loss, to_double_cpp(Z), y, weights, gradient = TRUE)
  result$dZ <- to_single_cpp(result$dZ)
  result
}

# What predict() makes of the outputs Z of all images.
loss_prediction <- function(loss, Z, type, fit) UseMethod("loss_prediction")

# What evaluate() says beside loss and number, a list.
loss_measures <- function(loss, Z, y, fit) UseMethod("loss_measures")

# Whether the parts of a fit that come from its targets fit each other.
loss_fits <- function(loss, fit) UseMethod("loss_fits")

# What it predicts, in words: "10 classes", "2 numbers".
loss_words <- function(loss, target) UseMethod("loss_words")

# The layer to the outputs, "affine" or "pixel" (see with_output()).
loss_output <- function(loss) UseMethod("loss_output")
loss_output.convstep_loss <- function(loss) "affine"

# The weights of the classes, checked, for the images `rows`.
loss_weights <- function(loss, weights, target, rows) UseMethod("loss_weights")
loss_weights.convstep_loss <- function(loss, weights, target, rows) {
  if (is.null(weights)) {
    return(NULL)
  }
  stop_assertion("class_weights", "Must be NULL for loss = \"", loss_name(loss), "\", but is ",
                 describe(weights))
}

# Whether it tells right from wrong, so that there is an accuracy.
loss_counts <- function(loss) UseMethod("loss_counts")
loss_counts.convstep_loss <- function(loss) TRUE

# Whether the targets have the shape of what the net puts out for one image.
loss_check_output <- function(loss, target, shape, name = "y") UseMethod("loss_check_output")
loss_check_output.convstep_loss <- function(loss, target, shape, name = "y") NULL

new_loss <- function(name, fields = list()) {
  structure(fields, class = c(paste0("loss_", name), "convstep_loss"))
}

loss_name <- function(loss) sub("^loss_", "", class(loss)[1])

#' Losses
#'
#' What [cnn()] makes small. A string as its argument `loss` is the loss of that name with its
#' defaults: `"huber"` is `loss_huber()`.
#'
#' With outputs \eqn{z} and target \eqn{y} of one image, its loss is
#' * `loss_cross_entropy()`, one of \eqn{K} classes:
#'   \eqn{-\sum_k w_k t_k \log \mathrm{softmax}(z)_k}, where \eqn{t} is 1 at the true class and 0
#'   elsewhere, or, with the label smoothing \eqn{s}, \eqn{(1 - s)} times that plus \eqn{s / K}, and
#'   \eqn{w} are the class weights;
#' * `loss_pixels()`, a class for each pixel: the mean of the same over the pixels. The net ends in
#'   a 1x1 convolution to the classes, and keeps rows and columns;
#' * `loss_binary()`, several yes-or-no labels: the mean over the labels of
#'   \eqn{-w y \log \sigma(z) - (1 - y) \log(1 - \sigma(z))};
#' * `loss_mse()`, numbers: the mean over the outputs of \eqn{(z - y)^2};
#' * `loss_huber()`, numbers with outliers: the mean over the outputs of \eqn{(z - y)^2 / 2} where
#'   \eqn{|z - y| \le \delta}, and \eqn{\delta (|z - y| - \delta / 2)} beyond;
#' * `loss_own()`, whatever a function of yours says.
#'
#' @param label_smoothing The share \eqn{s} of each target that is spread over all classes, at least
#'   0 and below 1.
#' @param delta Where the square turns into a straight line; above 0.
#' @param f A function of the outputs of a batch `(m, K)` and its targets, rows of the matrix `y`
#'   (a column, if `y` is a vector), or the classes, if `y` is a factor. It returns a list of
#'   `value`, a number for each image, and `gradient`, of the outputs' shape: the gradient of each
#'   image's own value. [check_gradient()] tells whether the two belong together.
#' @param outputs The number of outputs \eqn{K}; `NULL`: as many as `y` has columns, or classes.
#'
#' @return A list of class `convstep_loss` that holds the arguments.
#'
#' @section Targets:
#' `loss_cross_entropy()` takes a factor or anything that [factor()] takes, or a matrix of the
#' classes' probabilities, a row an image, with the classes as column names. `loss_pixels()` takes
#' an array `(m, n_H, n_W)` of classes: integers, logicals or strings, or `(m, n_H, n_W, 1)`, of the
#' size that the layers put out. `loss_binary()` takes a logical or 0/1 matrix with a row an image
#' and a named column a label, or a vector for one label. The others take a numeric matrix with a
#' row an image, or a vector.
#'
#' @section Errors:
#' A value out of range; targets of another kind; an own loss whose result has another shape or is
#' not numeric.
#'
#' @references Szegedy, C., Vanhoucke, V., Ioffe, S., Shlens, J. and Wojna, Z. (2016). Rethinking
#'   the inception architecture for computer vision. IEEE Conference on Computer Vision and Pattern
#'   Recognition. <https://arxiv.org/abs/1512.00567>: label smoothing.
#'
#'   Huber, P. J. (1964). Robust estimation of a location parameter. The Annals of Mathematical
#'   Statistics, 35(1), 73-101.
#' @examples
#' loss_cross_entropy(label_smoothing = 0.1)
#'
#' # The mean absolute error, as a loss of one's own.
#' absolute <- loss_own(function(outputs, y) {
#'   list(value = rowMeans(abs(outputs - y)), gradient = sign(outputs - y) / ncol(y))
#' })
#' digits <- mnist_sample()$test
#' x <- digits$x[1:100, , , , drop = FALSE]
#' darkness <- apply(x, 1, function(image) mean(as.integer(image))) / 255
#' fit <- cnn(x, darkness, list(layer_pool(4)), epochs = 3, loss = absolute)
#' fit$history$loss
#'
#' # Two labels an image.
#' labels <- cbind(even = as.integer(as.character(digits$y[1:100])) %% 2 == 0,
#'                 round = digits$y[1:100] %in% c(0, 6, 8, 9))
#' fit <- cnn(x, labels, list(layer_pool(4)), epochs = 3, loss = "binary")
#' evaluate(fit, x, labels)
#' @name losses
NULL

losses <- c("cross_entropy", "mse", "binary", "huber", "pixels")

# A loss as its constructor makes it, from what the user gave.
check_loss <- function(loss) {
  if (is.function(loss)) {
    return(loss_own(loss))
  }
  if (inherits(loss, "convstep_loss")) {
    return(check_as_made(loss, "loss", "convstep_loss", "a loss as its function returns it"))
  }
  name <- check_option(loss, "loss", losses)
  get(paste0("loss_", name), topenv(), mode = "function", inherits = FALSE)()
}

#' @export
print.convstep_loss <- function(x, ...) {
  fields <- if (length(x) > 0) format_fields(lapply(unclass(x), shown_field))
  cat("<", class(x)[1], "> ", fields, "\n", sep = "")
  invisible(x)
}

shown_field <- function(x) if (is.function(x)) "a function" else if (is.null(x)) "NULL" else x

# Targets of a new fit, and whether `init` was trained on such.
check_target <- function(y, name, loss, m, init) {
  target <- loss_target(loss, y, name, m, init)
  if (!is.null(init) && (!identical(loss, init$loss) || target$outputs != init$outputs ||
                           !identical(target$levels, init$levels))) {
    stop_assertion("init", "Must have been trained on targets like '", name, "' (",
                   describe_target(loss, target), "), but was on ",
                   describe_target(init$loss, init))
  }
  target
}

describe_target <- function(loss, target) {
  shown <- paste0("\"", utils::head(target$levels, 10), "\"", collapse = ", ")
  paste0(loss_words(loss, target),
         if (!is.null(target$levels)) paste0(" ", shown),
         if (length(target$levels) > 10) ", ...", " by loss = \"", loss_name(loss), "\"")
}

check_new_target <- function(y, name, fit, m) loss_new_target(fit$loss, y, name, m, fit)

check_target_length <- function(n, name, m) {
  if (n != m) {
    stop_assertion(name, "Must have one target an image (", m, "), but has ", n)
  }
}

count_of <- function(n, one, several) paste(n, if (n == 1) one else several)

# The targets as a user would give them, whatever rows are taken of them.
whole_target <- function(target) {
  y <- target$y
  levels <- target$levels
  if (is.null(levels)) {
    return(y)
  }
  switch(max(1, length(dim(y))),
    factor(levels[y], levels),
    `colnames<-`(y, levels),
    array(pixel_classes(levels)[y], dim(y))
  )
}

# What the probabilities `prob` of a fit or of several say, as predict() says it.
classes_of <- function(prob, fit) {
  if (is.null(fit$levels)) {
    return(if (inherits(fit$loss, "loss_binary")) prob > 0.5 else prob)
  }
  if (length(dim(prob)) == 4) {
    return(array(pixel_classes(fit$levels)[max.col(pixel_rows(prob), "first")], dim(prob)[1:3]))
  }
  factor(fit$levels[max.col(prob, "first")], fit$levels)
}
