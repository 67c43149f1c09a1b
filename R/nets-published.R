# Nets that others have trained and published, layer by layer.

#' Published networks
#'
#' The layers of ResNet-18 and ResNet-34, VGG-16 and MobileNet-v2 as torchvision has them, up to
#' their last affine layer, which [cnn()] adds. Layers have torchvision's names, so that
#' [read_weights()] finds them in its files.
#'
#' @param dropout The rate of the dropouts before the affine layers.
#'
#' @return A named list of layers. They are made for colour images of about 224 x 224.
#'
#' @section Weights:
#' A file of weights in the format safetensors is made once, in Python, by
#' `safetensors.torch.save_file(torchvision.models.resnet18(weights = "DEFAULT").state_dict(), file)`.
#' In R, with raw images `x` `(m, 224, 224, 3)` and a factor `y` whose levels are the thousand
#' classes in their order,
#' ```
#' fit <- cnn(x, y, resnet18(), epochs = 0, scale = imagenet_scale())
#' fit <- read_weights(fit, file, map = c(output = "fc", shortcut = "downsample"))
#' ```
#' For `vgg16()` the map is `c(output = "classifier.6")`, for `mobilenet_v2()`
#' `c(output = "classifier.1")`.
#'
#' @references He, K., Zhang, X., Ren, S. and Sun, J. (2016). Deep residual learning for image
#'   recognition. IEEE Conference on Computer Vision and Pattern Recognition.
#'   <https://arxiv.org/abs/1512.03385>
#'
#'   Simonyan, K. and Zisserman, A. (2015). Very deep convolutional networks for large-scale image
#'   recognition. International Conference on Learning Representations.
#'   <https://arxiv.org/abs/1409.1556>
#'
#'   Sandler, M., Howard, A., Zhu, M., Zhmoginov, A. and Chen, L.-C. (2018). MobileNetV2: inverted
#'   residuals and linear bottlenecks. IEEE Conference on Computer Vision and Pattern Recognition.
#'   <https://arxiv.org/abs/1801.04381>
#' @seealso [lenet()], for small images.
#' @examples
#' x <- array(as.raw(0:255), c(2, 32, 32, 3))
#' fit <- cnn(x, factor(c("cat", "dog")), resnet18(), epochs = 0, scale = imagenet_scale())
#' fit
#' @name published
NULL

#' @rdname published
#' @export
resnet18 <- function() resnet(c(2, 2, 2, 2))

#' @rdname published
#' @export
resnet34 <- function() resnet(c(3, 4, 6, 3))

# Four stages of so many blocks, each stage but the first with half the rows and columns.
resnet <- function(blocks) {
  layers <- list(
    conv1 = layer_conv(64, f = 7, stride = 2, pad = 3, activation = "none", bias = FALSE),
    bn1 = layer_batchnorm(activation = "relu"),
    maxpool = layer_pool(3, stride = 2, pad = 1)
  )
  for (stage in seq_along(blocks)) {
    for (block in seq_len(blocks[stage])) {
      first <- stage > 1 && block == 1
      layers[[paste0("layer", stage, ".", block - 1)]] <-
        resnet_block(64 * 2^(stage - 1), if (first) 2 else 1, first)
    }
  }
  c(layers, list(avgpool = layer_global_pool()))
}

resnet_block <- function(filters, stride, projected) {
  layer_residual(
    list(
      conv1 = layer_conv(filters, f = 3, stride = stride, pad = 1, activation = "none",
                         bias = FALSE),
      bn1 = layer_batchnorm(activation = "relu"),
      conv2 = layer_conv(filters, f = 3, pad = 1, activation = "none", bias = FALSE),
      bn2 = layer_batchnorm()
    ),
    shortcut = if (projected) {
      list(`0` = layer_conv(filters, f = 1, stride = stride, activation = "none", bias = FALSE),
           `1` = layer_batchnorm())
    },
    activation = "relu"
  )
}

#' @rdname published
#' @export
vgg16 <- function(dropout = 0.5) {
  filters <- c(64, 64, NA, 128, 128, NA, 256, 256, 256, NA, 512, 512, 512, NA, 512, 512, 512, NA)
  layers <- list()
  at <- 0
  for (k in filters) {
    layers[[paste0("features.", at)]] <- if (is.na(k)) layer_pool(2) else layer_conv(k, 3, pad = 1)
    # torchvision counts each activation.
    at <- at + if (is.na(k)) 1 else 2
  }
  c(layers, list(
    classifier.0 = layer_affine(4096), classifier.2 = layer_dropout(dropout),
    classifier.3 = layer_affine(4096), classifier.5 = layer_dropout(dropout)
  ))
}

#' @rdname published
#' @export
mobilenet_v2 <- function(dropout = 0.2) {
  unit <- function(conv) list(conv, layer_batchnorm(activation = "relu6"))
  full <- function(filters, f, stride = 1) {
    layer_conv(filters, f, stride, pad = (f - 1) / 2, activation = "none", bias = FALSE)
  }
  layers <- stats::setNames(unit(full(32, 3, 2)), c("features.0.0", "features.0.1"))
  # Widening, filters, blocks, stride of the first.
  stages <- list(c(1, 16, 1, 1), c(6, 24, 2, 2), c(6, 32, 3, 2), c(6, 64, 4, 2), c(6, 96, 3, 1),
                 c(6, 160, 3, 2), c(6, 320, 1, 1))
  channels <- 32
  at <- 1
  for (stage in stages) {
    for (block in seq_len(stage[3])) {
      stride <- if (block == 1) stage[4] else 1
      inside <- mobilenet_block(channels, stage[1], stage[2], stride, unit, full)
      name <- paste0("features.", at)
      if (stride == 1 && channels == stage[2]) {
        layers[[name]] <- layer_residual(inside)
      } else {
        names(inside) <- paste0(name, ".", names(inside))
        layers <- c(layers, inside)
      }
      channels <- stage[2]
      at <- at + 1
    }
  }
  c(layers, stats::setNames(unit(full(1280, 1)), c("features.18.0", "features.18.1")),
    list(pool = layer_global_pool(), classifier.0 = layer_dropout(dropout)))
}

# Widened, convolved channel by channel, narrowed.
mobilenet_block <- function(channels, widening, filters, stride, unit, full) {
  layers <- list()
  if (widening > 1) layers <- unit(full(channels * widening, 1))
  layers <- c(layers, unit(layer_depthwise(3, stride, pad = 1, activation = "none", bias = FALSE)))
  units <- length(layers) / 2
  names(layers) <- paste0("conv.", rep(seq_len(units) - 1, each = 2), c(".0", ".1"))
  last <- stats::setNames(list(full(filters, 1), layer_batchnorm()),
                          paste0("conv.", units + 0:1))
  c(layers, last)
}

#' Scale of ImageNet
#'
#' What the published networks were trained on: for the argument `scale` of [cnn()], where the
#' images are raw, red, green and blue from 0 to 255.
#'
#' @return A list of `mean` and `sd`, by channel, of values from 0 to 255: those of torchvision,
#'   `c(0.485, 0.456, 0.406)` and `c(0.229, 0.224, 0.225)`, times 255.
#' @seealso [resnet18()]
#' @examples
#' imagenet_scale()
#' @export
imagenet_scale <- function() {
  list(mean = 255 * c(0.485, 0.456, 0.406), sd = 255 * c(0.229, 0.224, 0.225))
}
