#include "layers/convert.h"

#include "base/chunks.h"
#include "simd/simd.h"

namespace convstep {

namespace {

constexpr double kNanoseconds = 0.3;  // a cell

}  // namespace

void to_single(Index n, const double* from, float* to) {
  parallel_chunks(n, kNanoseconds, [=](Index begin, Index end) {
    simd<float>().direct.narrow.rows(from + begin, 0, 1, end - begin, to + begin, 0);
  });
}

void to_double(Index n, const float* from, double* to) {
  parallel_chunks(n, kNanoseconds, [=](Index begin, Index end) {
    simd<float>().direct.widen.rows(from + begin, 0, 1, end - begin, to + begin, 0);
  });
}

}  // namespace convstep
