# One good call of every export and every method for a fit, as a list of its name and arguments: the
# ground from which the tests with bad arguments set out. Small, so that thousands of them run in
# seconds.

good_calls <- function() c(good_layer_calls(), good_model_calls(), good_plot_calls())

good_call <- function(.name, ...) list(name = .name, arguments = list(...))

good_layer_calls <- function() {
  A <- array(sin(1:180), c(3, 5, 6, 2))
  W <- array(cos(1:36), c(3, 3, 2, 2))
  hparameters <- list(stride = 2, pad = 1)
  conv <- conv_forward(A, W, c(1, -1), hparameters)
  windows <- list(f = 2, stride = c(1, 2), pad = 1)
  maxima <- pool_forward(A, windows)
  means <- pool_forward(A, windows, "average")
  Z <- matrix(sin(1:12), 3)
  weights <- matrix(cos(1:8), 4)
  affine <- affine_forward(Z, weights, 1:2)
  activated <- affine_activation_forward(Z, weights, 1:2, "sigmoid")
  AL <- softmax(Z)$probs
  cost <- cross_entropy_cost(AL, factor(c("a", "b", "d"), letters[1:4]), 3)
  none <- array(0, c(0, 5, 6, 2))
  list(
    good_call("conv_backward", dZ = array(0, c(0, 3, 3, 2)),
              cache = conv_forward(none, W, 1:2, hparameters)$cache),
    good_call("pool_backward", dA = pool_forward(none, windows)$A,
              cache = list(A_prev = none, hparameters = windows)),
    good_call("affine_backward", dZ = matrix(0, 0, 2),
              cache = list(A_prev = Z[0, ], W = weights, b = 1:2)),
    good_call("batchnorm_backward", dZ = none, cache = batchnorm_forward(none, 1:2, 0:1)$cache),
    good_call("pad3d", input = A, stride = c(1, 2)),
    good_call("conv_single_step", a_slice_prev = A[1, 1:3, 1:3, ], W = W[, , , 1], b = 0.5),
    good_call("conv_forward", A_prev = A, W = W, b = c(1, -1), hparameters = hparameters),
    good_call("conv_forward", A_prev = A, W = W[, , 1, , drop = FALSE], b = array(0, c(1, 1, 1, 2)),
              hparameters = list(stride = c(1, 2), pad = "same", dilation = c(1, 2), groups = 2)),
    good_call("conv_backward", dZ = conv$Z, cache = conv$cache),
    good_call("pool_forward", A_prev = A, hparameters = windows, mode = "average"),
    good_call("pool_backward", dA = maxima$A, cache = maxima$cache, mode = "max", ties = "first"),
    good_call("pool_backward", dA = means$A, cache = means$cache, mode = "average"),
    good_call("create_mask_from_window", x = Z),
    good_call("distribute_value", dz = 2, shape = c(2, 3)),
    good_call("sigmoid", Z = A),
    good_call("relu", Z = Z),
    good_call("sigmoid_backward", dA = A, cache = A),
    good_call("relu_backward", dA = Z, cache = Z),
    good_call("arr2col", X = A),
    good_call("col2arr", X = arr2col(A)$output, cache = A),
    good_call("leaky_relu", Z = Z, slope = 0.1),
    good_call("leaky_relu_backward", dA = Z, cache = leaky_relu(Z, 0.1)$cache),
    good_call("tanh_activation", Z = Z),
    good_call("tanh_backward", dA = Z, cache = Z),
    good_call("batchnorm_forward", A_prev = A, gamma = 1:2, beta = 0:1,
              running = list(mean = c(0, 0), variance = c(1, 1)), training = TRUE, momentum = 0.5,
              epsilon = 1e-3),
    good_call("batchnorm_backward", dZ = A, cache = batchnorm_forward(A, 1:2, 0:1)$cache),
    good_call("dropout_forward", A_prev = A, rate = 0.5, training = TRUE),
    good_call("dropout_backward", dA = A, cache = dropout_forward(A, 0.5)$cache),
    good_call("join_forward", A_prev = list(A, A[, , , 1, drop = FALSE]), mode = "concat"),
    good_call("join_forward", A_prev = list(Z, -Z), mode = "add"),
    good_call("join_backward", dZ = A, cache = join_forward(list(A, A), "add")$cache),
    good_call("join_backward", dZ = array(sin(1:360), c(3, 5, 6, 4)),
              cache = join_forward(list(A, A), "concat")$cache),
    good_call("elu", Z = Z),
    good_call("elu_backward", dA = Z, cache = Z),
    good_call("gelu", Z = A),
    good_call("gelu_backward", dA = A, cache = A),
    good_call("silu", Z = Z),
    good_call("silu_backward", dA = Z, cache = Z),
    good_call("hard_swish", Z = 3 * A),
    good_call("hard_swish_backward", dA = A, cache = 3 * A),
    good_call("softplus", Z = Z),
    good_call("softplus_backward", dA = Z, cache = Z),
    good_call("relu6", Z = 9 * A),
    good_call("relu6_backward", dA = A, cache = 9 * A),
    good_call("groupnorm_forward", A_prev = A, gamma = 1:2, beta = 0:1, groups = 2, epsilon = 1e-3),
    good_call("groupnorm_backward", dZ = A, cache = groupnorm_forward(A, 1:2, 0:1, 1)$cache),
    good_call("layernorm_forward", A_prev = A, gamma = 1:2, beta = 0:1, over = "channels",
              epsilon = 1e-3),
    good_call("layernorm_backward", dZ = Z, cache = layernorm_forward(Z, 1:4, 0:3)$cache),
    good_call("upsample_forward", A_prev = A, factor = c(2, 3), mode = "bilinear"),
    good_call("upsample_backward", dA = A, cache = list(dim = c(3L, 5L, 2L, 2L), factor = c(1L, 3L),
                                                        mode = "nearest")),
    good_call("conv_transpose_forward", A_prev = A, W = W, b = 1:2,
              hparameters = list(stride = c(2, 1), pad = 1, output_pad = c(1, 0))),
    good_call("conv_transpose_backward", dZ = array(sin(1:432), c(3, 9, 8, 2)),
              cache = list(A_prev = A, W = W, b = 1:2,
                           hparameters = list(stride = c(2, 1), pad = c(1, 0)))),
    good_call("affine_forward", A_prev = Z, W = weights, b = 1:2),
    good_call("affine_backward", dZ = affine$Z, cache = affine$cache),
    good_call("affine_activation_forward", A_prev = Z, W = weights, b = 1:2,
              activation = "sigmoid"),
    good_call("affine_activation_backward", dA = activated$A, cache = activated$cache,
              activation = "sigmoid"),
    good_call("logsumexp", x = Z),
    good_call("softmax", x = Z),
    good_call("cross_entropy_cost", AL = AL, Y = c("a", "b", "d"), batch_size = 3,
              classes = letters[1:4]),
    good_call("cross_entropy_backward", cache = cost$cache),
    good_call("check_gradient", f = function(x) sum(x^2), x = c(1, 2), analytic = c(2, 4),
              entries = 1:2, step = 1e-4, tolerance = 1e-6),
    good_call("convstep_engine", engine = "auto"),
    good_call("convstep_engines"),
    good_call("convstep_simd", set = "baseline"),
    good_call("convstep_simd_sets"),
    good_call("convstep_threads", n = 2)
  )
}

good_fit <- function(...) {
  x <- array(sin(1:432), c(12, 6, 6, 1))
  layers <- list(layer_conv(2, 3), layer_batchnorm(), layer_pool(2), layer_dropout(0.2))
  cnn(x, rep(c("a", "b", "d"), 4), layers, epochs = 3, batch_size = 5, optimizer = adam(0.05), ...,
      verbose = FALSE)
}

# Exports that the fuzz test leaves out, because they are generics whose methods it calls, or because
# a test of their own gives them bad arguments.
called_elsewhere <- c(
  "augment_colour", "augment_compose", "augment_crop", "augment_erase", "augment_flip",
  "augment_mixup", "augment_noise", "augment_rotate", "augment_zoom", "check_yours", "clear_cache",
  "cluster_options", "cnn_tune", "convstep_precision", "evaluate", "exercise_checker", "exercises",
  "grad_cam", "image_source", "imagenet_scale", "input_gradient", "layer_outputs", "mobilenet_v2",
  "mpi_cluster", "occlusion", "plot_augment", "plot_evidence", "read_images", "read_submissions",
  "read_weights", "resnet18", "resnet34", "saliency", "schedule_one_cycle", "schedule_plateau",
  "schedule_warmup", "socket_cluster", "submission", "take_images", "vgg16", "write_weights"
)

saved <- function(fit) {
  file <- tempfile()
  saveRDS(fit, file)
  file
}

good_model_calls <- function() {
  x <- array(sin(1:432), c(12, 6, 6, 1))
  y <- factor(rep(c("a", "b", "d"), 4))
  fit <- good_fit()
  layers <- list(layer_conv(2, 3), layer_affine(4, "tanh"))
  regression <- cnn(x, sin(1:12), layers, epochs = 1, loss = "mse", verbose = FALSE)
  path <- system.file("extdata", "mnist-test-labels-idx1-ubyte.gz", package = "convstep")
  list(
    good_call("layer_conv", filters = 2, f = c(3, 2), stride = 2, pad = "same", activation = "relu",
              dilation = c(1, 3), groups = 1, bias = FALSE),
    good_call("layer_pool", f = 2, stride = c(1, 2), mode = "average", pad = 1),
    good_call("layer_global_pool", mode = "max"),
    good_call("layer_affine", units = 3, activation = "none"),
    good_call("layer_dropout", rate = 0.5),
    good_call("layer_batchnorm", momentum = 0.5, eps = 1e-3, activation = "relu"),
    good_call("layer_activation", activation = "tanh"),
    good_call("layer_groupnorm", groups = 2, eps = 1e-3, activation = "gelu"),
    good_call("layer_layernorm", over = "channels", eps = 1e-3, activation = "relu"),
    good_call("layer_upsample", factor = c(2, 1), mode = "bilinear"),
    good_call("layer_conv_transpose", filters = 2, f = c(3, 2), stride = 2, pad = "same",
              activation = "relu", dilation = c(1, 3), groups = 1, output_pad = c(0, 1)),
    good_call("layer_depthwise", f = c(3, 2), stride = 2, pad = 1, activation = "relu6",
              dilation = c(1, 3), multiplier = 2, bias = FALSE),
    good_call("layer_conv1d", filters = 2, f = 3, stride = 2, pad = "same", activation = "relu",
              dilation = 2, groups = 1),
    good_call("layer_pool1d", f = 2, stride = 1, mode = "average", pad = 1),
    good_call("layer_residual", layers = layers[1], shortcut = list(a = layer_conv(2, 3)),
              activation = "relu"),
    good_call("layer_parallel", layers[1], b = layer_pool(3, 1), join = "add"),
    good_call("adam", lr = 0.01, beta1 = 0.5, beta2 = 0.5, eps = 1e-6, weight_decay = 0.1,
              clip_norm = 1, clip_value = 2),
    good_call("sgd", lr = 0.01, momentum = 0.5, nesterov = TRUE, weight_decay = 0.1, clip_norm = 1,
              clip_value = 2),
    good_call("loss_cross_entropy", label_smoothing = 0.1),
    good_call("loss_pixels", label_smoothing = 0.1),
    good_call("loss_binary"),
    good_call("loss_mse"),
    good_call("loss_huber", delta = 0.5),
    good_call("loss_own", f = function(outputs, y) NULL, outputs = 2),
    good_call("adamw", lr = 0.01, beta1 = 0.5, beta2 = 0.5, eps = 1e-6, weight_decay = 0.1,
              clip_norm = 1, clip_value = 2),
    good_call("rmsprop", lr = 0.01, rho = 0.5, eps = 1e-6, momentum = 0.5, weight_decay = 0.1,
              clip_norm = 1, clip_value = 2),
    good_call("schedule_step", lr = 0.1, factor = 0.5, every = 2),
    good_call("schedule_cosine", lr = 0.1, epochs = 5, lr_min = 0.01),
    good_call("early_stopping", patience = 2, monitor = "loss", min_delta = 0.1),
    good_call("augment_shift", max = c(1, 2), fill = 0.5),
    good_call("lenet", filters = c(2, 3), units = 5, dropout = 0.2),
    good_call("vgg_small", filters = 1:2, dropout = 0.2),
    good_call("cnn", x = x, y = y, layers = layers, epochs = 1, batch_size = 5, optimizer = adam(),
              validation = list(x = x, y = y), verbose = FALSE, loss = "cross_entropy",
              class_weights = 1:3, scale = 0.5, augment = augment_shift(1),
              early_stopping = early_stopping(2),
              callbacks = list(on_epoch_end = function(fit) TRUE),
              checkpoint = NULL, init = NULL),
    good_call("cnn", x = x, y = y, epochs = 1, verbose = FALSE, init = fit),
    good_call("predict.cnn", object = fit, newdata = x, type = "prob", batch_size = 5),
    good_call("evaluate.cnn", fit = fit, x = x, y = y, batch_size = 5),
    good_call("confusion", fit = fit, x = x, y = y, batch_size = 5),
    good_call("summary.cnn", object = fit),
    good_call("coef.cnn", object = fit, layer = 1),
    good_call("nobs.cnn", object = fit),
    good_call("predict.cnn", object = regression, newdata = x),
    good_call("evaluate.cnn", fit = regression, x = x, y = sin(1:12), batch_size = 5),
    good_call("read_idx", file = path, type = "integer"),
    good_call("read_checkpoint", file = saved(fit)),
    good_call("mnist_sample")
  )
}

good_plot_calls <- function() {
  x <- matrix(sin(1:30), 5)
  hparameters <- list(stride = c(1, 2), pad = 1)
  windows <- list(f = c(2, 3), stride = 2, pad = "same")
  images <- array(sin(1:432), c(12, 6, 6, 1))
  classes <- rep(c("a", "b", "d"), 4)
  fit <- good_fit()
  list(
    good_call("plot_padding", x = x, pad = c(1, 2)),
    good_call("plot_convolution", x = x, W = matrix(cos(1:6), 2), b = 1, hparameters = hparameters,
              at = c(2, 1)),
    good_call("plot_convolution_gradient", x = x, W = matrix(cos(1:6), 2),
              dZ = matrix(sin(1:18), 6), hparameters = hparameters, at = c(2, 3)),
    good_call("plot_pooling", x = x, hparameters = windows, mode = "average", at = c(2, 1)),
    good_call("plot_pooling_gradient", x = x, hparameters = windows, mode = "max",
              dA = matrix(sin(1:9), 3), at = c(3, 2), ties = "first"),
    good_call("explore_convolution", x = x, W = matrix(cos(1:6), 2), b = 1,
              hparameters = list(stride = 1, pad = 1, dilation = 2)),
    good_call("plot_images", x = images, labels = classes, label_colours = c("red", "blue"),
              max = 10, ncol = 4, limits = c(-0.5, 0.5), colours = c("white", "#0000FF", "black")),
    good_call("plot_images", x = array(cos(1:36), c(2, 3, 2, 3))),
    good_call("plot_channels", x = array(sin(1:60), c(1, 3, 4, 5)), labels = 1:5,
              label_colours = "red", ncol = 2, limits = c(-2, 2),
              colours = c("red", "white", "blue")),
    good_call("plot_confusion", fit = fit, x = images, y = classes),
    good_call("plot_confusion", fit = confusion(fit, images, classes)),
    good_call("plot_filters", fit = fit, layer = "conv1", max = 5),
    good_call("plot_activations", fit = fit, image = images[3, , , ], layer = "conv1", max = 5),
    good_call("plot.cnn", x = fit, which = c("loss", "accuracy"))
  )
}

# Calls that differ from seed to seed, on the geometries of helper-naive.R and helper-pool.R, for
# the vector widths, the borders and the engines' own shapes.
random_calls <- function() {
  calls <- list()
  add <- function(...) calls[[length(calls) + 1]] <<- good_call(...)
  for (case in list(random_conv(), random_conv(), random_winograd(3), random_winograd(5))) {
    out <- conv_forward(case$A, case$W, case$b, case$hparameters)
    add("conv_forward", A_prev = case$A, W = case$W, b = case$b, hparameters = case$hparameters)
    add("conv_backward", dZ = random_array(dim(out$Z)), cache = out$cache)
  }
  for (mode in c("max", "average")) {
    case <- random_pool(ties = mode == "max")
    out <- pool_forward(case$A, case$hparameters, mode)
    add("pool_forward", A_prev = case$A, hparameters = case$hparameters, mode = mode)
    add("pool_backward", dA = random_array(dim(out$A)), cache = out$cache, mode = mode,
        ties = sample(c("all", "first"), 1))
  }
  size <- sample(70, 1)
  A <- random_array(size, 3)
  gamma <- rnorm(3)
  W <- random_array(3, sample(9, 1))
  add("batchnorm_forward", A_prev = A, gamma = gamma, beta = gamma)
  add("batchnorm_backward", dZ = A, cache = batchnorm_forward(A, gamma, gamma)$cache)
  add("affine_forward", A_prev = A, W = W, b = W[1, ])
  add("affine_backward", dZ = A %*% W, cache = list(A_prev = A, W = W, b = W[1, ]))
  add("softmax", x = A)
  add("logsumexp", x = A)
  add("dropout_forward", A_prev = A, rate = 0.3)
  add("pad3d", input = random_array(size, 2, 3, 2), stride = sample(0:2, 2, TRUE))
  for (name in c("sigmoid", "relu", "leaky_relu", "tanh_activation")) add(name, Z = A)
  for (name in c("sigmoid", "relu", "tanh")) {
    add(paste0(name, "_backward"), dA = A, cache = random_array(size, 3))
  }
  calls
}

# A convolution that Winograd's filtering is made for.
random_winograd <- function(f) {
  channels <- sample(3, 1)
  filters <- sample(3, 1)
  list(A = random_array(sample(9, 1), sample(f:9, 2, TRUE), channels),
       W = random_array(f, f, channels, filters), b = rnorm(filters),
       hparameters = list(stride = 1, pad = sample(list(0, 1, "same"), 1)[[1]]))
}
