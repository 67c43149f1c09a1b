#' Predict with a network
#'
#' @param object A fit that [cnn()] returned.
#' @param newdata Images, an array or a source as [cnn()] takes; or one image, `(n_H, n_W)` or, with
#'   several channels, `(n_H, n_W, n_C)`. Their type should be that of the images trained on: they
#'   are scaled by the same factor.
#' @param type For classes and labels `"class"`, `"prob"` (probabilities) or `"logit"` (the outputs
#'   before the softmax or the sigmoid). For numbers it has no meaning.
#' @param batch_size The number of images to work through at a time: it bounds the memory, and
#'   changes no result.
#' @param ... Not used.
#'
#' @return By the kind of [loss][losses]:
#'   * classes: `"class"` is a factor with the levels of the fit, `"prob"` and `"logit"` a matrix
#'     with a row an image and a column a class;
#'   * classes of pixels: `"class"` is an array `(m, n_H, n_W)` of the classes as they were given,
#'     the others one `(m, n_H, n_W, K)` with the classes as names of its last extent;
#'   * labels: a matrix with a row an image and a column a label, of `TRUE` and `FALSE`,
#'     probabilities or outputs; a vector if there is one label only;
#'   * numbers: a numeric vector, or a matrix `(m, outputs)` if there are several outputs.
#'
#' @section Errors:
#' Images of another shape than the net was trained on, with `NA` or infinite values.
#'
#' @examples
#' digits <- mnist_sample()
#' few <- 1:500
#' set.seed(1)
#' fit <- cnn(digits$train$x[few, , , , drop = FALSE], digits$train$y[few], epochs = 2)
#' new <- digits$test$x[1:3, , , , drop = FALSE]
#' predict(fit, new)
#' round(predict(fit, new, type = "prob"), 2)
#' @export
predict.cnn <- function(object, newdata, type = c("class", "prob", "logit"), batch_size = 256,
                        ...) {
  check_fit(object, "object", whole = FALSE)
  type <- check_option(type, "type", c("class", "prob", "logit"))
  batch_size <- check_count(batch_size, "batch_size")
  x <- check_newdata(newdata, "newdata", object$input)
  suspect_newdata(x, object, "newdata")
  loss_prediction(object$loss, fit_outputs(object, x, batch_size), type, object)
}

# The outputs for all images of `x`: (m, outputs), or (m, n_H, n_W, outputs) of a net that keeps
# rows and columns.
fit_outputs <- function(fit, x, batch_size) {
  plan <- fit_plan(fit)
  m <- dim(x)[1]
  outputs <- matrix(0, m, prod(plan$output))
  forward_batches(fit, plan, x, seq_len(m), batch_size, function(Z, positions) {
    outputs[positions, ] <<- Z
  })
  dim(outputs) <- c(m, plan$output)
  outputs
}
