# Optimizers: what the user asks for (adam, sgd, ...), and the steps. Each is a constructor and two
# methods, found by the class.

#' Optimizers
#'
#' What [cnn()] does with the gradients of a batch. `adam()` and `adamw()` scale each step by
#' running means of the gradient and of its square, `rmsprop()` by one of its square alone, `sgd()`
#' follows the gradient with a momentum.
#'
#' With the gradient \eqn{g} of the parameters \eqn{\theta} in step \eqn{t}, `adam()` takes
#' \deqn{m \leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2,
#'   \quad \theta \leftarrow \theta - \mathrm{lr} \frac{m / (1 - \beta_1^t)}
#'   {\sqrt{v / (1 - \beta_2^t)} + \epsilon}}
#' `rmsprop()`
#' \deqn{v \leftarrow \rho v + (1 - \rho) g^2, \quad u \leftarrow \mu u + \frac{g}{\sqrt{v} +
#' \epsilon},
#'   \quad \theta \leftarrow \theta - \mathrm{lr}\, u}
#' and `sgd()`
#' \deqn{u \leftarrow \mu u + g, \quad \theta \leftarrow \theta - \mathrm{lr}\, u}
#' or, with `nesterov`, \eqn{\theta \leftarrow \theta - \mathrm{lr}\, (g + \mu u)}.
#'
#' @section Weight decay:
#' Decay \eqn{\lambda} draws the weights towards 0. In `adam()`, `rmsprop()` and `sgd()` it is a
#' part of the loss: \eqn{\lambda \theta} is added to the gradient, and is scaled with it. In
#' `adamw()` it is a step of its own, \eqn{\theta \leftarrow (1 - \mathrm{lr}\, \lambda)\, \theta}
#' before the other, so that weights with large gradients are drawn as much as those with small
#' ones; that is all in which the two differ, and without decay they are the same. Biases and the
#' parameters of normalising layers are left alone.
#'
#' @section Clipping:
#' It comes before all that: first each gradient value to `[-clip_value, clip_value]`, then all
#' gradients together by one factor, so that their Euclidean norm is at most `clip_norm`.
#'
#' @param lr The learning rate: one number above 0, or a function that takes the number of the epoch
#'   (from 1) and returns one, such as [schedule_step()] and its kin make.
#' @param beta1,beta2,rho The weights of the former running means, at least 0 and below 1.
#' @param eps A number added to the root, so that it is not divided by zero.
#' @param momentum The weight of the former steps, at least 0 and below 1.
#' @param nesterov Whether to look ahead (Nesterov's momentum).
#' @param weight_decay At least 0.
#' @param clip_norm,clip_value Above 0; `Inf` for no clipping.
#'
#' @return A list of class `convstep_optimizer` that holds the arguments.
#'
#' @section Errors:
#' A value out of range. A learning rate that a function returns is checked at each epoch.
#'
#' @references Kingma, D. P. and Ba, J. (2015). Adam: a method for stochastic optimization.
#'   International Conference on Learning Representations. <https://arxiv.org/abs/1412.6980>
#'
#'   Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. International
#'   Conference on Learning Representations. <https://arxiv.org/abs/1711.05101>
#'
#'   Tieleman, T. and Hinton, G. (2012). Lecture 6.5: RMSProp. COURSERA: Neural Networks for Machine
#'   Learning. The place of \eqn{\epsilon} and the momentum are PyTorch's.
#'
#'   Sutskever, I., Martens, J., Dahl, G. and Hinton, G. (2013). On the importance of initialization
#'   and momentum in deep learning. International Conference on Machine Learning.
#' @examples
#' adam()
#' sgd(lr = schedule_cosine(0.05, epochs = 10), nesterov = TRUE, weight_decay = 1e-4)
#' @name optimizers
NULL

#' @rdname optimizers
#' @export
adam <- function(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0,
                 clip_norm = Inf, clip_value = Inf) {
  new_optimizer("adam", c(
    adam_fields(lr, beta1, beta2, eps), shared_fields(weight_decay, clip_norm, clip_value)
  ))
}

#' @rdname optimizers
#' @export
adamw <- function(lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0.01,
                  clip_norm = Inf, clip_value = Inf) {
  new_optimizer("adamw", c(
    adam_fields(lr, beta1, beta2, eps), shared_fields(weight_decay, clip_norm, clip_value)
  ))
}

#' @rdname optimizers
#' @export
rmsprop <- function(lr = 1e-3, rho = 0.9, eps = 1e-8, momentum = 0, weight_decay = 0,
                    clip_norm = Inf, clip_value = Inf) {
  new_optimizer("rmsprop", c(
    list(lr = check_lr(lr), rho = check_finite(rho, "rho", 0, 1), eps = check_positive(eps, "eps"),
         momentum = check_finite(momentum, "momentum", 0, 1)),
    shared_fields(weight_decay, clip_norm, clip_value)
  ))
}

#' @rdname optimizers
#' @export
sgd <- function(lr = 0.01, momentum = 0.9, nesterov = FALSE, weight_decay = 0, clip_norm = Inf,
                clip_value = Inf) {
  new_optimizer("sgd", c(
    list(lr = check_lr(lr), momentum = check_finite(momentum, "momentum", 0, 1),
         nesterov = check_flag(nesterov, "nesterov")),
    shared_fields(weight_decay, clip_norm, clip_value)
  ))
}

adam_fields <- function(lr, beta1, beta2, eps) {
  list(lr = check_lr(lr), beta1 = check_finite(beta1, "beta1", 0, 1),
       beta2 = check_finite(beta2, "beta2", 0, 1), eps = check_positive(eps, "eps"))
}

shared_fields <- function(weight_decay, clip_norm, clip_value) {
  list(weight_decay = check_finite(weight_decay, "weight_decay", 0),
       clip_norm = check_positive(clip_norm, "clip_norm", finite = FALSE),
       clip_value = check_positive(clip_value, "clip_value", finite = FALSE))
}

new_optimizer <- function(kind, fields) {
  structure(fields, class = c(kind, "convstep_optimizer"))
}

#' @export
print.convstep_optimizer <- function(x, ...) {
  x$lr <- if (is.function(x$lr)) "a function of the epoch" else format(x$lr)
  cat("<", class(x)[1], "> ", format_fields(unclass(x)), "\n", sep = "")
  invisible(x)
}

# The state of an optimizer: the number of steps taken and what it keeps of each parameter, lists
# like `params`.
init_optimizer <- function(optimizer, params) {
  zeros <- lapply(params, lapply, function(p) p * 0)
  slots <- optimizer_slots(optimizer)
  list(step = 0, slots = stats::setNames(rep(list(zeros), length(slots)), slots))
}

# What an optimizer keeps of each parameter, by name; and its step for one of them: `now` is a list
# of the parameter, `param`, and what is kept of it, and so is the result.
optimizer_slots <- function(optimizer) UseMethod("optimizer_slots")
step_parameter <- function(optimizer, now, grad, step, decay, scale) UseMethod("step_parameter")

optimizer_slots.adam <- function(optimizer) c("m", "v")
optimizer_slots.adamw <- optimizer_slots.adam
optimizer_slots.rmsprop <- function(optimizer) c("v", "u")
optimizer_slots.sgd <- function(optimizer) "u"

step_parameter.adam <- function(optimizer, now, grad, step, decay, scale) {
  adam_step_cpp(now$param, grad, now$m, now$v, optimizer$lr, optimizer$beta1, optimizer$beta2,
                optimizer$eps, step, 0, decay, optimizer$clip_value, scale)
}

step_parameter.adamw <- function(optimizer, now, grad, step, decay, scale) {
  adam_step_cpp(now$param, grad, now$m, now$v, optimizer$lr, optimizer$beta1, optimizer$beta2,
                optimizer$eps, step, decay, 0, optimizer$clip_value, scale)
}

step_parameter.rmsprop <- function(optimizer, now, grad, step, decay, scale) {
  rmsprop_step_cpp(now$param, grad, now$v, now$u, optimizer$lr, optimizer$rho, optimizer$eps,
                   optimizer$momentum, decay, optimizer$clip_value, scale)
}

step_parameter.sgd <- function(optimizer, now, grad, step, decay, scale) {
  sgd_step_cpp(now$param, grad, now$u, optimizer$lr, optimizer$momentum, optimizer$nesterov, decay,
               optimizer$clip_value, scale)
}

# New parameters and state, by `grads`, a list like `params` of the layers that learn, with a number
# for `optimizer$lr`. `decay` says of each parameter whether weight decay shrinks it.
optimizer_step <- function(optimizer, params, grads, state, decay) {
  state$step <- state$step + 1
  scale <- clipping_scale(optimizer, grads)
  for (layer in names(grads)) {
    # The parameters of the layer and what the optimizer keeps of them, each a list by name.
    parts <- c(list(param = params[[layer]]), lapply(state$slots, `[[`, layer))
    g <- grads[[layer]]
    for (name in names(g)) {
      shrink <- if (decay[[layer]][[name]]) optimizer$weight_decay else 0
      step <- step_parameter(optimizer, lapply(parts, `[[`, name), g[[name]], state$step, shrink,
                             scale)
      for (part in names(step)) parts[[part]][[name]] <- step[[part]]
    }
    params[[layer]] <- parts$param
    for (slot in names(state$slots)) state$slots[[slot]][[layer]] <- parts[[slot]]
  }
  list(params = params, state = state)
}

# The factor that brings the norm of all gradients, their values clipped, down to `clip_norm`.
clipping_scale <- function(optimizer, grads) {
  if (is.infinite(optimizer$clip_norm)) {
    return(1)
  }
  grads <- unlist(grads, recursive = FALSE)
  norm <- sqrt(sum(vapply(grads, sum_of_squares_cpp, 0, clip = optimizer$clip_value)))
  # Values from 1e154 on have squares that a double cannot hold; their norm it can.
  if (is.infinite(norm)) {
    largest <- min(max(abs(unlist(grads))), optimizer$clip_value)
    squares <- vapply(grads, function(g) {
      sum_of_squares_cpp(g / largest, optimizer$clip_value / largest)
    }, 0)
    norm <- largest * sqrt(sum(squares))
  }
  min(1, optimizer$clip_norm / norm)
}
