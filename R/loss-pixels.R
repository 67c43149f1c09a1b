# A class for each pixel: the layers keep rows and columns, and the outputs are (m, n_H, n_W, K). In
# memory that is a matrix with a row for each pixel of each image, which is what the loss works on.

#' @rdname losses
#' @export
loss_pixels <- function(label_smoothing = 0) {
  new_loss("pixels", list(
    label_smoothing = check_finite(label_smoothing, "label_smoothing", 0, 1)
  ))
}

loss_output.loss_pixels <- function(loss) "pixel"

loss_target.loss_pixels <- function(loss, y, name, m, init) {
  y <- check_pixel_classes(y, name, m)
  if (!is.null(init)) {
    return(list(y = pixel_codes(y, name, init), levels = init$levels, outputs = init$outputs))
  }
  levels <- as.character(sort(unique(as.vector(y))))
  if (length(levels) < 2) {
    stop_assertion(name, "Must have at least two classes, but all are \"", levels, "\"")
  }
  list(y = pixel_codes(y, name, list(levels = levels)), levels = levels, outputs = length(levels))
}

check_pixel_classes <- function(y, name, m) {
  if (is.raw(y)) storage.mode(y) <- "integer"
  if (length(dim(y)) == 4 && dim(y)[4] == 1) y <- array(y, dim(y)[1:3])
  if (!(is_numeric_like(y) || is.character(y)) || length(dim(y)) != 3) {
    stop_assertion(name, "Must be an array (m, n_H, n_W) of classes, a pixel each, but is ",
                   describe(y))
  }
  check_target_length(dim(y)[1], name, m)
  check_no_na(y, name)
  if (is.double(y) && any(y != round(y))) {
    stop_assertion(name, "Must hold classes, but holds fractions")
  }
  y
}

pixel_codes <- function(y, name, fit) {
  array(check_known_classes(y, name, fit), dim(y))
}

loss_new_target.loss_pixels <- function(loss, y, name, m, fit) {
  codes <- pixel_codes(check_pixel_classes(y, name, m), name, fit)
  loss_check_output(loss, list(y = codes), fit_plan(fit)$output, name)
  codes
}

loss_check_output.loss_pixels <- function(loss, target, shape, name = "y") {
  if (!identical(dim(target$y)[2:3], as.integer(shape[1:2]))) {
    stop_assertion(name, "Must have the rows and columns that the layers put out, ",
                   format_dim(shape[1:2]), ", but has ", format_dim(dim(target$y)[2:3]))
  }
}

# The mean over the pixels of an image.
loss_value.loss_pixels <- function(loss, Z, y, weights, gradient) {
  extents <- dim(Z)
  pixels <- prod(extents[2:3])
  step <- softmax_loss_cpp(pixel_rows(Z), as.vector(y), loss$label_smoothing, weights, gradient)
  list(sum = step$sum / pixels, correct = step$correct / pixels,
       dZ = if (gradient) array(step$dZ / pixels, extents))
}

pixel_rows <- function(Z) {
  dim(Z) <- c(prod(dim(Z)[1:3]), dim(Z)[4])
  Z
}

loss_prediction.loss_pixels <- function(loss, Z, type, fit) {
  names <- list(NULL, NULL, NULL, fit$levels)
  switch(type,
    class = classes_of(Z, fit), # the largest output has the largest probability
    prob = array(softmax_cpp(pixel_rows(Z)), dim(Z), names),
    logit = array(Z, dim(Z), names)
  )
}

# The classes as they were given: numbers, logicals or strings.
pixel_classes <- function(levels) utils::type.convert(levels, as.is = TRUE)

# The intersection over the union of the true and the predicted pixels of each class, NaN for a
# class that is in neither; the mean leaves those out.
loss_measures.loss_pixels <- function(loss, Z, y, fit) {
  predicted <- max.col(pixel_rows(Z), "first")
  k <- length(fit$levels)
  both <- tabulate(y[y == predicted], k)
  iou <- both / (tabulate(y, k) + tabulate(predicted, k) - both)
  c(class_measures(as.vector(y), predicted, fit$levels),
    list(iou = stats::setNames(iou, fit$levels), mean_iou = mean(iou, na.rm = TRUE)))
}

loss_fits.loss_pixels <- function(loss, fit) {
  loss_fits.loss_cross_entropy(loss, fit) && length(fit_plan(fit)$output) == 3
}

loss_words.loss_pixels <- function(loss, target) paste(target$outputs, "classes of pixels")

loss_weights.loss_pixels <- function(loss, weights, target, rows) {
  loss_weights.loss_cross_entropy(loss, weights, target, rows)
}
