// Bodies of the direct kernels; see direct_kernels.h for their contract and simd_body.h for what
// they may use.

// Into the L2 cache.
CONVSTEP_INLINE void prefetch(const char* p) { __builtin_prefetch(p, 0, 2); }

// Fetches one line after another.
struct AheadCursor {
  const Ahead& ahead;
  const char* column;
  Index columns, line;

  CONVSTEP_INLINE explicit AheadCursor(const Ahead& a)
      : ahead(a), column(a.first), columns(a.columns), line(0) {}
  CONVSTEP_INLINE void step() {
    if (columns == 0) return;
    prefetch(column + ahead.lines[line]);
    if (++line < ahead.count) return;
    line = 0;
    column += ahead.stride;
    --columns;
  }
};

// All sums of a tile live in registers; per tap `kVectors` loads and `kFilters` broadcasts serve
// their product in multiply-adds.
template <int kFilters, int kVectors>
void tile_kernel(const Tile<Real>& tile) {
  V sum[kFilters][kVectors];
  if (tile.bias != nullptr) {
    CONVSTEP_UNROLL
    for (int f = 0; f < kFilters; ++f) {
      const V b = broadcast(tile.bias[f]);
      CONVSTEP_UNROLL
      for (int v = 0; v < kVectors; ++v) sum[f][v] = b;
    }
  } else {
    CONVSTEP_UNROLL
    for (int f = 0; f < kFilters; ++f) {
      CONVSTEP_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        sum[f][v] = load(tile.z + f * tile.filter_stride + tile.vector_offset[v]);
      }
    }
  }
  const Real* w = tile.weights;
  const Real* channel = tile.src;
  const char* ahead = tile.ahead.first;
  for (Index c = 0; c < tile.channels; ++c, channel += tile.channel_stride) {
    for (Index l = 0; l < tile.ahead.count; ++l) prefetch(ahead + tile.ahead.lines[l]);
    ahead += tile.ahead.stride;
    for (Index t = 0; t < tile.tap_count; ++t, w += kFilters) {
      const Real* a = channel + tile.taps[t];
      if constexpr (kVectors <= kFilters) {
        V x[kVectors];
        CONVSTEP_UNROLL
        for (int v = 0; v < kVectors; ++v) x[v] = load(a + v * kLanes);
        CONVSTEP_UNROLL
        for (int f = 0; f < kFilters; ++f) {
          const V wf = broadcast(w[f]);
          CONVSTEP_UNROLL
          for (int v = 0; v < kVectors; ++v) sum[f][v] += x[v] * wf;
        }
      } else {
        V wf[kFilters];
        CONVSTEP_UNROLL
        for (int f = 0; f < kFilters; ++f) wf[f] = broadcast(w[f]);
        CONVSTEP_UNROLL
        for (int v = 0; v < kVectors; ++v) {
          V x = load(a + v * kLanes);
          CONVSTEP_KEEP(x);
          CONVSTEP_UNROLL
          for (int f = 0; f < kFilters; ++f) sum[f][v] += x * wf[f];
        }
      }
    }
  }
  if (tile.stream) {
    CONVSTEP_UNROLL
    for (int f = 0; f < kFilters; ++f) {
      CONVSTEP_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        stream(tile.z + f * tile.filter_stride + tile.vector_offset[v], sum[f][v]);
      }
    }
    return;
  }
  CONVSTEP_UNROLL
  for (int f = 0; f < kFilters; ++f) {
    CONVSTEP_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      store(tile.z + f * tile.filter_stride + tile.vector_offset[v], sum[f][v]);
    }
  }
}

// The vectors run along the filters, the taps are broadcast: no horizontal sums.
template <int kVectors, int kTaps>
void outer_kernel(const Product<Real>& product) {
  V sum[kTaps][kVectors];
  CONVSTEP_UNROLL
  for (int t = 0; t < kTaps; ++t) {
    CONVSTEP_UNROLL
    for (int v = 0; v < kVectors; ++v) sum[t][v] = V{};
  }
  AheadCursor ahead(product.ahead);
  const Real* dz = product.dz;
  for (Index j = 0; j < product.columns; ++j) {
    const Real* x[kTaps];
    CONVSTEP_UNROLL
    for (int t = 0; t < kTaps; ++t) x[t] = product.src + product.taps[j * product.taps_stride + t];
    for (Index q = 0; q < product.rows; ++q, dz += kVectors * kLanes) {
      ahead.step();
      V z[kVectors];
      CONVSTEP_UNROLL
      for (int v = 0; v < kVectors; ++v) z[v] = load(dz + v * kLanes);
      CONVSTEP_UNROLL
      for (int t = 0; t < kTaps; ++t) {
        V xt = broadcast(x[t][q]);
        CONVSTEP_KEEP(xt);
        CONVSTEP_UNROLL
        for (int v = 0; v < kVectors; ++v) sum[t][v] += z[v] * xt;
      }
    }
  }
  CONVSTEP_UNROLL
  for (int t = 0; t < kTaps; ++t) {
    CONVSTEP_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      Real* to = product.sum + t * product.sum_stride + v * kLanes;
      store(to, load(to) + sum[t][v]);
    }
  }
}

// The vectors run along q: few filters waste no lanes. The lanes are summed by the caller.
template <int kFilters, int kTaps>
void dot_kernel(const Product<Real>& product) {
  V sum[kTaps][kFilters];
  CONVSTEP_UNROLL
  for (int t = 0; t < kTaps; ++t) {
    CONVSTEP_UNROLL
    for (int f = 0; f < kFilters; ++f) sum[t][f] = V{};
  }
  const Index whole = product.rows / kLanes * kLanes;
  const Index padded = (product.rows + kLanes - 1) / kLanes * kLanes;
  M inside;
  CONVSTEP_UNROLL
  for (int lane = 0; lane < kLanes; ++lane) inside[lane] = whole + lane < product.rows ? -1 : 0;
  AheadCursor ahead(product.ahead);
  const Real* dz = product.dz;
  for (Index j = 0; j < product.columns; ++j, dz += kFilters * padded) {
    const Real* x[kTaps];
    CONVSTEP_UNROLL
    for (int t = 0; t < kTaps; ++t) x[t] = product.src + product.taps[j * product.taps_stride + t];
    for (Index q = 0; q < whole; q += kLanes) {
      ahead.step();
      V z[kFilters];
      CONVSTEP_UNROLL
      for (int f = 0; f < kFilters; ++f) z[f] = load(dz + f * padded + q);
      CONVSTEP_UNROLL
      for (int t = 0; t < kTaps; ++t) {
        V xt = load(x[t] + q);
        CONVSTEP_KEEP(xt);
        CONVSTEP_UNROLL
        for (int f = 0; f < kFilters; ++f) sum[t][f] += z[f] * xt;
      }
    }
    if (whole == padded) continue;
    V z[kFilters];
    CONVSTEP_UNROLL
    for (int f = 0; f < kFilters; ++f) z[f] = load(dz + f * padded + whole);
    CONVSTEP_UNROLL
    for (int t = 0; t < kTaps; ++t) {
      const V xt = reinterpret_cast<V>(reinterpret_cast<M>(load(x[t] + whole)) & inside);
      CONVSTEP_UNROLL
      for (int f = 0; f < kFilters; ++f) sum[t][f] += z[f] * xt;
    }
  }
  CONVSTEP_UNROLL
  for (int t = 0; t < kTaps; ++t) {
    CONVSTEP_UNROLL
    for (int f = 0; f < kFilters; ++f) {
      Real* to = product.sum + t * product.sum_stride + f * kLanes;
      store(to, load(to) + sum[t][f]);
    }
  }
}

template <typename From, typename To>
void transpose(const From* from, Index from_stride, Index rows, Index columns, To* to,
               Index to_stride) {
  Index c = 0;
  for (; c + kLanes <= columns; c += kLanes) {
    const From* source = from + c * from_stride;
    Index r = 0;
    for (; r + kLanes <= rows; r += kLanes) {
      V x[kLanes];
      CONVSTEP_UNROLL
      for (int i = 0; i < kLanes; ++i) x[i] = load_from(source + i * from_stride + r);
      transpose_square(x);
      CONVSTEP_UNROLL
      for (int i = 0; i < kLanes; ++i) store_to(to + (r + i) * to_stride + c, x[i]);
    }
    for (; r < rows; ++r) {
      for (int i = 0; i < kLanes; ++i) {
        to[r * to_stride + c + i] = static_cast<To>(source[i * from_stride + r]);
      }
    }
  }
  for (; c < columns; ++c) {
    for (Index r = 0; r < rows; ++r) {
      to[r * to_stride + c] = static_cast<To>(from[c * from_stride + r]);
    }
  }
}

template <typename From, typename To>
void copy_rows(const From* from, Index from_stride, Index rows, Index length, To* to,
               Index to_stride) {
  if (length == 1) {
    for (Index r = 0; r < rows; ++r) to[r * to_stride] = static_cast<To>(from[r * from_stride]);
    return;
  }
  for (Index r = 0; r < rows; ++r, from += from_stride, to += to_stride) {
    Index e = 0;
    for (; e + 4 * kLanes <= length; e += 4 * kLanes) {
      CONVSTEP_UNROLL
      for (int v = 0; v < 4; ++v) store_to(to + e + v * kLanes, load_from(from + e + v * kLanes));
    }
    for (; e + kLanes <= length; e += kLanes) store_to(to + e, load_from(from + e));
    for (; e < length; ++e) to[e] = static_cast<To>(from[e]);
  }
}

void stream_rows(const Real* from, Index from_stride, Index rows, Index length, double* to,
                 Index to_stride) {
  for (Index r = 0; r < rows; ++r, from += from_stride, to += to_stride) {
    for (Index e = 0; e < length; e += kLanes) stream_to(to + e, load(from + e));
  }
}

void direct_fence() { stream_fence(); }

void add_rows(const Real* x, Index stride, Index rows, Index columns, Real* sums) {
  for (Index c = 0; c < columns; c += kLanes) {
    V sum[2] = {};
    Index r = 0;
    for (; r + 2 <= rows; r += 2) {
      sum[0] += load(x + r * stride + c);
      sum[1] += load(x + (r + 1) * stride + c);
    }
    if (r < rows) sum[0] += load(x + r * stride + c);
    store(sums + c, load(sums + c) + (sum[0] + sum[1]));
  }
}

void add_columns(const Real* x, Index stride, Index rows, Index columns, Real* sums) {
  for (Index c = 0; c < columns; ++c, x += stride) {
    V sum[4] = {};
    Index r = 0;
    for (; r + 4 * kLanes <= rows; r += 4 * kLanes) {
      CONVSTEP_UNROLL
      for (int v = 0; v < 4; ++v) sum[v] += load(x + r + v * kLanes);
    }
    for (; r + kLanes <= rows; r += kLanes) sum[0] += load(x + r);
    Real total = sum_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
    for (; r < rows; ++r) total += x[r];
    sums[c] += total;
  }
}

template <int kFilters, int kVectors>
constexpr TileShape<Real> tile_shape() {
  static_assert(kFilters <= kMaxTileWidth && kFilters * kVectors <= kMaxTileVectors, "too large");
  return {kFilters, kVectors, tile_kernel<kFilters, kVectors>};
}
template <int kVectors, int kTaps>
constexpr ProductShape<Real> outer_shape() {
  return {kVectors, kTaps, outer_kernel<kVectors, kTaps>};
}
template <int kFilters, int kTaps>
constexpr ProductShape<Real> dot_shape() {
  return {kFilters, kTaps, dot_kernel<kFilters, kTaps>};
}

// 32 registers hold 24 sums, 16 hold 12; a multiply-add has a latency of four cycles and two units,
// so that fewer than 8 sums leave units idle. Widths are tried from the widest.
#if defined(__aarch64__)
// GCC wants more registers here: multiply-adds by an element of a register it gives one each, and
// it loads early. With 16 to 20 sums it spills none, and four units are busy.
constexpr TileShape<Real> kTiles[] = {tile_shape<8, 2>(), tile_shape<8, 1>(), tile_shape<6, 3>(),
                                      tile_shape<6, 2>(), tile_shape<6, 1>(), tile_shape<4, 4>(),
                                      tile_shape<4, 3>(), tile_shape<4, 2>(), tile_shape<4, 1>(),
                                      tile_shape<3, 6>(), tile_shape<3, 4>(), tile_shape<3, 2>(),
                                      tile_shape<3, 1>(), tile_shape<2, 8>(), tile_shape<2, 6>(),
                                      tile_shape<2, 3>(), tile_shape<2, 1>(), tile_shape<1, 12>(),
                                      tile_shape<1, 6>(), tile_shape<1, 3>(), tile_shape<1, 1>()};
constexpr ProductShape<Real> kOuter[] = {
    outer_shape<4, 5>(), outer_shape<4, 4>(), outer_shape<4, 3>(), outer_shape<4, 2>(),
    outer_shape<4, 1>(), outer_shape<3, 6>(), outer_shape<3, 4>(), outer_shape<3, 3>(),
    outer_shape<3, 2>(), outer_shape<3, 1>(), outer_shape<2, 9>(), outer_shape<2, 6>(),
    outer_shape<2, 5>(), outer_shape<2, 3>(), outer_shape<2, 2>(), outer_shape<2, 1>(),
    outer_shape<1, 9>(), outer_shape<1, 5>(), outer_shape<1, 3>(), outer_shape<1, 1>()};
constexpr ProductShape<Real> kDots[] = {
    dot_shape<4, 4>(), dot_shape<4, 3>(), dot_shape<4, 2>(), dot_shape<4, 1>(), dot_shape<2, 9>(),
    dot_shape<2, 6>(), dot_shape<2, 5>(), dot_shape<2, 3>(), dot_shape<2, 1>(), dot_shape<1, 9>(),
    dot_shape<1, 5>(), dot_shape<1, 3>(), dot_shape<1, 1>()};
#elif defined(CONVSTEP_REGISTERS_32)
constexpr TileShape<Real> kTiles[] = {
    tile_shape<8, 3>(), tile_shape<8, 2>(), tile_shape<8, 1>(),  tile_shape<6, 4>(),
    tile_shape<6, 2>(), tile_shape<6, 1>(), tile_shape<4, 6>(),  tile_shape<4, 3>(),
    tile_shape<4, 2>(), tile_shape<4, 1>(), tile_shape<3, 8>(),  tile_shape<3, 4>(),
    tile_shape<3, 2>(), tile_shape<3, 1>(), tile_shape<2, 12>(), tile_shape<2, 6>(),
    tile_shape<2, 3>(), tile_shape<2, 1>(), tile_shape<1, 12>(), tile_shape<1, 6>(),
    tile_shape<1, 3>(), tile_shape<1, 1>()};
constexpr ProductShape<Real> kOuter[] = {
    outer_shape<4, 6>(), outer_shape<4, 5>(), outer_shape<4, 4>(), outer_shape<4, 3>(),
    outer_shape<4, 2>(), outer_shape<4, 1>(), outer_shape<3, 8>(), outer_shape<3, 6>(),
    outer_shape<3, 4>(), outer_shape<3, 3>(), outer_shape<3, 2>(), outer_shape<3, 1>(),
    outer_shape<2, 9>(), outer_shape<2, 6>(), outer_shape<2, 5>(), outer_shape<2, 3>(),
    outer_shape<2, 2>(), outer_shape<2, 1>(), outer_shape<1, 9>(), outer_shape<1, 5>(),
    outer_shape<1, 3>(), outer_shape<1, 1>()};
constexpr ProductShape<Real> kDots[] = {
    dot_shape<4, 6>(), dot_shape<4, 5>(), dot_shape<4, 4>(), dot_shape<4, 3>(), dot_shape<4, 2>(),
    dot_shape<4, 1>(), dot_shape<2, 9>(), dot_shape<2, 6>(), dot_shape<2, 5>(), dot_shape<2, 3>(),
    dot_shape<2, 1>(), dot_shape<1, 9>(), dot_shape<1, 5>(), dot_shape<1, 3>(), dot_shape<1, 1>()};
#else
constexpr TileShape<Real> kTiles[] = {tile_shape<4, 3>(), tile_shape<4, 2>(), tile_shape<4, 1>(),
                                      tile_shape<3, 4>(), tile_shape<3, 2>(), tile_shape<3, 1>(),
                                      tile_shape<2, 6>(), tile_shape<2, 3>(), tile_shape<2, 1>(),
                                      tile_shape<1, 8>(), tile_shape<1, 4>(), tile_shape<1, 2>(),
                                      tile_shape<1, 1>()};
constexpr ProductShape<Real> kOuter[] = {
    outer_shape<2, 6>(), outer_shape<2, 5>(), outer_shape<2, 4>(), outer_shape<2, 3>(),
    outer_shape<2, 2>(), outer_shape<2, 1>(), outer_shape<1, 8>(), outer_shape<1, 5>(),
    outer_shape<1, 3>(), outer_shape<1, 1>()};
constexpr ProductShape<Real> kDots[] = {
    dot_shape<2, 6>(), dot_shape<2, 5>(), dot_shape<2, 4>(), dot_shape<2, 3>(), dot_shape<2, 2>(),
    dot_shape<2, 1>(), dot_shape<1, 9>(), dot_shape<1, 5>(), dot_shape<1, 3>(), dot_shape<1, 1>()};
#endif

template <typename Kernel, int kCount>
constexpr ShapeList<Kernel> list_of(const Shape<Kernel> (&shapes)[kCount]) {
  return {shapes, kCount};
}

template <typename From, typename To>
constexpr CopyKernels<From, To> copy_kernels() {
  return {transpose<From, To>, copy_rows<From, To>};
}

constexpr DirectKernels<Real> direct_kernels() {
  return {list_of(kTiles),
          list_of(kOuter),
          list_of(kDots),
          copy_kernels<Real, Real>(),
          copy_kernels<double, Real>(),
          copy_kernels<Real, double>(),
          stream_rows,
          direct_fence,
          add_rows,
          add_columns};
}
