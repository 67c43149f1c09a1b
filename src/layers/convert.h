// Doubles to floats and back.
#pragma once

#include "base/geometry.h"

namespace convstep {

// to[i] = from[i], rounded to the nearest float; what lies beyond their range becomes infinite.
void to_single(Index n, const double* from, float* to);
void to_double(Index n, const float* from, double* to);

}  // namespace convstep
