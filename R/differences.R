#' Differences from the notebook
#'
#' The functions of this package have the names, the leading arguments and the results of the
#' notebook "Convolutional Neural Networks: Step by Step" in its R version, so that a script written
#' against the notebook runs unchanged. Where the notebook is wrong, or stops, the package does what
#' this table says.
#'
#' | | In the notebook | In this package | Why |
#' |---|---|---|---|
#' | 1. Bias, [conv_single_step()], [conv_forward()] | is added to every product, and so counts `f * f * n_C_prev` times | is added once, to the sum | The notebook's own gradient `db` counts it once, so its gradient is wrong by that factor (27 for a window of 3x3x3). For the notebook's figures pass `b * prod(dim(W)[1:3])`. |
#' | 2. [softmax()] of a matrix | divides by the sum over the whole matrix | divides each row by its own sum | Each example's probabilities must add up to 1, not those of the batch together. |
#' | 3. Classes in [cross_entropy_cost()] | are numbered by those present in the batch | are a factor's levels, or `classes`; other labels serve only if they are exactly as many as the columns | A batch that lacks a class would be compared with the wrong columns. |
#' | 4. One channel, row or column in [pool_backward()] with mode `"max"`, one row in [pad3d()], filters of 1x1 in [conv_forward()] | an error, as R drops extents of 1 | ordinary cases | Nothing in the definition excludes them. |
#' | 5. `mode` in [pool_forward()] and [pool_backward()] | anything but `"max"` is an average, or without effect | other than `"max"` and `"average"` is an error | A misspelt mode should not go unnoticed. |
#' | 6. Ties in [pool_backward()] | every maximum of a window gets the whole gradient | the same by default (`ties = "all"`); with `ties = "first"` the first maximum alone gets it | A window of equal values passes on more than it received; frameworks choose one cell, and so does training here. |
#' | 7. Gradient of the cost | is not there | [cross_entropy_backward()] | Training needs it. |
#'
#' One trait is kept that may surprise: [conv_backward()] sums `dW` and `db` over the batch, while
#' [affine_backward()] divides them by the number of examples `m`. Whoever trains with
#' [cross_entropy_backward()], which gives the gradient of each example's own cost, divides `dW` and
#' `db` of [conv_backward()] by `m`.
#'
#' @name convstep-differences
#' @examples
#' # 1. The bias counts once; the notebook's figure for comparison.
#' A <- array(1, c(1, 3, 3, 3))
#' W <- array(1, c(3, 3, 3, 1))
#' hparameters <- list(stride = 1, pad = 0)
#' c(conv_forward(A, W, 1, hparameters)$Z)
#' c(conv_forward(A, W, 1 * prod(dim(W)[1:3]), hparameters)$Z)
#'
#' # 2. Rows of probabilities.
#' rowSums(softmax(matrix(1:6, 2))$probs)
NULL
