// Convolution where each group has one channel: depthwise. An engine of conv.h for these
// geometries alone, in the scalar that the arrays hold. It adds up products where they lie, without
// packing: there is nothing to use twice.
#pragma once

#include "conv/conv.h"

namespace convstep {

// With several filters a channel, engines that read a cell once for all of them are faster.
bool is_depthwise(const ConvGeometry& g);

template <typename Real>
void depthwise_forward(const ConvGeometry& g, const Real* A, const double* F, const double* b,
                       Real* Z);
template <typename Real>
void depthwise_backward(const ConvGeometry& g, const Real* dZ, const Real* A, const double* F,
                        Real* dA, double* dW, double* db);

}  // namespace convstep
