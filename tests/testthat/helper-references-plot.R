# What the drawing functions must return: the matrices and colours in the picture, as
# helper-references.R has it for the chapters.

as_image <- function(x) {
  x <- bare(x)
  if (is.matrix(x)) x else matrix(x, dim(x)[2])
}

as_batch <- function(x) array(x, c(1, dim(x), 1))

drawn_convolution <- function(x, W, hparameters, at) {
  x <- as_image(x)
  W <- as_image(W)
  hp <- numeric_hparameters(hparameters)
  window <- naive_window(dim(x), dim(W), hp)
  at <- rep_len(as.double(at), 2)
  padded <- naive_pad(as_batch(x), window)
  list(x = as_batch(x), W = array(W, c(dim(W), 1, 1)), hp = hp,
       window = matrix(padded[1, window$cells(1, at[1]), window$cells(2, at[2]), 1], nrow(W)),
       filter = W, at = at)
}

# Of a matrix in a picture only the values count, and not what else came with an argument.
plain <- function(expected) satisfying(function(actual) identical(bare(actual), bare(expected)))

flattened <- function(known) {
  known$value <- matrix(known$value, dim(known$value)[2])
  known
}

ref_plot_convolution <- function(x, W, b = 0, hparameters = list(stride = 1, pad = 0),
                                 at = c(1, 1)) {
  drawn <- drawn_convolution(x, W, hparameters, at)
  Z <- ref_conv_forward(drawn$x, drawn$W, b, hparameters)$Z
  list(window = plain(drawn$window), products = plain(drawn$window * drawn$filter),
       Z = flattened(Z))
}

ref_plot_convolution_gradient <- function(x, W, dZ, hparameters = list(stride = 1, pad = 0),
                                          at = c(1, 1)) {
  drawn <- drawn_convolution(x, W, hparameters, at)
  dZ <- as_image(dZ)
  cache <- list(A_prev = drawn$x, W = drawn$W, hparameters = hparameters)
  gradients <- ref_conv_backward(as_batch(dZ), cache)
  dz <- dZ[drawn$at[1], drawn$at[2]]
  dW <- gradients$dW
  dW$value <- matrix(dW$value, nrow(drawn$filter))
  list(dA_part = plain(drawn$filter * dz), dA_prev = flattened(gradients$dA_prev),
       dW_part = plain(drawn$window * dz), dW = dW)
}

ref_plot_padding <- function(x, pad = 1) {
  x <- as_image(x)
  window <- naive_window(dim(x), c(1, 1), list(stride = 1, pad = as.double(pad)))
  list(output = matrix(naive_pad(as_batch(x), window), window$padded[1]))
}

ref_plot_pooling <- function(x, hparameters = list(f = 2, stride = 2), mode = "max",
                             at = NULL) {
  list(A = flattened(ref_pool_forward(as_batch(as_image(x)), hparameters, mode)$A))
}

ref_plot_pooling_gradient <- function(x, hparameters = list(f = 2, stride = 2), mode = "max",
                                      dA = NULL, at = NULL, ties = "all") {
  x <- as_batch(as_image(x))
  A <- ref_pool_forward(x, hparameters, mode)$A
  dA <- if (is.null(dA)) array(1, dim(A$value)) else as_batch(as_image(dA))
  cache <- list(A_prev = x, hparameters = hparameters)
  list(A = flattened(A), dA_prev = flattened(ref_pool_backward(dA, cache, mode, ties)))
}

# The colour of each value, cell by cell.
colours_drawn <- function(x, colours, limits) {
  if (!is.character(colours)) {
    colours <- grDevices::rgb(t(grDevices::col2rgb(colours)), maxColorValue = 255)
  }
  limits <- as.double(limits)
  missing_colour <- convstep:::theme$missing
  drawn <- vapply(as.vector(x), function(value) {
    if (is.na(value)) {
      return(missing_colour)
    }
    share <- if (value <= limits[1]) 0 else if (value >= limits[2]) 1 else
      (value - limits[1]) / (limits[2] - limits[1])
    as.character(colours[1 + round(share * (length(colours) - 1))])
  }, "")
  array(drawn, dim(x))
}

ref_plot_images <- function(x, labels = NULL, label_colours = NULL, max = 100, ncol = NULL,
                            limits = NULL, colours = NULL) {
  images <- if (is.raw(x)) array(as.double(x), dim(x)) else bare(x)
  if (length(dim(images)) == 2) dim(images) <- c(1, dim(images), 1)
  if (length(dim(images)) == 3) dim(images) <- c(dim(images), 1)
  images <- images[seq_len(min(max, dim(images)[1])), , , , drop = FALSE]
  if (is.null(limits)) limits <- range(0, images[is.finite(images)])
  if (is.null(colours)) colours <- convstep:::ink_colours()
  if (dim(images)[4] == 1) {
    return(array(colours_drawn(images, colours, limits), dim(images)[1:3]))
  }
  level <- function(value) {
    if (value <= limits[1]) 0 else if (value >= limits[2]) 1 else
      (value - limits[1]) / (limits[2] - limits[1])
  }
  apply(images, 1:3, function(pixel) {
    if (anyNA(pixel)) {
      return(convstep:::theme$missing)
    }
    grDevices::rgb(level(pixel[1]), level(pixel[2]), level(pixel[3]))
  })
}

ref_plot_channels <- function(x, labels = NULL, label_colours = NULL, ncol = NULL,
                              limits = NULL, colours = NULL) {
  x <- bare(x)
  if (length(dim(x)) == 4) dim(x) <- dim(x)[-1]
  if (is.null(limits)) limits <- c(-1, 1) * max(0, abs(x[is.finite(x)]))
  if (is.null(colours)) colours <- convstep:::diverging_colours()
  aperm(colours_drawn(x, colours, limits), c(3, 1, 2))
}

# The page must begin with these numbers, read back from what is written into it.
ref_explore_convolution <- function(x = NULL, W = NULL, b = 0,
                                    hparameters = list(stride = 1, pad = 0)) {
  hp <- numeric_hparameters(hparameters)
  dilation <- if (is.null(hp$dilation)) 1 else hp$dilation
  given <- list(x = if (!is.null(x)) as_image(x), W = if (!is.null(W)) as_image(W),
                stride = hp$stride, pad = hp$pad, dilation = dilation, b = as.double(b))
  given <- lapply(given[!vapply(given, is.null, NA)], unname)
  satisfying(function(path) {
    line <- grep("<script id=\"start\"", readLines(path, encoding = "UTF-8"), value = TRUE)
    if (grepl(">{}<", line, fixed = TRUE)) {
      return(is.null(x) && is.null(W))
    }
    json <- gsub("<[^>]*>|[{}]", "", line)
    code <- gsub("c(c(", "rbind(c(", gsub("[", "c(", chartr("]", ")", json), fixed = TRUE),
                 fixed = TRUE)
    code <- gsub("\":", "\"=", code, fixed = TRUE)
    isTRUE(all.equal(eval(str2lang(paste0("list(", code, ")"))), given, tolerance = 1e-12,
                     check.attributes = FALSE))
  })
}

layer_or_first <- function(fit, layer) {
  if (!is.null(layer)) {
    return(layer)
  }
  which(vapply(fit$layers, inherits, NA, "layer_conv"))[1]
}

plot_references <- list(
  plot_convolution = ref_plot_convolution,
  plot_convolution_gradient = ref_plot_convolution_gradient,
  plot_padding = ref_plot_padding,
  plot_pooling = ref_plot_pooling,
  plot_pooling_gradient = ref_plot_pooling_gradient,
  explore_convolution = ref_explore_convolution,
  plot_images = ref_plot_images,
  plot_channels = ref_plot_channels,
  plot_filters = function(fit, layer = NULL, max = 64) {
    W <- fit$params[[layer_or_first(fit, layer)]]$W
    W[, , seq_len(min(max, dim(W)[3])), seq_len(min(max, dim(W)[4])), drop = FALSE]
  },
  plot_activations = function(fit, image, layer = NULL, max = 36) {
    outputs <- naive_outputs(fit, image)
    about_outputs(outputs[[layer_or_first(fit, layer)]], outputs, fit)
  },
  plot_confusion = function(fit, x, y) {
    if (is.table(fit)) fit else ref_confusion(fit, x, y)
  },
  plot.cnn = function(x, which = c("loss", "accuracy"), ...) x
)
