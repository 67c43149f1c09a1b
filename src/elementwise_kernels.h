// Contract of the elementwise kernels that exist once per instruction set.
#pragma once

#include "geometry.h"

namespace convstep {

struct ElementwiseKernels {
  int reserved;
};

}  // namespace convstep
