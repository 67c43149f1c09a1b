// Contract of the direct kernels that exist once per instruction set.
#pragma once

#include "geometry.h"

namespace convstep {

struct DirectKernels {
  int reserved;
};

}  // namespace convstep
