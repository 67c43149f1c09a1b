#include "layers/activation.h"

#include "base/chunks.h"
#include "simd/simd.h"

namespace convstep {

namespace {

const ElementwiseKernels& kernels() { return simd().elementwise; }

// Nanoseconds a cell, for the decision to start threads.
constexpr double kCheap = 0.25;
constexpr double kExponential = 1;

}  // namespace

void sigmoid_forward(Index n, const double* Z, double* A) {
  parallel_chunks(n, kExponential, [=](Index begin, Index end) {
    kernels().sigmoid(end - begin, Z + begin, A + begin);
  });
}

void sigmoid_backward(Index n, const double* dA, const double* Z, double* dZ) {
  parallel_chunks(n, kExponential, [=](Index begin, Index end) {
    kernels().sigmoid_backward(end - begin, dA + begin, Z + begin, dZ + begin);
  });
}

void relu_forward(Index n, const double* Z, double* A) {
  parallel_chunks(n, kCheap, [=](Index begin, Index end) {
    kernels().relu(end - begin, Z + begin, A + begin);
  });
}

void relu_backward(Index n, const double* dA, const double* Z, double* dZ) {
  parallel_chunks(n, kCheap, [=](Index begin, Index end) {
    kernels().relu_backward(end - begin, dA + begin, Z + begin, dZ + begin);
  });
}

void leaky_relu_forward(Index n, double slope, const double* Z, double* A) {
  parallel_chunks(n, kCheap, [=](Index begin, Index end) {
    kernels().leaky_relu(end - begin, slope, Z + begin, A + begin);
  });
}

void leaky_relu_backward(Index n, double slope, const double* dA, const double* Z, double* dZ) {
  parallel_chunks(n, kCheap, [=](Index begin, Index end) {
    kernels().leaky_relu_backward(end - begin, slope, dA + begin, Z + begin, dZ + begin);
  });
}

void tanh_forward(Index n, const double* Z, double* A) {
  parallel_chunks(n, kExponential, [=](Index begin, Index end) {
    kernels().tanh(end - begin, Z + begin, A + begin);
  });
}

void tanh_backward(Index n, const double* dA, const double* Z, double* dZ) {
  parallel_chunks(n, kExponential, [=](Index begin, Index end) {
    kernels().tanh_backward(end - begin, dA + begin, Z + begin, dZ + begin);
  });
}

}  // namespace convstep
