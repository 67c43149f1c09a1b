// The contract of every convolution engine.
//
// Shapes (g is a ConvGeometry that conv_geometry() made, so it holds together):
//   A  (m, H, W, C)                 input
//   F  (fH, fW, C / groups, K)      filters (`W` in R)
//   b  (K)                          biases
//   Z  (m, out_H, out_W, K)         output
// A, F, b, dZ are read only and may have any alignment. Z, dA, dW, db are written in full, each
// cell, whatever they held before, and belong to the caller; they overlap nothing else. Any of dA,
// dW and db may be null: then it is not computed. m may be 0: then dW and db are zeros.
//
// An engine may use scratch memory of at most kWorkspaceBytes in all, whatever the batch, and
// throws std::bad_alloc before it has written anything if it cannot have it.
//
// NaN and infinite values go where R's arithmetic takes them in the loops of the definition:
//   forward, dW   the padding holds real zeros, so an infinite filter weight (or dZ) over padding
//                 gives NaN
//   dA            a cell sums only over the windows that cover it, never over padding: an engine
//                 that pads dZ with zeros must treat non-finite filters apart
// and nowhere else: a NaN in one example never reaches another.
#pragma once

#include <vector>

#include "base/geometry.h"

namespace convstep {

constexpr Index kWorkspaceBytes = Index{64} << 20;

// `Real` is the scalar of the arithmetic, `Store` that of A, Z and their gradients (scalars.h).
template <typename Real, typename Store>
struct ConvEngine {
  const char* name;
  // Whether the engine can do this geometry; convolve with `direct` where it cannot.
  bool (*supports)(const ConvGeometry& g);
  void (*forward)(const ConvGeometry& g, const Store* A, const double* F, const double* b,
                  Store* Z);
  void (*backward)(const ConvGeometry& g, const Store* dZ, const Store* A, const double* F,
                   Store* dA, double* dW, double* db);
};

template <typename Real, typename Store>
ConvEngine<Real, Store> conv_blas();
template <typename Real, typename Store>
ConvEngine<Real, Store> conv_direct();
template <typename Real, typename Store>
ConvEngine<Real, Store> conv_winograd();

// "auto" and the engines there are.
std::vector<const char*> conv_engine_names();

// The engine in use ("auto" unless another was selected) and its selection; false if unknown.
const char* conv_engine_name();
bool select_conv_engine(const char* name);

// What arrays of doubles are computed with: doubles (the default) or floats.
enum class Precision { full, single };
Precision conv_precision();
void select_conv_precision(Precision precision);

// By the engine in use.
template <typename Real, typename Store>
void conv_forward(const ConvGeometry& g, const Store* A, const double* F, const double* b,
                  Store* Z);
template <typename Real, typename Store>
void conv_backward(const ConvGeometry& g, const Store* dZ, const Store* A, const double* F,
                   Store* dA, double* dW, double* db);

}  // namespace convstep
