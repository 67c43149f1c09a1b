# Ready lists of layers.

#' Ready networks
#'
#' Lists of layers for [cnn()], to use as they are or to start from.
#'
#' `lenet()` is made for small grey images such as digits, after LeNet-5 with the parts of today:
#' two rounds of a 5x5 convolution, ReLU and a 2x2 maximum, then an affine layer.
#' `vgg_small()` is made for 32x32 colour images, after VGG: three blocks of two 3x3 convolutions
#' with batch normalisation, each with twice the filters of the former and followed by a 2x2
#' maximum, then the mean of each channel.
#'
#' @param filters The numbers of filters of the convolutions; for `vgg_small()` those of each block.
#' @param units The units of the affine layer before the outputs.
#' @param dropout The rate of [layer_dropout()] before the outputs; 0 for none.
#'
#' @return A list of layers.
#'
#' @references LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning
#'   applied to document recognition. Proceedings of the IEEE, 86(11), 2278-2324.
#'
#'   Simonyan, K. and Zisserman, A. (2015). Very deep convolutional networks for large-scale image
#'   recognition. International Conference on Learning Representations.
#'   <https://arxiv.org/abs/1409.1556>
#' @seealso [layers]
#' @examples
#' lenet()
#' length(vgg_small())
#' @export
lenet <- function(filters = c(8, 16), units = 128, dropout = 0) {
  checkmate::assert_integerish(filters, lower = 1, any.missing = FALSE, len = 2)
  last <- dropout_unless_zero(dropout)
  c(
    list(
      layer_conv(filters[1], f = 5, pad = 2),
      layer_pool(2),
      layer_conv(filters[2], f = 5, pad = 2),
      layer_pool(2),
      layer_affine(units)
    ),
    last
  )
}

#' @rdname lenet
#' @export
vgg_small <- function(filters = c(32, 64, 128), dropout = 0.2) {
  checkmate::assert_integerish(filters, lower = 1, any.missing = FALSE, min.len = 1)
  last <- dropout_unless_zero(dropout)
  convolution <- function(k) {
    list(layer_conv(k, f = 3, pad = 1, activation = "none"), layer_batchnorm(activation = "relu"))
  }
  blocks <- lapply(filters, function(k) c(convolution(k), convolution(k), list(layer_pool(2))))
  c(do.call(c, blocks), list(layer_global_pool()), last)
}

dropout_unless_zero <- function(rate) {
  if (check_finite(rate, "dropout", 0, 1) == 0) NULL else list(layer_dropout(rate))
}
