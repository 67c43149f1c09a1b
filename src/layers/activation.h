// Activations, cell by cell, and their gradients. All arrays have n cells; inputs are read only.
// `Real` is double or float.
// NA stays NA and NaN stays NaN.
#pragma once

#include "base/geometry.h"

namespace convstep {

template <typename Real>
void sigmoid_forward(Index n, const Real* Z, Real* A);
// dA * s * (1 - s), where s is the sigmoid of Z.
template <typename Real>
void sigmoid_backward(Index n, const Real* dA, const Real* Z, Real* dZ);

// 0 where Z < 0, Z elsewhere; the gradient 0 where Z < 0, dA elsewhere.
template <typename Real>
void relu_forward(Index n, const Real* Z, Real* A);
template <typename Real>
void relu_backward(Index n, const Real* dA, const Real* Z, Real* dZ);

// As relu, but with slope * Z, and slope * dA, where Z < 0.
template <typename Real>
void leaky_relu_forward(Index n, double slope, const Real* Z, Real* A);
template <typename Real>
void leaky_relu_backward(Index n, double slope, const Real* dA, const Real* Z, Real* dZ);

// The hyperbolic tangent; the gradient is dA * (1 - tanh(Z)^2).
template <typename Real>
void tanh_forward(Index n, const Real* Z, Real* A);
template <typename Real>
void tanh_backward(Index n, const Real* dA, const Real* Z, Real* dZ);

// The others by name: of the table in simd/activation_body.h, which the caller knows to hold it.
template <typename Real>
void activation_forward(const char* name, Index n, const Real* Z, Real* A);
template <typename Real>
void activation_backward(const char* name, Index n, const Real* dA, const Real* Z, Real* dZ);

}  // namespace convstep
