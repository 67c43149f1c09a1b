// The engine "winograd": 3x3 and 5x5 filters, stride 1, no dilation, by tiles of F(4, 3) and so on;
// see winograd_kernels.h for the method, winograd.h for its parts.
//
// What tiles cannot do as the contract has it is left to the engine "direct": filters that are not
// finite (their transform has no zeros that padding could meet), and a filter gradient that comes
// out not finite. A block of outputs that is not finite is computed directly, in its own place.
#include <cmath>

#include "base/scalars.h"
#include "conv/winograd/winograd.h"

namespace convstep {

namespace {

// The workspace of one block of tiles grows with the channels.
constexpr Index kMaxChannels = 1024;

// The tile size that needs the fewest products.
template <typename Real>
const WinogradVariant<Real>& variant_for(Index taps, Index height, Index width) {
  const WinogradKernels<Real>& kernels = simd<Real>().winograd;
  const WinogradVariant<Real>& small = taps == 3 ? kernels.f43 : kernels.f25;
  const WinogradVariant<Real>& large = taps == 3 ? kernels.f63 : kernels.f45;
  const auto products = [&](const WinogradVariant<Real>& variant) {
    const TileGrid grid(1, 1, variant.out, height, width);
    return grid.tiles(0) * variant.tile * variant.tile;
  };
  return products(large) < products(small) ? large : small;
}

bool supports(const ConvGeometry& g) {
  const auto axis = [](const Axis& a) {
    return (a.filter == 3 || a.filter == 5) && a.stride == 1 && a.dilation == 1;
  };
  return axis(g.h) && axis(g.w) && g.h.filter == g.w.filter && g.m > 0 &&
         g.group_channels() <= kMaxChannels && g.group_filters() <= kMaxChannels;
}

bool all_finite(const double* x, Index size) {
  return std::all_of(x, x + size, [](double value) { return std::isfinite(value); });
}

// Where each group of channels and filters begins in A (or dA), Z (or dZ), F (or dW).
struct GroupOffsets {
  Index a, z, f, k;
  GroupOffsets(const ConvGeometry& g, Index group)
      : a(group * g.a_size() / g.groups),
        z(group * g.z_size() / g.groups),
        f(group * g.w_size() / g.groups),
        k(group * g.group_filters()) {}
};

template <typename Real, typename Store>
void forward(const ConvGeometry& g, const Store* A, const double* F, const double* b, Store* Z) {
  if (!all_finite(F, g.w_size())) return conv_direct<Real, Store>().forward(g, A, F, b, Z);
  const Index taps = g.h.filter;
  const WinogradVariant<Real>& variant = variant_for<Real>(taps, g.h.out, g.w.out);
  for (Index group = 0; group < g.groups; ++group) {
    const GroupOffsets at(g, group);
    const FilterView filters{F + at.f, 1, taps, taps * taps, taps * taps * g.group_channels()};
    const Correlation s{g.m,
                        g.h.in,
                        g.w.in,
                        g.group_channels(),
                        g.h.out,
                        g.w.out,
                        g.group_filters(),
                        taps,
                        -g.h.pad_lo,
                        -g.w.pad_lo,
                        filters};
    winograd_correlate(variant, s, A + at.a, b + at.k, Z + at.z);
  }
}

// dA[h, w, c] = sum over k, i, j of dZ[h + pad - i, w + pad - j, k] F[i, j, c, k]: with the taps in
// reverse order and channels and filters swapped, the form of a forward pass.
template <typename Real, typename Store>
void input_gradient(const ConvGeometry& g, const Store* dZ, const double* F, Store* dA) {
  const Index taps = g.h.filter;
  const WinogradVariant<Real>& variant = variant_for<Real>(taps, g.h.in, g.w.in);
  for (Index group = 0; group < g.groups; ++group) {
    const GroupOffsets at(g, group);
    const FilterView filters{F + at.f + taps * taps - 1, -1, -taps,
                             taps * taps * g.group_channels(), taps * taps};
    const Correlation s{g.m,
                        g.h.out,
                        g.w.out,
                        g.group_filters(),
                        g.h.in,
                        g.w.in,
                        g.group_channels(),
                        taps,
                        g.h.pad_lo - taps + 1,
                        g.w.pad_lo - taps + 1,
                        filters};
    winograd_correlate(variant, s, dZ + at.z, nullptr, dA + at.a);
  }
}

template <typename Real, typename Store>
void filter_gradient(const ConvGeometry& g, const Store* dZ, const Store* A, double* dW,
                     double* db) {
  const WinogradVariant<Real>& variant = variant_for<Real>(g.h.filter, g.h.out, g.w.out);
  for (Index group = 0; group < g.groups; ++group) {
    const GroupOffsets at(g, group);
    winograd_filter_gradient(variant, g, A + at.a, dZ + at.z, dW + at.f,
                             db == nullptr ? nullptr : db + at.k);
  }
}

template <typename Real, typename Store>
void backward(const ConvGeometry& g, const Store* dZ, const Store* A, const double* F, Store* dA,
              double* dW, double* db) {
  if (dA != nullptr) {
    if (all_finite(F, g.w_size())) {
      input_gradient<Real>(g, dZ, F, dA);
    } else {
      conv_direct<Real, Store>().backward(g, dZ, A, F, dA, nullptr, nullptr);
    }
  }
  if (dW != nullptr) {
    filter_gradient<Real>(g, dZ, A, dW, db);
    if (!all_finite(dW, g.w_size()))
      conv_direct<Real, Store>().backward(g, dZ, A, F, nullptr, dW, nullptr);
  } else if (db != nullptr) {
    conv_direct<Real, Store>().backward(g, dZ, A, F, nullptr, nullptr, db);
  }
}

}  // namespace

template <typename Real, typename Store>
ConvEngine<Real, Store> conv_winograd() {
  return {"winograd", supports, forward<Real, Store>, backward<Real, Store>};
}

#define CONVSTEP_MAKE(Real, Store) template ConvEngine<Real, Store> conv_winograd<Real, Store>();
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
