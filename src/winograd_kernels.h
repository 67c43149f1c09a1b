// Contract of the winograd kernels that exist once per instruction set.
#pragma once

#include "geometry.h"

namespace convstep {

struct WinogradKernels {
  int reserved;
};

}  // namespace convstep
