// Bodies of the pool kernels; see pool_kernels.h for their contract and simd_body.h for what
// they may use.

constexpr PoolKernels pool_kernels() { return {0}; }
