#include "conv/conv.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <type_traits>
#include <vector>

#include "base/scalars.h"
#include "conv/depthwise.h"

namespace convstep {

namespace {

// The names are the same for all scalars.
enum class Choice { automatic, blas, direct, winograd };
constexpr const char* kNames[] = {"auto", "blas", "direct", "winograd"};

Choice selected = Choice::automatic;
Precision precision = Precision::full;

// The measured rules of "auto": winograd's transforms pay from so many channels and filters. With
// fewer examples than lanes they gather their cells one by one, and pay later.
constexpr Index kWinogradChannels = 8;
constexpr Index kFewExamples = 8;
constexpr Index kWinogradChannelsFewExamples = 64;

bool winograd_pays(const ConvGeometry& g) {
  const Index narrow = std::min(g.group_channels(), g.group_filters());
  return narrow >= (g.m < kFewExamples ? kWinogradChannelsFewExamples : kWinogradChannels);
}

template <typename Real, typename Store>
ConvEngine<Real, Store> engine_for(const ConvGeometry& g) {
  if constexpr (std::is_same_v<Real, Store>) {
    if (selected == Choice::automatic && is_depthwise(g)) {
      return {"depthwise", is_depthwise, depthwise_forward<Real>, depthwise_backward<Real>};
    }
  }
  const ConvEngine<Real, Store> winograd = conv_winograd<Real, Store>();
  switch (selected) {
    case Choice::blas:
      return conv_blas<Real, Store>();
    case Choice::direct:
      break;
    case Choice::winograd:
      if (winograd.supports(g)) return winograd;
      break;
    case Choice::automatic:
      if (winograd_pays(g) && winograd.supports(g)) return winograd;
  }
  return conv_direct<Real, Store>();
}

}  // namespace

std::vector<const char*> conv_engine_names() { return {std::begin(kNames), std::end(kNames)}; }

const char* conv_engine_name() { return kNames[static_cast<int>(selected)]; }

bool select_conv_engine(const char* name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (std::strcmp(name, kNames[i]) == 0) {
      selected = static_cast<Choice>(i);
      return true;
    }
  }
  return false;
}

Precision conv_precision() { return precision; }
void select_conv_precision(Precision to) { precision = to; }

template <typename Real, typename Store>
void conv_forward(const ConvGeometry& g, const Store* A, const double* F, const double* b,
                  Store* Z) {
  if (g.m == 0) return;
  engine_for<Real, Store>(g).forward(g, A, F, b, Z);
}

template <typename Real, typename Store>
void conv_backward(const ConvGeometry& g, const Store* dZ, const Store* A, const double* F,
                   Store* dA, double* dW, double* db) {
  if (g.m == 0) {  // the extents of an empty batch may be as large as can be
    if (dW != nullptr) std::fill_n(dW, g.w_size(), 0.0);
    if (db != nullptr) std::fill_n(db, g.K, 0.0);
    return;
  }
  engine_for<Real, Store>(g).backward(g, dZ, A, F, dA, dW, db);
}

#define CONVSTEP_MAKE(Real, Store)                                                   \
  template void conv_forward<Real>(const ConvGeometry&, const Store*, const double*, \
                                   const double*, Store*);                           \
  template void conv_backward<Real>(const ConvGeometry&, const Store*, const Store*, \
                                    const double*, Store*, double*, double*);
CONVSTEP_FOR_EACH_SCALARS(CONVSTEP_MAKE)
#undef CONVSTEP_MAKE

}  // namespace convstep
