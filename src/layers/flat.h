// Parameters and gradients as one flat vector, for sending and for sums over the shards of a batch.
#pragma once

#include "base/geometry.h"

namespace convstep {

// out[i] = x[i] * factor.
void scale_to(Index n, const double* x, double factor, double* out);

// a[i] += b[i]. One addition a cell, so that only the order of the calls decides on the bits.
void add_to(Index n, double* a, const double* b);

// To single precision and back. The bytes of the single side need not be aligned.
void narrow(Index n, const double* x, unsigned char* out);
void widen(Index n, const unsigned char* x, double* out);

}  // namespace convstep
