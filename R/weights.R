# Weights to and from files of the format safetensors, in the names and the order of axes that
# PyTorch has.

#' Weights from and to other programs
#'
#' `write_weights()` writes the parameters and running statistics of a network to a file in the
#' format safetensors, as PyTorch and others read it; `read_weights()` takes them from such a file
#' into a network of the same layers.
#'
#' In the file each array has a name and the axes of PyTorch. A layer's name is its path, with `.`
#' for `/`: the filters `W` of `conv1` are `conv1.weight`, its biases `b` are `conv1.bias`; `gamma`,
#' `beta` and the running mean and variance of a [layer_batchnorm()] are `weight`, `bias`,
#' `running_mean` and `running_var`. Filters `(f_H, f_W, n_C / groups, n_K)` become
#' `(n_K, n_C / groups, f_H, f_W)`, the weights `(D, U)` of an affine layer `(U, D)`, where the cells
#' of an image that it flattens stand channel by channel and row by row.
#'
#' @param fit A fit that [cnn()] returned; with `epochs = 0` it is one with random weights.
#' @param file The path of the file. One that is written replaces a former one only when it is
#'   complete.
#' @param map How the names differ: a function that takes names as above and returns those in the
#'   file, or a named character vector: parts of names (between the dots) and what stands for them in
#'   the file, such as `c(output = "fc", shortcut = "downsample")`.
#' @param strict Whether all parameters must be in the file, and all its tensors in the network.
#'   `FALSE`: what has no counterpart stays as it is. Counters of batches (`num_batches_tracked`) are
#'   always passed over.
#' @param dtype The numbers in the file: `"F64"`, `"F32"`, `"F16"` or `"BF16"`.
#'
#' @return `read_weights()`: the fit with the weights of the file, the optimizer at its start and no
#'   history. `write_weights()`: `file`, invisibly.
#'
#' @section Errors:
#' A file that is none, cut short or with a header that lies; a parameter that the file lacks, a
#' tensor that the network lacks, and a shape that differs, each by its name; the package jsonlite
#' missing.
#'
#' @references The format: <https://github.com/huggingface/safetensors>.
#' @seealso [resnet18()] and others, whose names are those of torchvision.
#' @examples
#' digits <- mnist_sample()$test
#' x <- digits$x[1:100, , , , drop = FALSE]
#' y <- digits$y[1:100]
#' layers <- list(layer_conv(4, 5), layer_pool(4))
#' fit <- cnn(x, y, layers, epochs = 1)
#' if (requireNamespace("jsonlite", quietly = TRUE)) {
#'   file <- tempfile(fileext = ".safetensors")
#'   write_weights(fit, file, map = c(output = "fc"))
#'   other <- read_weights(cnn(x, y, layers, epochs = 0), file, map = c(output = "fc"))
#'   print(identical(coef(other), coef(fit)))
#' }
#' @export
read_weights <- function(fit, file, map = NULL, strict = TRUE) {
  check_fit(fit)
  check_flag(strict, "strict")
  index <- safetensors_index(file)
  slots <- file_slots(fit, map)
  check_tensor_names(slots, index, strict, file)
  for (slot in slots[names(slots) %in% names(index)]) {
    entry <- index[[slot$name]]
    check_tensor_shape(entry$shape, slot, file)
    fit[[slot$part]][[slot$layer]][[slot$term]] <-
      slot$from_file(read_safetensor(file, entry, slot$name))
  }
  as_untrained(fit)
}

#' @rdname read_weights
#' @export
write_weights <- function(fit, file, map = NULL, dtype = c("F64", "F32", "F16", "BF16")) {
  check_fit(fit)
  dtype <- check_option(dtype, "dtype", c("F64", "F32", "F16", "BF16"))
  if (!checkmate::test_string(file, min.chars = 1)) {
    stop_assertion("file", "Must be the path of a file, but is ", describe(file))
  }
  tensors <- lapply(file_slots(fit, map), function(slot) {
    slot$to_file(fit[[slot$part]][[slot$layer]][[slot$term]])
  })
  write_safetensors(tensors, path.expand(file), dtype, list(format = "pt"))
  invisible(file)
}

# For each array of a fit, by its name in the file: where it is kept (`part`, `layer`, `term`), its
# `shape` in the file, and two functions between R's order and the file's bytes, which safetensors.R
# shows as an array with the extents turned around.
file_slots <- function(fit, map) {
  plan <- fit_plan(fit)
  slots <- list()
  for (part in c("params", "state")) {
    for (layer in names(fit[[part]])) {
      for (term in names(fit[[part]][[layer]])) {
        slot <- file_order(dim(fit[[part]][[layer]][[term]]), plan$layers[[layer]],
                           length(fit[[part]][[layer]][[term]]))
        slot[c("part", "layer", "term")] <- list(part, layer, term)
        slots[[paste(gsub("/", ".", layer), tensor_terms[[term]], sep = ".")]] <- slot
      }
    }
  }
  names(slots) <- mapped_names(names(slots), map)
  Map(function(slot, name) c(slot, list(name = name)), slots, names(slots))
}

tensor_terms <- c(W = "weight", b = "bias", gamma = "weight", beta = "bias", mean = "running_mean",
                  variance = "running_var")

file_order <- function(extents, layer, size) {
  # Biases, and what has a value a channel.
  if (is.null(extents) || all(extents[-length(extents)] == 1)) {
    return(list(shape = size, to_file = as.vector, from_file = function(x) {
      if (is.null(extents)) as.vector(x) else array(x, extents)
    }))
  }
  if (length(extents) == 4) {
    # (f_H, f_W, n_C, n_K) and (f_W, f_H, n_C, n_K).
    swap <- function(x) aperm(x, c(2, 1, 3, 4))
    return(list(shape = extents[c(4, 3, 1, 2)], to_file = swap,
                from_file = function(x) swap(array(x, extents[c(2, 1, 3, 4)]))))
  }
  image <- layer$input
  if (length(image) != 3) {
    return(list(shape = rev(extents), to_file = identity, from_file = identity))
  }
  # The cells (n_H, n_W, n_C) and (n_W, n_H, n_C) of each unit.
  turned <- c(image[c(2, 1, 3)], extents[2])
  list(
    shape = rev(extents),
    to_file = function(x) matrix(aperm(array(x, c(image, extents[2])), c(2, 1, 3, 4)), extents[1]),
    from_file = function(x) matrix(aperm(array(x, turned), c(2, 1, 3, 4)), extents[1])
  )
}

mapped_names <- function(names, map) {
  if (is.null(map)) {
    return(names)
  }
  mapped <- if (is.function(map)) {
    map(names)
  } else if (is.character(map) && !is.null(names(map)) && !anyNA(map)) {
    vapply(strsplit(names, ".", fixed = TRUE), function(parts) {
      known <- parts %in% names(map)
      parts[known] <- map[parts[known]]
      paste(parts, collapse = ".")
    }, "")
  } else {
    stop_assertion("map", "Must be a function or a named character vector, but is ", describe(map))
  }
  if (!is.character(mapped) || length(mapped) != length(names) || anyNA(mapped)) {
    stop_assertion("map", "Must return a name for each of the ", length(names),
                   " it was given, but returned ", describe(mapped))
  }
  twice <- mapped[duplicated(mapped)]
  if (length(twice) > 0) {
    stop_assertion("map", "Must give each parameter a name of its own, but gives \"", twice[1],
                   "\" to ", paste0("\"", names[mapped == twice[1]], "\"", collapse = " and "))
  }
  mapped
}

check_tensor_names <- function(slots, index, strict, file) {
  tensors <- grep("num_batches_tracked$", names(index), value = TRUE, invert = TRUE)
  missing <- setdiff(names(slots), tensors)
  unused <- setdiff(tensors, names(slots))
  if (length(missing) == length(slots)) {
    stop_assertion("map", "Must lead to names in the file, but none of ", some_names(names(slots)),
                   " is in '", file, "', which has ", some_names(tensors))
  }
  if (!strict || length(missing) + length(unused) == 0) {
    return()
  }
  stop_assertion(
    "file", "Must hold the parameters of the network and no others (or strict = FALSE), but ",
    paste(c(if (length(missing) > 0) paste0("lacks ", some_names(missing)),
            if (length(unused) > 0) paste0("has ", some_names(unused), " beside them")),
          collapse = " and ")
  )
}

some_names <- function(names) {
  paste0(paste0("\"", utils::head(names, 5), "\"", collapse = ", "),
         if (length(names) > 5) paste(" and", length(names) - 5, "more"))
}

# Extents of 1 may be left out, as a series has no columns.
check_tensor_shape <- function(shape, slot, file) {
  if (!identical(as.numeric(shape[shape != 1]), as.numeric(slot$shape[slot$shape != 1]))) {
    stop_assertion("file", "Must hold \"", slot$name, "\" with the shape ", format_dim(slot$shape),
                   ", as the layer ", slot$layer, " needs it, but holds ", format_dim(shape))
  }
}

# A fit whose weights did not come from its own training.
as_untrained <- function(fit) {
  fit$history <- fit$history[0, ]
  fit$optimizer_state <- init_optimizer(fit$optimizer, fit$params)
  fit[c("best", "best_epoch", "last")] <- list(NULL)
  fit
}
