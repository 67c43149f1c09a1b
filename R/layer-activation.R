# Activations as layers have them, for an argument or by themselves.

# One that has a kernel by its name.
by_kernel <- function(name, increasing, gain) {
  list(forward = function(Z) activation_cpp(Z, name),
       backward = function(dA, Z) activation_backward_cpp(dA, Z, name),
       increasing = increasing, gain = gain)
}

# An activation more is an entry more in this table, and nothing else:
#   forward(Z), backward(dA, Z)   as the chapter has them, without its checks
#   increasing                    never falling, so that a maximum may be taken before it
#   gain                          of He's initialisation, for the weights in front of it
activation_table <- list(
  relu = list(
    forward = function(Z) relu_cpp(Z),
    backward = function(dA, Z) relu_backward_cpp(dA, Z),
    increasing = TRUE, gain = 2
  ),
  leaky_relu = list(
    forward = function(Z) leaky_relu_cpp(Z, formals(leaky_relu)$slope),
    backward = function(dA, Z) leaky_relu_backward_cpp(dA, Z, formals(leaky_relu)$slope),
    increasing = TRUE, gain = 2
  ),
  sigmoid = list(
    forward = function(Z) sigmoid_cpp(Z),
    backward = function(dA, Z) sigmoid_backward_cpp(dA, Z),
    increasing = TRUE, gain = 1
  ),
  tanh = list(
    forward = function(Z) tanh_cpp(Z),
    backward = function(dA, Z) tanh_backward_cpp(dA, Z),
    increasing = TRUE, gain = 1
  ),
  elu = by_kernel("elu", increasing = TRUE, gain = 2),
  gelu = by_kernel("gelu", increasing = FALSE, gain = 2),
  silu = by_kernel("silu", increasing = FALSE, gain = 2),
  hard_swish = by_kernel("hard_swish", increasing = FALSE, gain = 2),
  softplus = by_kernel("softplus", increasing = TRUE, gain = 1),
  relu6 = by_kernel("relu6", increasing = TRUE, gain = 2)
)

activations <- c(names(activation_table), "none")

activation_gain <- function(activation) {
  if (activation == "none") 1 else activation_table[[activation]]$gain
}

#' @rdname layers
#' @export
layer_activation <- function(activation = "relu") {
  new_layer("activation", list(activation = check_choice(activation, "activation", activations)))
}

build_layer.layer_activation <- function(layer, shape) {
  list(ops = op_activation(layer$activation), output = shape)
}

# A list of the one operation, or of none.
op_activation <- function(activation) {
  if (activation == "none") {
    return(list())
  }
  rule <- activation_table[[activation]]
  list(list(
    kind = "activation",
    increasing = rule$increasing,
    forward = function(A, p, training) list(Z = rule$forward(A), cache = A),
    backward = function(dZ, cache, p, wanted) {
      list(dA_prev = if (wanted) rule$backward(dZ, cache))
    }
  ))
}
