// Activations, cell by cell, and their gradients. All arrays have n cells; inputs are read only.
// NA stays NA and NaN stays NaN.
#pragma once

#include "base/geometry.h"

namespace convstep {

void sigmoid_forward(Index n, const double* Z, double* A);
// dA * s * (1 - s), where s is the sigmoid of Z.
void sigmoid_backward(Index n, const double* dA, const double* Z, double* dZ);

// 0 where Z < 0, Z elsewhere; the gradient 0 where Z < 0, dA elsewhere.
void relu_forward(Index n, const double* Z, double* A);
void relu_backward(Index n, const double* dA, const double* Z, double* dZ);

// As relu, but with slope * Z, and slope * dA, where Z < 0.
void leaky_relu_forward(Index n, double slope, const double* Z, double* A);
void leaky_relu_backward(Index n, double slope, const double* dA, const double* Z, double* dZ);

// The hyperbolic tangent; the gradient is dA * (1 - tanh(Z)^2).
void tanh_forward(Index n, const double* Z, double* A);
void tanh_backward(Index n, const double* dA, const double* Z, double* dZ);

}  // namespace convstep
