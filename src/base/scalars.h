// The scalars that engines are made for: `Real`, which they compute with, and `Store`, which the
// arrays of the layer hold. Inside a net both are the net's; R's own arrays are doubles even where
// floats are computed with, and are converted while they are packed and while results are stored.
// Filters, biases and their gradients are doubles always.
#pragma once

// make(Real, Store) for each.
#define CONVSTEP_FOR_EACH_SCALARS(make) make(double, double) make(float, float) make(float, double)
// make(Real) for each.
#define CONVSTEP_FOR_EACH_REAL(make) make(double) make(float)
