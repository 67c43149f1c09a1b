# What the functions around the model must return, as helper-references.R has it for the chapters.

pair_of <- function(x) rep_len(as.integer(x), 2)

pad_of <- function(pad) if (is.character(pad)) pad else pair_of(pad)

made <- function(class, ...) structure(list(...), class = class)

made_layer <- function(kind, ...) made(c(paste0("layer_", kind), "convstep_layer"), ...)

optimizer_references <- list(
  adam = function(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0,
                  clip_norm = Inf, clip_value = Inf) {
    made(c("adam", "convstep_optimizer"), lr = rate_of(lr), beta1 = as.double(beta1),
         beta2 = as.double(beta2), eps = as.double(eps), weight_decay = as.double(weight_decay),
         clip_norm = as.double(clip_norm), clip_value = as.double(clip_value))
  },
  sgd = function(lr = 0.01, momentum = 0.9, nesterov = FALSE, weight_decay = 0, clip_norm = Inf,
                 clip_value = Inf) {
    made(c("sgd", "convstep_optimizer"), lr = rate_of(lr), momentum = as.double(momentum),
         nesterov = nesterov, weight_decay = as.double(weight_decay),
         clip_norm = as.double(clip_norm), clip_value = as.double(clip_value))
  },
  adamw = function(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01,
                   clip_norm = Inf, clip_value = Inf) {
    made(c("adamw", "convstep_optimizer"), lr = rate_of(lr), beta1 = as.double(beta1),
         beta2 = as.double(beta2), eps = as.double(eps), weight_decay = as.double(weight_decay),
         clip_norm = as.double(clip_norm), clip_value = as.double(clip_value))
  },
  rmsprop = function(lr = 1e-3, rho = 0.9, eps = 1e-8, momentum = 0, weight_decay = 0,
                     clip_norm = Inf, clip_value = Inf) {
    made(c("rmsprop", "convstep_optimizer"), lr = rate_of(lr), rho = as.double(rho),
         eps = as.double(eps), momentum = as.double(momentum),
         weight_decay = as.double(weight_decay), clip_norm = as.double(clip_norm),
         clip_value = as.double(clip_value))
  },
  schedule_step = function(lr, factor = 0.5, every = 10) {
    satisfying(function(rate) {
      # Halfway between two steps the rate is still the former.
      expected <- as.double(lr) * as.double(factor)^c(0, 0, 1, 1, 2, 5)
      is.null(disagreement(as.double(rate(1 + every * c(0, 0.5, 1, 1.5, 2, 5))), about(expected)))
    })
  },
  schedule_cosine = function(lr, epochs, lr_min = lr / 100) {
    satisfying(function(rate) {
      lr <- as.double(lr)
      lr_min <- as.double(lr_min)
      expected <- c(lr, lr / 2 + lr_min / 2, lr_min, lr_min)
      if (epochs == 1) expected[] <- lr
      rates <- as.double(rate(c(1, (1 + epochs) / 2, epochs, 2 * epochs)))
      is.null(disagreement(if (epochs == 1) rates[1:3] else rates,
                           about(if (epochs == 1) expected[1:3] else expected, lr + lr_min)))
    })
  },
  early_stopping = function(patience = 5, monitor = "val_loss", min_delta = 0) {
    made("convstep_early_stopping", patience = as.integer(patience), monitor = monitor,
         min_delta = as.double(min_delta))
  },
  augment_shift = function(max = 2, fill = 0) {
    satisfying(function(shift) {
      x <- array(seq_len(2 * 3 * 4 * 2) + 0.5, c(2, 3, 4, 2))
      shifted <- shift(x)
      identical(dim(shifted), dim(x)) && all(vapply(1:2, function(n) {
        is_shifted(shifted[n, , , ], x[n, , , ], pair_of(max), as.double(fill))
      }, NA))
    })
  }
)

rate_of <- function(lr) if (is.function(lr)) lr else as.double(lr)

# Whether one image (rows, columns, channels) is another moved by at most `max` cells.
is_shifted <- function(image, original, max, fill) {
  extents <- dim(original)
  max <- pmin(max, extents[1:2])
  padded <- array(fill, extents + c(2 * max, 0))
  padded[max[1] + seq_len(extents[1]), max[2] + seq_len(extents[2]), ] <- original
  for (down in 0:(2 * max[1])) {
    for (right in 0:(2 * max[2])) {
      window <- padded[down + seq_len(extents[1]), right + seq_len(extents[2]), ]
      if (identical(window, image)) {
        return(TRUE)
      }
    }
  }
  FALSE
}

# Layers by their kinds and a count, where they have no name of their own.
named_layers <- function(layers) {
  layers <- as_layers(layers)
  kinds <- vapply(layers, function(layer) sub("layer_", "", class(layer)[1]), "")
  names <- names(layers)
  if (is.null(names)) names <- rep("", length(layers))
  for (i in seq_along(layers)) {
    if (names[i] == "") names[i] <- paste0(kinds[i], sum(kinds[1:i] == kinds[i]))
  }
  names(layers) <- names
  layers
}

made_loss <- function(name, ...) {
  structure(list(...), class = c(paste0("loss_", name), "convstep_loss"))
}

layer_makers <- list(
  loss_cross_entropy = function(label_smoothing = 0) {
    made_loss("cross_entropy", label_smoothing = as.double(label_smoothing))
  },
  loss_pixels = function(label_smoothing = 0) {
    made_loss("pixels", label_smoothing = as.double(label_smoothing))
  },
  loss_binary = function() made_loss("binary"),
  loss_mse = function() made_loss("mse"),
  loss_huber = function(delta = 1) made_loss("huber", delta = as.double(delta)),
  loss_own = function(f, outputs = NULL) {
    made_loss("own", f = f, outputs = if (!is.null(outputs)) as.integer(outputs))
  },
  layer_conv = function(filters, f, stride = 1, pad = 0, activation = "relu", dilation = 1,
                        groups = 1, bias = TRUE) {
    made_layer("conv", filters = as.integer(filters), f = pair_of(f), stride = pair_of(stride),
               pad = pad_of(pad), activation = activation, dilation = pair_of(dilation),
               groups = as.integer(groups), bias = bias)
  },
  layer_pool = function(f, stride = f, mode = "max", pad = 0) {
    made_layer("pool", f = pair_of(f), stride = pair_of(stride), mode = mode, pad = pad_of(pad))
  },
  layer_global_pool = function(mode = "average") made_layer("global_pool", mode = mode),
  layer_affine = function(units, activation = "relu") {
    made_layer("affine", units = as.integer(units), activation = activation)
  },
  layer_dropout = function(rate) made_layer("dropout", rate = as.double(rate)),
  layer_batchnorm = function(momentum = 0.9, eps = 1e-5, activation = "none") {
    made_layer("batchnorm", momentum = as.double(momentum), eps = as.double(eps),
               activation = activation)
  },
  layer_activation = function(activation = "relu") {
    made_layer("activation", activation = activation)
  },
  layer_groupnorm = function(groups, eps = 1e-5, activation = "none") {
    made_layer("groupnorm", groups = as.integer(groups), eps = as.double(eps),
               activation = activation)
  },
  layer_layernorm = function(over = "example", eps = 1e-5, activation = "none") {
    made_layer("layernorm", over = over, eps = as.double(eps), activation = activation)
  },
  layer_upsample = function(factor = 2, mode = "nearest") {
    made_layer("upsample", factor = pair_of(factor), mode = mode)
  },
  layer_conv_transpose = function(filters, f, stride = 1, pad = 0, activation = "relu",
                                  dilation = 1, groups = 1, output_pad = 0) {
    made_layer("conv_transpose", filters = as.integer(filters), f = pair_of(f),
               stride = pair_of(stride), pad = pad_of(pad), activation = activation,
               dilation = pair_of(dilation), groups = as.integer(groups),
               output_pad = pair_of(output_pad))
  },
  layer_depthwise = function(f, stride = 1, pad = 0, activation = "relu", dilation = 1,
                             multiplier = 1, bias = TRUE) {
    made_layer("depthwise", f = pair_of(f), stride = pair_of(stride), pad = pad_of(pad),
               activation = activation, dilation = pair_of(dilation),
               multiplier = as.integer(multiplier), bias = bias)
  },
  layer_conv1d = function(filters, f, stride = 1, pad = 0, activation = "relu", dilation = 1,
                          groups = 1) {
    made_layer("conv1d", filters = as.integer(filters), f = as.integer(f),
               stride = as.integer(stride), pad = if (is.character(pad)) pad else as.integer(pad),
               activation = activation, dilation = as.integer(dilation),
               groups = as.integer(groups))
  },
  layer_pool1d = function(f, stride = f, mode = "max", pad = 0) {
    made_layer("pool1d", f = as.integer(f), stride = as.integer(stride), mode = mode,
               pad = if (is.character(pad)) pad else as.integer(pad))
  },
  layer_residual = function(layers, shortcut = NULL, activation = "none") {
    made_layer("residual", layers = named_layers(layers),
               shortcut = if (!is.null(shortcut)) named_layers(shortcut), activation = activation)
  },
  layer_parallel = function(..., join = c("concat", "add")) {
    branches <- list(...)
    names <- names(branches)
    if (is.null(names)) names <- rep("", length(branches))
    names[names == ""] <- paste0("branch", seq_along(branches))[names == ""]
    branches <- lapply(branches, named_layers)
    names(branches) <- names
    made_layer("parallel", branches = branches, join = join[1])
  },
  lenet = function(filters = c(8, 16), units = 128, dropout = 0) {
    conv <- function(k) layer_makers$layer_conv(k, 5, pad = 2)
    pool <- layer_makers$layer_pool(2)
    c(list(conv(filters[1]), pool, conv(filters[2]), pool, layer_makers$layer_affine(units)),
      if (dropout > 0) list(layer_makers$layer_dropout(dropout)))
  },
  vgg_small = function(filters = c(32, 64, 128), dropout = 0.2) {
    convolution <- function(k) {
      list(layer_makers$layer_conv(k, 3, pad = 1, activation = "none"),
           layer_makers$layer_batchnorm(activation = "relu"))
    }
    layers <- list()
    for (k in filters) {
      layers <- c(layers, convolution(k), convolution(k), list(layer_makers$layer_pool(2)))
    }
    c(layers, list(layer_makers$layer_global_pool()),
      if (dropout > 0) list(layer_makers$layer_dropout(dropout)))
  }
)

# The settings before the call, set by whoever makes it.
former_runtime <- new.env()

runtime_reference <- function(setting, now) {
  function(value = NULL) {
    # Evaluated before the call of disagreement(), but after the call that is judged.
    after <- now()
    former <- former_runtime[[setting]]
    wanted <- if (is.null(value)) former else value
    satisfying(function(result) {
      identical(result, former) && (identical(wanted, "default") || after == wanted)
    })
  }
}

runtime_references <- list(
  convstep_engine = function(engine = NULL) {
    runtime_reference("engine", convstep_engine)(engine)
  },
  convstep_simd = function(set = NULL) runtime_reference("set", convstep_simd)(set),
  convstep_threads = function(n = NULL) runtime_reference("threads", convstep_threads)(n)
)

ref_check_gradient <- function(f, x, analytic, ..., entries = NULL, step = NULL,
                               tolerance = 1e-6) {
  x <- bare(x)
  tolerance <- as.double(tolerance)
  entries <- as.integer(if (is.null(entries)) seq_along(x) else entries)
  way <- .Machine$double.eps^(1 / 3) * pmax(1, abs(x))
  if (!is.null(step)) way[] <- as.double(step)
  slope <- vapply(entries, function(i) {
    up <- f(replace(x, i, x[i] + way[i]))
    down <- f(replace(x, i, x[i] - way[i]))
    as.double((up - down) / ((x[i] + way[i]) - (x[i] - way[i])))
  }, 0)
  analytic <- as.vector(bare(analytic))[entries]
  size <- pmax(abs(analytic), abs(slope))
  error <- abs(analytic - slope) / pmax(size, max(0, size[is.finite(size)]) / 100)
  error[which(size == 0)] <- 0
  satisfying(function(value) {
    at <- which(value$entries$entry == if (is.null(dim(x))) value$worst else
      sum((value$worst - 1) * cumprod(c(1, dim(x)[-length(dim(x))]))) + 1)[1]
    table <- value$entries
    same <- function(actual, expected) is.null(disagreement(actual, about(expected), FALSE))
    identical(table$entry, entries) && same(table$analytic, analytic) &&
      same(table$numeric, slope) && same(table$error, error) &&
      same(value$error, if (anyNA(error)) NaN else max(error)) &&
      same(table$error[at], value$error) && same(value$analytic, analytic[at]) &&
      same(value$numeric, slope[at]) &&
      identical(value$ok, !anyNA(error) && all(error <= tolerance))
  })
}

# A file of unsigned bytes, uncompressed or not; see ?read_idx.
ref_read_idx <- function(file, type = "integer") {
  connection <- gzfile(file, "rb")
  on.exit(close(connection))
  bytes <- as.integer(readBin(connection, "raw", 1e7))
  extents <- colSums(matrix(bytes[4 + seq_len(4 * bytes[4])], 4) * 256^(3:0))
  cells <- bytes[-seq_len(4 + 4 * bytes[4])]
  if (length(extents) == 1) {
    return(cells)
  }
  x <- array(0L, extents)
  for (n in seq_len(extents[1])) {
    one <- (n - 1) * extents[2] * extents[3] + seq_len(extents[2] * extents[3])
    x[n, , ] <- matrix(cells[one], extents[2], byrow = TRUE)
  }
  if (identical(type, "raw")) array(as.raw(x), extents) else x
}

tool_references <- list(check_gradient = ref_check_gradient, read_idx = ref_read_idx)
