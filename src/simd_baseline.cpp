#include "simd_sets.h"

namespace convstep {
namespace {

constexpr int kLanes = 2;
constexpr char kName[] = "baseline";
#include "simd_body.h"

}  // namespace

const SimdSet kBaselineSet = kSet;

}  // namespace convstep
