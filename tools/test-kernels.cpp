// Tests the kernels without R, so that sanitizers can watch every address: each engine, instruction
// set and thread count against loops written from the definition, over random geometries, on
// buffers of exactly the right size that start off alignment, with outputs that hold NaN before.
// Run by tools/test-kernels.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include "base/threads.h"
#include "conv/conv.h"
#include "conv/gemm.h"
#include "simd/simd.h"

namespace convstep {

// Stands in for R's BLAS.
void gemm(bool transpose_a, bool transpose_b, Index rows, Index columns, Index inner,
          const double* A, const double* B, double* C, bool add) {
  for (Index j = 0; j < columns; ++j) {
    for (Index i = 0; i < rows; ++i) {
      double sum = add ? C[i + rows * j] : 0;
      for (Index l = 0; l < inner; ++l) {
        sum += (transpose_a ? A[l + inner * i] : A[i + rows * l]) *
               (transpose_b ? B[j + columns * l] : B[l + inner * j]);
      }
      C[i + rows * j] = sum;
    }
  }
}

}  // namespace convstep

using namespace convstep;

namespace {

std::mt19937 rng(20240131);

Index pick(std::initializer_list<Index> values) { return values.begin()[rng() % values.size()]; }

// `size` cells that end where their memory ends and start off a multiple of 64 bytes, for most
// sizes.
struct Converted {};
template <typename T>
class Cells {
 public:
  explicit Cells(Index size, T fill = std::numeric_limits<T>::quiet_NaN())
      : memory_(static_cast<T*>(::operator new(bytes(size), kAlignment))),
        begin_(memory_.get() + bytes(size) / sizeof(T) - static_cast<std::size_t>(size)),
        size_(size) {
    std::fill_n(memory_.get(), bytes(size) / sizeof(T), kGuard);
    std::fill_n(begin_, size, fill);
  }
  template <typename From>
  Cells(const Cells<From>& from, Converted) : Cells(from.size()) {
    for (Index i = 0; i < size_; ++i) begin_[i] = static_cast<T>(from[i]);
  }
  Cells& randomise() {
    std::normal_distribution<double> normal;
    for (Index i = 0; i < size_; ++i) begin_[i] = static_cast<T>(normal(rng));
    return *this;
  }
  T* data() { return begin_; }
  T& operator[](Index i) { return begin_[i]; }
  const T& operator[](Index i) const { return begin_[i]; }
  Index size() const { return size_; }
  bool guard_intact() const {
    return std::all_of(memory_.get(), begin_, [](T x) { return x == kGuard; });
  }
  bool same_bits(Cells& other) {
    return std::memcmp(data(), other.data(), static_cast<std::size_t>(size_) * sizeof(T)) == 0;
  }

 private:
  static constexpr T kGuard = T(1234.5);
  static std::size_t bytes(Index size) {
    return (static_cast<std::size_t>(size) * sizeof(T) + 64 + 63) / 64 * 64;
  }
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(T* p) const { ::operator delete(p, kAlignment); }
  };
  std::unique_ptr<T, Free> memory_;
  T* begin_;
  Index size_;
};
using Buffer = Cells<double>;

// Calls visit(a, f, z): the cells of A, F and Z that a product joins; a is -1 for padding.
template <typename Visit>
void for_each_product(const ConvGeometry& g, Visit visit) {
  for (Index k = 0; k < g.K; ++k) {
    const Index group = k / g.group_filters();
    for (Index ow = 0; ow < g.w.out; ++ow) {
      for (Index oh = 0; oh < g.h.out; ++oh) {
        for (Index c = 0; c < g.group_channels(); ++c) {
          for (Index j = 0; j < g.w.filter; ++j) {
            for (Index i = 0; i < g.h.filter; ++i) {
              const Index h = g.h.cell(oh, i);
              const Index w = g.w.cell(ow, j);
              const bool inside = h >= 0 && h < g.h.in && w >= 0 && w < g.w.in;
              const Index channel = group * g.group_channels() + c;
              const Index f = i + g.h.filter * (j + g.w.filter * (c + g.group_channels() * k));
              for (Index n = 0; n < g.m; ++n) {
                visit(inside ? n + g.m * (h + g.h.in * (w + g.w.in * channel)) : Index{-1}, f,
                      n + g.m * (oh + g.h.out * (ow + g.w.out * k)));
              }
            }
          }
        }
      }
    }
  }
}

struct Case {
  ConvGeometry g;
  Buffer A, F, b, dZ;
  Buffer Z, dA, dW, db;                          // expected
  Buffer Z_scale, dA_scale, dW_scale, db_scale;  // sums of absolute values

  explicit Case(const ConvGeometry& geometry)
      : g(geometry),
        A(g.a_size()),
        F(g.w_size()),
        b(g.K),
        dZ(g.z_size()),
        Z(g.z_size()),
        dA(g.a_size(), 0),
        dW(g.w_size(), 0),
        db(g.K, 0),
        Z_scale(g.z_size()),
        dA_scale(g.a_size(), 0),
        dW_scale(g.w_size(), 0),
        db_scale(g.K, 0) {
    A.randomise();
    F.randomise();
    b.randomise();
    dZ.randomise();
    // Numbers that floats hold, so that all scalars are given the same.
    for (Buffer* x : {&A, &F, &b, &dZ}) {
      for (Index i = 0; i < x->size(); ++i)
        (*x)[i] = static_cast<double>(static_cast<float>((*x)[i]));
    }
  }
  void expect() {
    const Index column = g.m * g.h.out * g.w.out;
    for (Index z = 0; z < g.z_size(); ++z) {
      Z[z] = b[z / column];
      Z_scale[z] = std::abs(b[z / column]);
      db[z / column] += dZ[z];
      db_scale[z / column] += std::abs(dZ[z]);
    }
    for_each_product(g, [&](Index a, Index f, Index z) {
      const double cell = a < 0 ? 0.0 : A[a];
      Z[z] += cell * F[f];
      Z_scale[z] += std::abs(cell * F[f]);
      dW[f] += cell * dZ[z];
      dW_scale[f] += std::abs(cell * dZ[z]);
      if (a < 0) return;
      dA[a] += dZ[z] * F[f];
      dA_scale[a] += std::abs(dZ[z] * F[f]);
    });
  }
};

int failures = 0;

void describe(const ConvGeometry& g) {
  std::printf(
      "  m %td, %td x %td x %td, %td filters %td x %td, stride %td %td, dilation %td %td, "
      "pad %td+%td %td+%td, groups %td\n",
      g.m, g.h.in, g.w.in, g.C, g.K, g.h.filter, g.w.filter, g.h.stride, g.w.stride, g.h.dilation,
      g.w.dilation, g.h.pad_lo, g.h.pad_hi, g.w.pad_lo, g.w.pad_hi, g.groups);
}

// What is computed with and what arrays hold.
template <typename Real, typename Store>
constexpr const char* kScalars = sizeof(Real) == 8    ? "double"
                                 : sizeof(Store) == 8 ? "single on doubles"
                                                      : "single";

// Errors relative to the sum of the absolute terms; winograd's are relative to the largest one of
// its neighbourhood, which the largest of all bounds.
template <typename Real, typename Store, typename T>
void compare(const char* what, const ConvGeometry& g, Cells<T>& is, Buffer& expected,
             Buffer& scale) {
  const bool single = sizeof(Real) == 4;
  const bool tiles = std::strcmp(conv_engine_name(), "winograd") == 0;
  const double tolerance = !single ? 1e-12 : tiles ? 4e-5 : 4e-6;
  double largest = 0;
  for (Index i = 0; i < scale.size(); ++i) {
    if (std::isfinite(scale[i])) largest = std::max(largest, scale[i]);
  }
  for (Index i = 0; i < expected.size(); ++i) {
    const double value = static_cast<double>(is[i]);
    const double terms = single && tiles ? largest : scale[i];
    const bool same = std::isfinite(expected[i])
                          ? std::abs(value - expected[i]) <= tolerance * terms
                          : (std::isnan(expected[i]) ? std::isnan(value) : value == expected[i]);
    if (same) continue;
    std::printf("%s, engine %s, set %s, %s, %d threads: cell %td is %g, expected %g\n", what,
                conv_engine_name(), simd_set().name, kScalars<Real, Store>, thread_count(), i,
                value, expected[i]);
    describe(g);
    ++failures;
    return;
  }
  if (!is.guard_intact()) {
    std::printf("%s, engine %s, set %s, %s: written in front of its first cell\n", what,
                conv_engine_name(), simd_set().name, kScalars<Real, Store>);
    describe(g);
    ++failures;
  }
}

// The engine and set in use, at all thread counts; gradients that are not wanted are left out now
// and then.
template <typename Real, typename Store>
void check_scalars(Case& x) {
  const ConvGeometry& g = x.g;
  Cells<Store> A(x.A, Converted{});
  Cells<Store> dZ(x.dZ, Converted{});
  std::unique_ptr<Cells<Store>> first_Z;
  std::unique_ptr<Cells<Store>> first_dA;
  std::unique_ptr<Buffer> first_dW;
  std::unique_ptr<Buffer> first_db;
  for (int threads : {1, 2, 3, 8}) {
    set_thread_count(threads);
    auto Z = std::make_unique<Cells<Store>>(g.z_size());
    auto dA = std::make_unique<Cells<Store>>(g.a_size());
    auto dW = std::make_unique<Buffer>(g.w_size());
    auto db = std::make_unique<Buffer>(g.K);
    conv_forward<Real>(g, A.data(), x.F.data(), x.b.data(), Z->data());
    conv_backward<Real>(g, dZ.data(), A.data(), x.F.data(), dA->data(), dW->data(), db->data());
    compare<Real, Store>("Z", g, *Z, x.Z, x.Z_scale);
    compare<Real, Store>("dA", g, *dA, x.dA, x.dA_scale);
    compare<Real, Store>("dW", g, *dW, x.dW, x.dW_scale);
    compare<Real, Store>("db", g, *db, x.db, x.db_scale);
    if (threads == 1) {
      first_Z = std::move(Z);
      first_dA = std::move(dA);
      first_dW = std::move(dW);
      first_db = std::move(db);
    } else if (!Z->same_bits(*first_Z) || !dA->same_bits(*first_dA) || !dW->same_bits(*first_dW) ||
               !db->same_bits(*first_db)) {
      std::printf("engine %s, set %s, %s: %d threads give other bits than one\n",
                  conv_engine_name(), simd_set().name, kScalars<Real, Store>, threads);
      describe(g);
      ++failures;
    }
  }
  set_thread_count(2);
  for (int wanted = 0; wanted < 7; ++wanted) {
    Cells<Store> dA(g.a_size());
    Buffer dW(g.w_size());
    Buffer db(g.K);
    conv_backward<Real>(g, dZ.data(), A.data(), x.F.data(), wanted & 1 ? dA.data() : nullptr,
                        wanted & 2 ? dW.data() : nullptr, wanted & 4 ? db.data() : nullptr);
    if (wanted & 1) compare<Real, Store>("dA alone", g, dA, x.dA, x.dA_scale);
    if (wanted & 2) compare<Real, Store>("dW alone", g, dW, x.dW, x.dW_scale);
    if (wanted & 4) compare<Real, Store>("db alone", g, db, x.db, x.db_scale);
  }
}

// All engines, sets, scalars and thread counts.
void check(Case& x) {
  const SimdSet* sets[kMaxSimdSets];
  const int set_count = available_simd(sets);
  for (const char* engine : {"blas", "direct", "winograd"}) {
    select_conv_engine(engine);
    const int engine_sets = std::strcmp(engine, "blas") == 0 ? 1 : set_count;
    for (int s = 0; s < engine_sets; ++s) {
      select_simd(sets[s]->name);
      check_scalars<double, double>(x);
      check_scalars<float, float>(x);
      check_scalars<float, double>(x);
    }
  }
}

bool make_geometry(ConvGeometry& g, const Index a_dim[4], Index f_h, Index f_w, Index K,
                   const WindowSpec& spec, Index groups) {
  const Index w_dim[4] = {f_h, f_w, a_dim[3] / groups, K};
  try {
    g = conv_geometry(a_dim, w_dim, spec, groups);
  } catch (const std::exception&) {
    return false;
  }
  return true;
}

// Extents are 1, primes, and a tile less one, a tile, a tile and one for the sets' tiles.
bool random_geometry(ConvGeometry& g) {
  const Index groups = pick({1, 1, 1, 2, 3});
  const Index a_dim[4] = {pick({1, 2, 3, 7, 8, 9, 16, 23, 24, 25, 33, 41, 70}),
                          pick({1, 2, 3, 5, 7, 8, 12, 13, 17}), pick({1, 2, 3, 5, 7, 11, 13}),
                          groups * pick({1, 2, 3, 5, 17})};
  WindowSpec spec{};
  for (int axis = 0; axis < 2; ++axis) {
    spec.stride[axis] = pick({1, 1, 1, 2, 3, 4});
    spec.pad[axis] = pick({0, 0, 1, 2, 5, kPadSame});
    spec.dilation[axis] = pick({1, 1, 1, 2, 3, 6});
  }
  const Index K = groups * pick({1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 17, 33});
  if (!make_geometry(g, a_dim, pick({1, 2, 3, 4, 5, 7}), pick({1, 2, 3, 5, 7}), K, spec, groups)) {
    return false;
  }
  return g.flops() < 4e6;
}

// Shapes that take paths of their own: more taps than a pass, more channels than a block, more
// examples than a chunk, images of one cell.
std::vector<ConvGeometry> particular_geometries() {
  const struct {
    Index a[4], f_h, f_w, K;
    WindowSpec spec;
    Index groups;
  } list[] = {
      {{2, 150, 5, 1}, 140, 3, 2, {{1, 1}, {0, 1}, {1, 1}}, 1},
      {{3, 4, 40, 2}, 2, 35, 3, {{1, 2}, {1, 3}, {1, 1}}, 1},
      {{9, 70, 37, 1}, 67, 34, 1, {{2, 1}, {3, 2}, {1, 1}}, 1},
      {{5, 7, 6, 150}, 3, 3, 9, {{1, 1}, {1, 1}, {1, 1}}, 1},
      {{1, 1, 1, 2000}, 1, 1, 5, {{1, 1}, {0, 0}, {1, 1}}, 1},
      {{64, 1, 1, 784}, 1, 1, 40, {{1, 1}, {0, 0}, {1, 1}}, 1},
      {{13, 1, 1, 7}, 1, 1, 130, {{1, 1}, {0, 0}, {1, 1}}, 1},
      {{131, 5, 6, 3}, 3, 2, 8, {{1, 1}, {kPadSame, kPadSame}, {1, 1}}, 1},
      {{131, 9, 4, 3}, 3, 3, 4, {{2, 2}, {kPadSame, kPadSame}, {1, 1}}, 1},
      {{96, 6, 6, 2}, 3, 3, 8, {{2, 1}, {1, 1}, {1, 2}}, 1},
      {{2, 60, 60, 1}, 3, 3, 2, {{1, 1}, {24, 24}, {24, 24}}, 1},
      {{4, 9, 9, 12}, 3, 3, 12, {{1, 1}, {1, 1}, {1, 1}}, 12},
      {{4, 9, 9, 12}, 3, 3, 24, {{2, 2}, {1, 1}, {1, 1}}, 12},
      {{1, 3, 3, 1}, 3, 3, 1, {{5, 5}, {4, 4}, {2, 3}}, 1},
      {{2, 2, 2, 2}, 1, 1, 3, {{1, 1}, {7, 7}, {1, 1}}, 1},
      {{8, 20, 20, 4}, 5, 5, 3, {{3, 2}, {2, 2}, {2, 3}}, 1},
      {{0, 5, 5, 2}, 3, 3, 3, {{1, 1}, {0, 0}, {1, 1}}, 1},
  };
  std::vector<ConvGeometry> geometries;
  for (const auto& x : list) {
    ConvGeometry g{};
    if (!make_geometry(g, x.a, x.f_h, x.f_w, x.K, x.spec, x.groups)) {
      std::printf("a geometry of the list is none\n");
      ++failures;
    }
    geometries.push_back(g);
  }
  return geometries;
}

// A few cells that are not finite, in one example and one filter.
void spoil(Case& x) {
  const double values[] = {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity()};
  const auto value = [&] { return values[rng() % 3]; };
  if (x.g.m == 0) return;
  if (rng() % 2) x.A[static_cast<Index>(rng() % static_cast<unsigned>(x.A.size()))] = value();
  if (rng() % 2) x.dZ[static_cast<Index>(rng() % static_cast<unsigned>(x.dZ.size()))] = value();
  if (rng() % 2) x.F[static_cast<Index>(rng() % static_cast<unsigned>(x.F.size()))] = value();
}

#if defined(__GNUC__)
__attribute__((noinline))
#endif
int run(int rounds) {
  int cases = 0;
  for (const ConvGeometry& g : particular_geometries()) {
    Case x(g);
    x.expect();
    check(x);
    ++cases;
  }
  for (int round = 0; round < rounds;) {
    ConvGeometry g{};
    if (!random_geometry(g)) continue;
    Case x(g);
    if (round % 3 == 2) spoil(x);
    x.expect();
    check(x);
    ++cases;
    ++round;
  }
  std::printf("%d geometries, %d failures\n", cases, failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace

// test-kernels [ROUNDS [OFFSET]]: with the stack that many bytes, a multiple of 16, lower than it
// would be. Where the system aligns it to 16 bytes only, a place on it that the compiler takes for
// aligned to 64 is so by chance.
int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 150;
  const std::size_t offset = argc > 2 ? static_cast<std::size_t>(std::atoi(argv[2])) : 0;
  volatile char* const below = static_cast<char*>(__builtin_alloca(offset + 16));
  below[0] = 0;
  return run(rounds);
}
