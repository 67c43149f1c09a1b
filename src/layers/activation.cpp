#include "layers/activation.h"

#include <cstring>
#include <stdexcept>
#include <string>

#include "base/chunks.h"
#include "base/scalars.h"
#include "simd/simd.h"

namespace convstep {

namespace {

template <typename Real>
const ElementwiseKernels<Real>& kernels() {
  return simd<Real>().elementwise;
}

// Nanoseconds a cell, for the decision to start threads.
constexpr double kCheap = 0.25;
constexpr double kExponential = 1;

}  // namespace

template <typename Real>
void sigmoid_forward(Index n, const Real* Z, Real* A) {
  parallel_chunks(n, kExponential, [=](Index begin, Index end) {
    kernels<Real>().sigmoid(end - begin, Z + begin, A + begin);
  });
}

template <typename Real>
void sigmoid_backward(Index n, const Real* dA, const Real* Z, Real* dZ) {
  parallel_chunks(n, kExponential, [=](Index begin, Index end) {
    kernels<Real>().sigmoid_backward(end - begin, dA + begin, Z + begin, dZ + begin);
  });
}

template <typename Real>
void relu_forward(Index n, const Real* Z, Real* A) {
  parallel_chunks(n, kCheap, [=](Index begin, Index end) {
    kernels<Real>().relu(end - begin, Z + begin, A + begin);
  });
}

template <typename Real>
void relu_backward(Index n, const Real* dA, const Real* Z, Real* dZ) {
  parallel_chunks(n, kCheap, [=](Index begin, Index end) {
    kernels<Real>().relu_backward(end - begin, dA + begin, Z + begin, dZ + begin);
  });
}

template <typename Real>
void leaky_relu_forward(Index n, double slope, const Real* Z, Real* A) {
  parallel_chunks(n, kCheap, [=](Index begin, Index end) {
    kernels<Real>().leaky_relu(end - begin, slope, Z + begin, A + begin);
  });
}

template <typename Real>
void leaky_relu_backward(Index n, double slope, const Real* dA, const Real* Z, Real* dZ) {
  parallel_chunks(n, kCheap, [=](Index begin, Index end) {
    kernels<Real>().leaky_relu_backward(end - begin, slope, dA + begin, Z + begin, dZ + begin);
  });
}

template <typename Real>
void tanh_forward(Index n, const Real* Z, Real* A) {
  parallel_chunks(n, kExponential, [=](Index begin, Index end) {
    kernels<Real>().tanh(end - begin, Z + begin, A + begin);
  });
}

template <typename Real>
void tanh_backward(Index n, const Real* dA, const Real* Z, Real* dZ) {
  parallel_chunks(n, kExponential, [=](Index begin, Index end) {
    kernels<Real>().tanh_backward(end - begin, dA + begin, Z + begin, dZ + begin);
  });
}

namespace {

template <typename Real>
const ActivationKernel<Real>& kernel_of(const char* name) {
  for (const auto& kernel : simd<Real>().activation.each) {
    if (std::strcmp(kernel.name, name) == 0) return kernel;
  }
  throw std::invalid_argument(std::string("There is no activation '") + name + "'.");
}

}  // namespace

template <typename Real>
void activation_forward(const char* name, Index n, const Real* Z, Real* A) {
  const ActivationKernel<Real>& kernel = kernel_of<Real>(name);
  parallel_chunks(n, kernel.nanoseconds, [&](Index begin, Index end) {
    kernel.forward(end - begin, Z + begin, A + begin);
  });
}

template <typename Real>
void activation_backward(const char* name, Index n, const Real* dA, const Real* Z, Real* dZ) {
  const ActivationKernel<Real>& kernel = kernel_of<Real>(name);
  parallel_chunks(n, kernel.nanoseconds, [&](Index begin, Index end) {
    kernel.backward(end - begin, dA + begin, Z + begin, dZ + begin);
  });
}

#define CONVSTEP_MAKE(Real)                                                          \
  template void sigmoid_forward(Index, const Real*, Real*);                          \
  template void sigmoid_backward(Index, const Real*, const Real*, Real*);            \
  template void relu_forward(Index, const Real*, Real*);                             \
  template void relu_backward(Index, const Real*, const Real*, Real*);               \
  template void leaky_relu_forward(Index, double, const Real*, Real*);               \
  template void leaky_relu_backward(Index, double, const Real*, const Real*, Real*); \
  template void tanh_forward(Index, const Real*, Real*);                             \
  template void tanh_backward(Index, const Real*, const Real*, Real*);               \
  template void activation_forward(const char*, Index, const Real*, Real*);          \
  template void activation_backward(const char*, Index, const Real*, const Real*, Real*);
CONVSTEP_FOR_EACH_REAL(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
