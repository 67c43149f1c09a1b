// Contract of the pool kernels that exist once per instruction set.
#pragma once

#include "geometry.h"

namespace convstep {

struct PoolKernels {
  int reserved;
};

}  // namespace convstep
