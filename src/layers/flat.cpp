#include "layers/flat.h"

#include <cstring>

namespace convstep {

void scale_to(Index n, const double* x, double factor, double* out) {
  for (Index i = 0; i < n; ++i) out[i] = x[i] * factor;
}

void add_to(Index n, double* a, const double* b) {
  for (Index i = 0; i < n; ++i) a[i] += b[i];
}

void narrow(Index n, const double* x, unsigned char* out) {
  for (Index i = 0; i < n; ++i) {
    const float value = static_cast<float>(x[i]);
    std::memcpy(out + i * static_cast<Index>(sizeof value), &value, sizeof value);
  }
}

void widen(Index n, const unsigned char* x, double* out) {
  for (Index i = 0; i < n; ++i) {
    float value;
    std::memcpy(&value, x + i * static_cast<Index>(sizeof value), sizeof value);
    out[i] = value;
  }
}

}  // namespace convstep
