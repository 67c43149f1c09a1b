#' Predict with a network
#'
#' @param object A fit that [cnn()] returned.
#' @param newdata Images, an array or a source as [cnn()] takes; or one image, `(n_H, n_W)` or, with several
#'   channels, `(n_H, n_W, n_C)`. Their type should be that of the images trained on: they are
#'   scaled by the same factor.
#' @param type For classes `"class"`, `"prob"` (probabilities) or `"logit"` (the outputs before the
#'   softmax). For a regression (`loss = "mse"`) it has no meaning.
#' @param batch_size The number of images to work through at a time: it bounds the memory, and
#'   changes no result.
#' @param ... Not used.
#'
#' @return `"class"`: a factor with the levels of the fit. `"prob"`, `"logit"`: a matrix with a row
#'   an image and a column a class. For a regression a numeric vector, or a matrix `(m, outputs)` if
#'   there are several outputs, with the column names of the target that was trained on.
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
  plan <- fit_plan(object)
  outputs <- matrix(0, dim(x)[1], object$outputs)
  forward_batches(object, plan, x, seq_len(dim(x)[1]), batch_size, function(Z, positions) {
    outputs[positions, ] <<- Z
  })
  if (object$loss == "mse") {
    colnames(outputs) <- object$output_names
    return(if (object$outputs == 1) as.vector(outputs) else outputs)
  }
  colnames(outputs) <- object$levels
  switch(type,
    class = factor(object$levels[max.col(outputs, "first")], object$levels),
    prob = fresh(softmax_cpp(outputs)),
    logit = outputs
  )
}
