# One good call of every export, as a list of its name and arguments: the ground from which the
# tests with bad arguments set out. Small, so that thousands of them run in seconds.

good_calls <- function() {
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
  call <- function(.name, ...) list(name = .name, arguments = list(...))
  list(
    call("pad3d", input = A, stride = c(1, 2)),
    call("conv_single_step", a_slice_prev = A[1, 1:3, 1:3, ], W = W[, , , 1], b = 0.5),
    call("conv_forward", A_prev = A, W = W, b = c(1, -1), hparameters = hparameters),
    call("conv_forward", A_prev = A, W = W[, , 1, , drop = FALSE], b = array(0, c(1, 1, 1, 2)),
         hparameters = list(stride = c(1, 2), pad = "same", dilation = c(1, 2), groups = 2)),
    call("conv_backward", dZ = conv$Z, cache = conv$cache),
    call("pool_forward", A_prev = A, hparameters = windows, mode = "average"),
    call("pool_backward", dA = maxima$A, cache = maxima$cache, mode = "max", ties = "first"),
    call("pool_backward", dA = means$A, cache = means$cache, mode = "average"),
    call("create_mask_from_window", x = Z),
    call("distribute_value", dz = 2, shape = c(2, 3)),
    call("sigmoid", Z = A),
    call("relu", Z = Z),
    call("sigmoid_backward", dA = A, cache = A),
    call("relu_backward", dA = Z, cache = Z),
    call("arr2col", X = A),
    call("col2arr", X = arr2col(A)$output, cache = A),
    call("affine_forward", A_prev = Z, W = weights, b = 1:2),
    call("affine_backward", dZ = affine$Z, cache = affine$cache),
    call("affine_activation_forward", A_prev = Z, W = weights, b = 1:2, activation = "sigmoid"),
    call("affine_activation_backward", dA = activated$A, cache = activated$cache,
         activation = "sigmoid"),
    call("logsumexp", x = Z),
    call("softmax", x = Z),
    call("cross_entropy_cost", AL = AL, Y = c("a", "b", "d"), batch_size = 3,
         classes = letters[1:4]),
    call("cross_entropy_backward", cache = cost$cache),
    call("check_gradient", f = function(x) sum(x^2), x = c(1, 2), analytic = c(2, 4), entries = 1:2,
         step = 1e-4, tolerance = 1e-6),
    call("convstep_engine", engine = "auto"),
    call("convstep_engines"),
    call("convstep_simd", set = "baseline"),
    call("convstep_simd_sets"),
    call("convstep_threads", n = 2)
  )
}
