#' Change images at random
#'
#' Makes a function for the argument `augment` of [cnn()]: it changes each image of a batch at
#' random, so that the net sees it otherwise in each epoch. What cannot change the class of an image
#' is a good choice: a photo may be mirrored, a digit may not.
#'
#' The functions work on the images as the net sees them, that is on scaled values. Shifts, flips
#' and erasing copy values; rotating, zooming and cropping interpolate between the four nearest, and
#' count what lies beyond the border as `fill`. Rows grow downwards: a positive rotation turns the
#' image clockwise.
#'
#' @section Repeatable:
#' What happens to an image is a function of the fit's seed, the epoch, the batch and the image's
#' place in it, by a generator of their own (SplitMix64): the same bits for any number of threads,
#' and R's generator is left alone. Called by itself, `augment(x)`, such a function takes a seed
#' from R's generator.
#'
#' @param max The largest shift, in cells, up or down and left or right: one number or
#'   `c(vertical, horizontal)`. All shifts up to it are equally likely.
#' @param fill The value of the cells that come in at the border, or that are erased.
#' @param horizontal,vertical Whether to exchange left and right, or top and bottom, of half of the
#'   images.
#' @param degrees The largest rotation, to either side.
#' @param range The smallest and the largest factor by which images grow. All logarithms between are
#'   equally likely.
#' @param share The smallest and the largest share of an image's area that is cropped to, or erased.
#' @param ratio The smallest and the largest width of that part, as a multiple of the height that
#'   the image's shape gives it.
#' @param brightness The most that is added to, or taken from, all values of an image.
#' @param contrast,saturation The distances from the image's mean grey, and of the channels from the
#'   grey of their pixel, are multiplied by factors between 1 - this and 1 + this.
#' @param sd The standard deviation of normal noise.
#' @param probability The share of the images that something is erased from.
#' @param alpha The parameter of the beta distribution, with both parameters equal, that the share
#'   of an image in the mixture comes from.
#' @param ... Augmentations, or other functions of a batch, in the order in which they are applied.
#'
#' @details
#' * `augment_crop()` takes a random part of the image and brings it back to full size.
#' * `augment_erase()` covers a random rectangle.
#' * `augment_mixup()` adds to each image another one of its batch, and to its target that one's
#'   target: with a net for classes, each example has shares of two classes then.
#' * `augment_compose()` does one after the other.
#'
#' @return A function of class `convstep_augment` that takes an array `(b, n_H, n_W, n_C)` and
#'   returns one like it. [saveRDS()] keeps it.
#'
#' @section Errors:
#' Values out of range; ranges whose first number is larger than the second; in `augment_compose()`,
#' something that is no function.
#'
#' @references Zhang, H., Cisse, M., Dauphin, Y. N. and Lopez-Paz, D. (2018). mixup: beyond
#'   empirical risk minimization. International Conference on Learning Representations.
#'
#'   Zhong, Z., Zheng, L., Kang, G., Li, S. and Yang, Y. (2020). Random erasing data augmentation.
#'   AAAI Conference on Artificial Intelligence.
#' @seealso [plot_augment()]
#' @examples
#' digits <- mnist_sample()$test$x[1:4, , , , drop = FALSE]
#' unsteady <- augment_compose(augment_rotate(15), augment_shift(max = 3))
#' unsteady
#' set.seed(1)
#' dim(unsteady(digits))
#' @name augment
NULL

#' @rdname augment
#' @export
augment_flip <- function(horizontal = TRUE, vertical = FALSE) {
  settings <- list(horizontal = check_flag(horizontal, "horizontal"),
                   vertical = check_flag(vertical, "vertical"))
  new_augment("flip", settings, function(x, draw) {
    flip <- draw(2) < 0.5
    flip_images_cpp(x, flip[, 1] & vertical, flip[, 2] & horizontal)
  })
}

#' @rdname augment
#' @export
augment_shift <- function(max = 2, fill = 0) {
  max <- check_pair(max, "max", lower = 0)
  fill <- check_finite(fill, "fill")
  new_augment("shift", list(max = max, fill = fill), function(x, draw) {
    whole <- function(u, most) as.integer(floor(u * (2 * most + 1)) - most)
    u <- draw(2)
    shift_images_cpp(x, whole(u[, 1], max[1]), whole(u[, 2], max[2]), fill)
  })
}

#' @rdname augment
#' @export
augment_rotate <- function(degrees = 15, fill = 0) {
  degrees <- check_between(degrees, "degrees", 0, 180)
  fill <- check_finite(fill, "fill")
  new_augment("rotate", list(degrees = degrees, fill = fill), function(x, draw) {
    angle <- (2 * draw(1)[, 1] - 1) * degrees * pi / 180
    warp_images_cpp(x, central_map(x, cos(angle), -sin(angle), sin(angle), cos(angle)), fill, FALSE)
  })
}

#' @rdname augment
#' @export
augment_zoom <- function(range = c(0.8, 1.25), fill = 0) {
  range <- check_range(range, "range")
  fill <- check_finite(fill, "fill")
  new_augment("zoom", list(range = range, fill = fill), function(x, draw) {
    step <- 1 / between(draw(1)[, 1], range, log = TRUE)
    warp_images_cpp(x, central_map(x, step, 0, 0, step), fill, FALSE)
  })
}

#' @rdname augment
#' @export
augment_crop <- function(share = c(0.6, 1), ratio = c(3 / 4, 4 / 3)) {
  share <- check_range(share, "share", most = 1)
  ratio <- check_range(ratio, "ratio")
  new_augment("crop", list(share = share, ratio = ratio), function(x, draw) {
    u <- draw(4)
    size <- part_size(x, u, share, ratio)
    # Centres of cells to centres of cells, which is half a cell from the border on either side.
    row_step <- size$height / dim(x)[2]
    column_step <- size$width / dim(x)[3]
    top <- u[, 3] * (dim(x)[2] - size$height)
    left <- u[, 4] * (dim(x)[3] - size$width)
    map <- rbind(top + 0.5 * row_step - 0.5, row_step, 0,
                 left + 0.5 * column_step - 0.5, 0, column_step)
    warp_images_cpp(x, map, 0, TRUE)
  })
}

#' @rdname augment
#' @export
augment_colour <- function(brightness = 0.1, contrast = 0.2, saturation = 0.2) {
  settings <- list(brightness = check_finite(brightness, "brightness", 0),
                   contrast = check_finite(contrast, "contrast", 0),
                   saturation = check_finite(saturation, "saturation", 0))
  new_augment("colour", settings, function(x, draw) {
    u <- 2 * draw(3) - 1
    colour_images_cpp(x, u[, 1] * settings$brightness, 1 + u[, 2] * settings$contrast,
                      1 + u[, 3] * settings$saturation)
  })
}

#' @rdname augment
#' @export
augment_noise <- function(sd = 0.05) {
  sd <- check_finite(sd, "sd", 0)
  new_augment("noise", list(sd = sd), function(x, draw) noisy_images_cpp(x, draw(), sd))
}

#' @rdname augment
#' @export
augment_erase <- function(share = c(0.02, 0.2), ratio = c(1 / 2, 2), probability = 0.5, fill = 0) {
  share <- check_range(share, "share", most = 1)
  ratio <- check_range(ratio, "ratio")
  probability <- check_between(probability, "probability", 0, 1)
  fill <- check_finite(fill, "fill")
  settings <- list(share = share, ratio = ratio, probability = probability, fill = fill)
  new_augment("erase", settings, function(x, draw) {
    u <- draw(5)
    size <- part_size(x, u, share, ratio)
    height <- pmax(1, round(size$height))
    width <- pmax(1, round(size$width))
    top <- floor(u[, 3] * (dim(x)[2] - height + 1))
    left <- floor(u[, 4] * (dim(x)[3] - width + 1))
    height[u[, 5] >= probability] <- 0
    erase_images_cpp(x, as.integer(top), as.integer(height), as.integer(left), as.integer(width),
                     fill)
  })
}

#' @rdname augment
#' @export
augment_mixup <- function(alpha = 0.2) {
  alpha <- check_positive(alpha, "alpha")
  new_augment("mixup", list(alpha = alpha), function(x, draw, y) {
    u <- draw(2)
    share <- stats::qbeta(u[, 1], alpha, alpha)
    partner <- order(u[, 2])
    list(x = blend_images_cpp(x, partner - 1L, share),
         y = if (!is.null(y)) share * y + (1 - share) * y[partner, , drop = FALSE])
  })
}

#' @rdname augment
#' @export
augment_compose <- function(...) {
  parts <- list(...)
  for (i in seq_along(parts)) {
    if (!is.function(parts[[i]])) {
      stop_assertion(paste0("argument ", i), "Must be an augmentation or another function, but is ",
                     describe(parts[[i]]))
    }
  }
  new_augment("compose", parts, NULL, parts)
}

# `change(x, draw)` returns a batch like `x`; `draw(n)` gives n uniform numbers an image, `draw()`
# the key of their streams. One with a third argument is given the targets, a matrix with a row an
# image (or NULL), and returns a list of `x` and `y`.
new_augment <- function(kind, settings, change, parts = NULL) {
  augment <- structure(
    function(x) augment_batch(augment, check_array4(x, "x"), NULL, c(draw_seed(), 0, 0))$x,
    kind = kind, settings = settings, change = change, parts = parts,
    class = c("convstep_augment", "function")
  )
  augment
}

# What becomes of the batch `x` and its targets `y`, of which mixing makes shares of the `classes`.
# `key` is the seed, the epoch, the batch and the shard; each part of a composition adds its number.
augment_batch <- function(augment, x, y, key, classes = 0) {
  if (!inherits(augment, "convstep_augment")) {
    return(list(x = augmented(augment, x), y = y))
  }
  parts <- attr(augment, "parts")
  for (i in seq_along(parts)) {
    done <- augment_batch(parts[[i]], x, y, c(key, i), classes)
    x <- done$x
    y <- done$y
  }
  change <- attr(augment, "change")
  if (is.null(change)) {
    return(list(x = x, y = y))
  }
  draw <- function(n) if (missing(n)) key else augment_uniforms_cpp(key, dim(x)[1], n)
  if (length(formals(change)) < 3) {
    return(list(x = change(x, draw), y = y))
  }
  change(x, draw, if (is.null(y)) NULL else as_shares(y, classes))
}

# Whether targets are mixed, which must be shares of classes, or numbers, then.
mixes_targets <- function(augment) {
  inherits(augment, "convstep_augment") &&
    (attr(augment, "kind") == "mixup" || any(vapply(attr(augment, "parts"), mixes_targets, NA)))
}

check_augment <- function(augment, loss) {
  check_function(augment, "augment")
  kinds <- c("cross_entropy", "mse", "huber")
  if (mixes_targets(augment) && !loss_name(loss) %in% kinds) {
    stop_assertion("augment", "Must not mix targets where the loss is \"", loss_name(loss), "\": ",
                   "augment_mixup() is for ", paste0("\"", kinds, "\"", collapse = ", "))
  }
  augment
}

# Whether no function of the user's gets hold of a batch.
is_ours <- function(augment) {
  inherits(augment, "convstep_augment") && all(vapply(attr(augment, "parts"), is_ours, NA))
}

# The columns of classes as a matrix of shares.
as_shares <- function(y, outputs) {
  if (is.matrix(y)) {
    return(y)
  }
  shares <- matrix(0, length(y), outputs)
  shares[cbind(seq_along(y), y)] <- 1
  shares
}

# Maps of cells about the middle of the image, an image a column, as warp_images() takes them.
central_map <- function(x, row_row, row_column, column_row, column_column) {
  middle <- (dim(x)[2:3] - 1) / 2
  rbind(middle[1] - row_row * middle[1] - row_column * middle[2], row_row, row_column,
        middle[2] - column_row * middle[1] - column_column * middle[2], column_row, column_column)
}

# A part of each image, by its share of the area and its ratio, no larger than the image.
part_size <- function(x, u, share, ratio) {
  area <- between(u[, 1], share)
  stretch <- sqrt(between(u[, 2], ratio, log = TRUE))
  list(height = dim(x)[2] * pmin(1, sqrt(area) / stretch),
       width = dim(x)[3] * pmin(1, sqrt(area) * stretch))
}

between <- function(u, range, log = FALSE) {
  if (log) range[1] * (range[2] / range[1])^u else range[1] + u * (range[2] - range[1])
}

check_between <- function(x, name, least, most) {
  if (!is_numeric_like(x) || length(x) != 1 || is.na(x) || x < least || x > most) {
    stop_assertion(name, "Must be one number from ", least, " to ", most, ", but is ",
                   describe_number(x))
  }
  as.double(x)
}

check_range <- function(x, name, most = Inf) {
  if (!is_numeric_like(x) || length(x) != 2 || !all(is.finite(x)) || x[1] <= 0 || x[1] > x[2] ||
      x[2] > most) {
    stop_assertion(name, "Must be two positive numbers, the smaller first",
                   if (is.finite(most)) paste(", of at most", most), ", but is ",
                   if (is_numeric_like(x) && length(x) == 2) paste(format(x), collapse = ", ") else
                     describe_number(x))
  }
  as.double(x)
}

#' @export
print.convstep_augment <- function(x, ...) {
  cat(format_augment(x), "\n", sep = "")
  invisible(x)
}

format_augment <- function(x) {
  if (!inherits(x, "convstep_augment")) {
    return("a function of the user's")
  }
  settings <- attr(x, "settings")
  if (attr(x, "kind") == "compose") {
    return(paste0("<augment: ", paste(vapply(settings, format_augment, ""), collapse = ", then "),
                  ">"))
  }
  short <- lapply(settings, function(x) if (is.double(x)) signif(x, 3) else x)
  paste0("<augment_", attr(x, "kind"), "> ", format_fields(short))
}
