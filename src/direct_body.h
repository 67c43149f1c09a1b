// Bodies of the direct kernels; see direct_kernels.h for their contract and simd_body.h for what
// they may use.

constexpr DirectKernels direct_kernels() { return {0}; }
