// How many processors this process may use.
#pragma once

namespace convstep {

// Those of its affinity mask, within the CPU quota of its container (rounded up); at least 1.
int available_cores();

}  // namespace convstep
