// The scalars of sums of products: what R's own arrays of doubles are computed with is a setting.
#pragma once

#include "conv/conv.h"
#include "r_glue.h"

namespace convstep {

// run(Real, Store) for the scalar to compute with and the one that an array holds.
template <typename Run>
void by_scalars(SEXP x, Run run) {
  if (TYPEOF(x) == INTSXP) {
    run(float{}, float{});
  } else if (conv_precision() == Precision::single) {
    run(float{}, double{});
  } else {
    run(double{}, double{});
  }
}

}  // namespace convstep
