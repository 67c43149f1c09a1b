# Enlarging images.

#' @rdname layers
#' @export
layer_upsample <- function(factor = 2, mode = "nearest") {
  new_layer("upsample", list(
    factor = check_pair(factor, "factor", lower = 1),
    mode = check_choice(mode, "mode", c("nearest", "bilinear"))
  ))
}

build_layer.layer_upsample <- function(layer, shape) {
  need_image(shape)
  output <- shape * as.double(c(layer$factor, 1))
  if (any(output > .Machine$integer.max)) {
    stop("The output would have more than ", .Machine$integer.max, " rows or columns.")
  }
  list(ops = list(op_upsample(layer$factor, layer$mode == "bilinear")),
       output = as.integer(output))
}

op_upsample <- function(factor, bilinear) {
  list(
    kind = "upsample",
    forward = function(A, p, training) {
      list(Z = upsample_forward_cpp(A, factor, bilinear), cache = dim(A))
    },
    backward = function(dZ, cache, p, wanted) {
      list(dA_prev = if (wanted) upsample_backward_cpp(dZ, cache, factor, bilinear))
    }
  )
}
