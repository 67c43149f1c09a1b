#include "conv/conv.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace convstep {

namespace {

const ConvEngine* const kEngines[] = {&kConvBlas, &kConvDirect, &kConvWinograd};

const ConvEngine* selected = nullptr;  // nullptr: "auto"

// The measured rules of "auto": winograd's transforms pay from so many channels and filters. With
// fewer examples than lanes they gather their cells one by one, and pay later.
constexpr Index kWinogradChannels = 8;
constexpr Index kFewExamples = 8;
constexpr Index kWinogradChannelsFewExamples = 64;

bool winograd_pays(const ConvGeometry& g) {
  const Index narrow = std::min(g.group_channels(), g.group_filters());
  return narrow >= (g.m < kFewExamples ? kWinogradChannelsFewExamples : kWinogradChannels);
}

const ConvEngine& engine_for(const ConvGeometry& g) {
  if (selected != nullptr) return selected->supports(g) ? *selected : kConvDirect;
  return winograd_pays(g) && kConvWinograd.supports(g) ? kConvWinograd : kConvDirect;
}

}  // namespace

std::vector<const char*> conv_engine_names() {
  std::vector<const char*> names{"auto"};
  for (const ConvEngine* engine : kEngines) names.push_back(engine->name);
  return names;
}

const char* conv_engine_name() { return selected == nullptr ? "auto" : selected->name; }

bool select_conv_engine(const char* name) {
  if (std::strcmp(name, "auto") == 0) {
    selected = nullptr;
    return true;
  }
  for (const ConvEngine* engine : kEngines) {
    if (std::strcmp(engine->name, name) == 0) {
      selected = engine;
      return true;
    }
  }
  return false;
}

void conv_forward(const ConvGeometry& g, const double* A, const double* F, const double* b,
                  double* Z) {
  if (g.m == 0) return;
  engine_for(g).forward(g, A, F, b, Z);
}

void conv_backward(const ConvGeometry& g, const double* dZ, const double* A, const double* F,
                   double* dA, double* dW, double* db) {
  if (g.m == 0) {  // the extents of an empty batch may be as large as can be
    if (dW != nullptr) std::fill_n(dW, g.w_size(), 0.0);
    if (db != nullptr) std::fill_n(db, g.K, 0.0);
    return;
  }
  engine_for(g).backward(g, dZ, A, F, dA, dW, db);
}

}  // namespace convstep
