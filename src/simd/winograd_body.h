// Bodies of the winograd kernels; see winograd_kernels.h for their contract and simd_body.h for
// what they may use.
//
// The transforms evaluate polynomials at 0, at pairs +p and -p, and at infinity, in this order.
// Both of a pair share the sums over even and over odd powers, which is all the sparsity there is.

namespace winograd {
template <int Pairs>
struct Points;
template <>
struct Points<1> {
  static constexpr double value[1] = {1};
};
template <>
struct Points<2> {
  static constexpr double value[2] = {1, 2};
};
template <>
struct Points<3> {
  static constexpr double value[3] = {1, 2, 0.5};
};

template <int Tile>
struct Table {
  static constexpr int kPairs = (Tile - 2) / 2;
  Real power[kPairs][Tile];        // p^j
  Real others[kPairs][kPairs];     // coefficients of the product of (x - q^2) over the others
  Real all[kPairs + 1];            // the same over all pairs
  Real scale[kPairs], zero_scale;  // 1 / the product of the differences to all other points

  constexpr Table() : power(), others(), all(), scale(), zero_scale() {
    double product[kPairs + 1] = {1};
    for (int k = 0; k < kPairs; ++k) {
      const double p = Points<kPairs>::value[k];
      double to_j = 1;
      for (int j = 0; j < Tile; ++j, to_j *= p) power[k][j] = static_cast<Real>(to_j);
      multiply(product, k, p);
      double rest[kPairs + 1] = {1};
      double norm = 2 * p * p;
      int degree = 0;
      for (int l = 0; l < kPairs; ++l) {
        const double q = Points<kPairs>::value[l];
        if (l == k) continue;
        multiply(rest, degree++, q);
        norm *= p * p - q * q;
      }
      for (int l = 0; l < kPairs; ++l) others[k][l] = static_cast<Real>(rest[l]);
      scale[k] = static_cast<Real>(1 / norm);
    }
    for (int k = 0; k <= kPairs; ++k) all[k] = static_cast<Real>(product[k]);
    zero_scale = static_cast<Real>(1 / product[0]);
  }

  // c, of this degree, times (x - q^2).
  static constexpr void multiply(double* c, int degree, double q) {
    c[degree + 1] = 0;
    for (int i = degree + 1; i > 0; --i) c[i] = c[i - 1] - q * q * c[i];
    c[0] *= -q * q;
  }
};

template <int Tile>
struct Tables {
  static constexpr Table<Tile> value{};
};

// t = B' d
template <int Tile>
CONVSTEP_INLINE void to_points(const V (&d)[Tile], V (&t)[Tile]) {
  constexpr const Table<Tile>& table = Tables<Tile>::value;
  constexpr int P = Table<Tile>::kPairs;
  V zero = d[2 * P];
  V infinity = d[2 * P + 1];
  CONVSTEP_UNROLL for (int i = 0; i < P; ++i) {
    zero += d[2 * i] * table.all[i];
    infinity += d[2 * i + 1] * table.all[i];
  }
  t[0] = zero;
  t[Tile - 1] = infinity;
  CONVSTEP_UNROLL for (int k = 0; k < P; ++k) {
    V even = d[2 * P];
    V odd = d[2 * P - 1];
    CONVSTEP_UNROLL for (int i = 0; i < P - 1; ++i) {
      even += d[2 * i + 2] * table.others[k][i];
      odd += d[2 * i + 1] * table.others[k][i];
    }
    t[1 + 2 * k] = even + odd * table.power[k][1];
    t[2 + 2 * k] = even - odd * table.power[k][1];
  }
}

// y = A' t
template <int Tile, int Out>
CONVSTEP_INLINE void from_points(const V (&t)[Tile], V (&y)[Out]) {
  constexpr const Table<Tile>& table = Tables<Tile>::value;
  constexpr int P = Table<Tile>::kPairs;
  V sum[P];
  V difference[P];
  CONVSTEP_UNROLL for (int k = 0; k < P; ++k) {
    sum[k] = t[1 + 2 * k] + t[2 + 2 * k];
    difference[k] = t[1 + 2 * k] - t[2 + 2 * k];
  }
  CONVSTEP_UNROLL for (int j = 0; j < Out; ++j) {
    V value = j % 2 == 0 ? sum[0] : difference[0];  // the first pair is +1 and -1
    CONVSTEP_UNROLL for (int k = 1; k < P; ++k) {
      value += (j % 2 == 0 ? sum[k] : difference[k]) * table.power[k][j];
    }
    if (j == 0) value += t[0];
    if (j == Out - 1) value += t[Tile - 1];
    y[j] = value;
  }
}

// t = A y, or t = G y with Scaled.
template <int Tile, int N, bool Scaled>
CONVSTEP_INLINE void evaluate(const V (&y)[N], V (&t)[Tile]) {
  constexpr const Table<Tile>& table = Tables<Tile>::value;
  constexpr int P = Table<Tile>::kPairs;
  t[0] = Scaled ? y[0] * table.zero_scale : y[0];
  t[Tile - 1] = y[N - 1];
  CONVSTEP_UNROLL for (int k = 0; k < P; ++k) {
    V even = y[0];
    V odd = y[1] * table.power[k][1];
    CONVSTEP_UNROLL for (int j = 2; j < N; ++j) {
      if (j % 2 == 0) {
        even += y[j] * table.power[k][j];
      } else {
        odd += y[j] * table.power[k][j];
      }
    }
    t[1 + 2 * k] = Scaled ? (even + odd) * table.scale[k] : even + odd;
    t[2 + 2 * k] = Scaled ? (even - odd) * table.scale[k] : even - odd;
  }
}

// w = G' t
template <int Tile, int Taps>
CONVSTEP_INLINE void from_gradient(const V (&t)[Tile], V (&w)[Taps]) {
  constexpr const Table<Tile>& table = Tables<Tile>::value;
  V scaled[Tile];
  scaled[0] = t[0] * table.zero_scale;
  scaled[Tile - 1] = t[Tile - 1];
  CONVSTEP_UNROLL for (int i = 1; i < Tile - 1; ++i) scaled[i] = t[i] * table.scale[(i - 1) / 2];
  from_points<Tile, Taps>(scaled, w);
}

// The plane's cells of one vector of tiles, gathered into cells[(i + n * j) * lanes + lane].
template <typename Store>
CONVSTEP_INLINE void gather(const Store* plane, const TileBlock& block, const TileVector& vector,
                            int n, Real* cells) {
  for (int e = 0; e < n * n * kLanes; e += kLanes) store(cells + e, V{});
  for (int r = 0; r < vector.runs; ++r) {
    const TileRun& run = block.runs[vector.first + r];
    for (int j = run.j0; j < run.j1; ++j) {
      for (int i = run.i0; i < run.i1; ++i) {
        const Store* from = plane + (run.offset + i * block.row + j * block.column);
        Real* to = cells + (i + n * j) * kLanes + run.lane;
        if (run.count == kLanes) {
          store(to, load_from(from));
        } else {
          for (int e = 0; e < run.count; ++e) to[e] = static_cast<Real>(from[e]);
        }
      }
    }
  }
}

template <typename Store>
CONVSTEP_INLINE void scatter(const Real* cells, int n, Store* plane, const TileBlock& block,
                             const TileVector& vector) {
  for (int r = 0; r < vector.runs; ++r) {
    const TileRun& run = block.runs[vector.first + r];
    for (int j = run.j0; j < run.j1; ++j) {
      for (int i = run.i0; i < run.i1; ++i) {
        const Real* from = cells + (i + n * j) * kLanes + run.lane;
        Store* to = plane + (run.offset + i * block.row + j * block.column);
        if (run.count == kLanes) {
          store_to(to, load(from));
        } else {
          for (int e = 0; e < run.count; ++e) to[e] = static_cast<Store>(from[e]);
        }
      }
    }
  }
}

// The second half of a transform of the input: of the rows of `half`, to V.
template <int Tile>
CONVSTEP_INLINE void rows_to_points(const V (&half)[Tile][Tile], Real* to, Index step) {
  CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) {
    V t[Tile];
    to_points<Tile>(half[i], t);
    CONVSTEP_UNROLL for (int j = 0; j < Tile; ++j) store(to + (i + j * Tile) * step, t[j]);
  }
}

template <int Tile, typename Store>
void input(const Store* plane, const TileBlock& block, Real* V_, Index step, Index ahead) {
  alignas(64) Real cells[Tile * Tile * kLanes];
  alignas(64) constexpr Store zeros[kLanes] = {};
  const Index row = block.row;
  const Index column = block.column;
  for (Index v = 0; v < block.count; ++v) {
    const TileVector& vector = block.vectors[v];
    const TileRun& run = block.runs[vector.first];
    Real* to = V_ + vector.to;
    alignas(64) V half[Tile][Tile];
    if (vector.direct) {
      const Store* from = plane + run.offset;
      const Store* next = plane + (run.offset + ahead);
      if (run.i0 == 0 && run.i1 == Tile && run.j0 == 0 && run.j1 == Tile) {
        CONVSTEP_UNROLL for (int j = 0; j < Tile; ++j) {
          V d[Tile];
          V t[Tile];
          CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) {
            __builtin_prefetch(next + i * row + j * column);
            d[i] = load_from(from + i * row + j * column);
          }
          to_points<Tile>(d, t);
          CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) half[i][j] = t[i];
        }
        rows_to_points<Tile>(half, to, step);
        continue;
      }
      for (int j = 0; j < Tile; ++j) {
        V d[Tile];
        V t[Tile];
        const bool inside = j >= run.j0 && j < run.j1;
        CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) {
          const Index at = i * row + j * column;
          __builtin_prefetch(next + at);
          d[i] = load_from(inside && i >= run.i0 && i < run.i1 ? from + at : zeros);
        }
        to_points<Tile>(d, t);
        CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) half[i][j] = t[i];
      }
    } else {
      gather(plane, block, vector, Tile, cells);
      for (int j = 0; j < Tile; ++j) {
        V d[Tile];
        V t[Tile];
        CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) d[i] = load(cells + (i + j * Tile) * kLanes);
        to_points<Tile>(d, t);
        CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) half[i][j] = t[i];
      }
    }
    rows_to_points<Tile>(half, to, step);
  }
}

template <int Tile, int Out, typename Store>
void output(const Real* M_, Index step, double bias, Store* plane, const TileBlock& block,
            Real* bad, bool streamed, Index ahead) {
  alignas(64) Real cells[Out * Out * kLanes];
  const V add = broadcast(static_cast<Real>(bias));
  for (Index v = 0; v < block.count; ++v) {
    const TileVector& vector = block.vectors[v];
    alignas(64) V half[Out][Tile];
    for (int j = 0; j < Tile; ++j) {
      const Real* from = M_ + vector.to + j * Tile * step;
      V t[Tile];
      V y[Out];
      CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) t[i] = load(from + i * step);
      from_points<Tile, Out>(t, y);
      CONVSTEP_UNROLL for (int i = 0; i < Out; ++i) half[i][j] = y[i];
    }
    V flag = load(bad + v * kLanes);
    if (vector.direct) {
      const TileRun& run = block.runs[vector.first];
      Store* to = plane + run.offset;
      for (int i = 0; i < run.i1; ++i) {
        V y[Out];
        from_points<Tile, Out>(half[i], y);
        CONVSTEP_UNROLL for (int j = 0; j < Out; ++j) {
          flag += y[j] * Real(0);
          if (j >= run.j1) continue;
          Store* cell = to + i * block.row + j * block.column;
          if (streamed) {
            stream_to(cell, y[j] + add);
          } else {
            __builtin_prefetch(cell + ahead, 1);
            store_to(cell, y[j] + add);
          }
        }
      }
    } else {
      for (int i = 0; i < Out; ++i) {
        V y[Out];
        from_points<Tile, Out>(half[i], y);
        CONVSTEP_UNROLL for (int j = 0; j < Out; ++j) {
          flag += y[j] * Real(0);
          store(cells + (i + Out * j) * kLanes, y[j] + add);
        }
      }
      scatter(cells, Out, plane, block, vector);
    }
    store(bad + v * kLanes, flag);
  }
}

template <int Tile, int Out, typename Store>
void gradient(const Store* planes, Index plane, int count, const TileBlock& block, Real* D,
              Index step) {
  alignas(64) Real cells[kLanes][Out * Out * kLanes];    // one filter's tiles
  alignas(64) Real filters[kLanes][Out * Out * kLanes];  // one tile's filters
  for (int f = count; f < kLanes; ++f) {
    for (int e = 0; e < Out * Out * kLanes; e += kLanes) store(cells[f] + e, V{});
  }
  for (Index v = 0; v < block.count; ++v) {
    const TileVector& vector = block.vectors[v];
    const TileRun& next_run = block.runs[block.vectors[v + 1 < block.count ? v + 1 : v].first];
    const Store* ahead = planes + next_run.offset;
    const bool in_place = vector.direct && block.runs[vector.first].i1 == Out &&
                          block.runs[vector.first].j1 == Out && count == kLanes;
    if (!in_place) {
      for (int f = 0; f < count; ++f) gather(planes + f * plane, block, vector, Out, cells[f]);
    }
    const auto turn = [&](const auto* from, Index row, Index column, Index next)
        __attribute__((always_inline)) {
      for (int e = 0; e < Out * Out; ++e) {
        V rows[kLanes];
        CONVSTEP_UNROLL for (int f = 0; f < kLanes; ++f) {
          __builtin_prefetch(ahead + (e % Out) * block.row + (e / Out) * block.column + f * plane);
          rows[f] = load_from(from + (e % Out) * row + (e / Out) * column + f * next);
        }
        transpose_square(rows);
        CONVSTEP_UNROLL for (int t = 0; t < kLanes; ++t) store(filters[t] + e * kLanes, rows[t]);
      }
    };
    if (in_place) {
      turn(planes + block.runs[vector.first].offset, block.row, block.column, plane);
    } else {
      turn(static_cast<const Real*>(cells[0]), kLanes, Out * kLanes, Out * Out * kLanes);
    }
    for (int t = 0; t < kLanes; ++t) {
      alignas(64) V half[Tile][Out];
      for (int j = 0; j < Out; ++j) {
        V y[Out];
        V at[Tile];
        CONVSTEP_UNROLL for (int i = 0; i < Out; ++i) y[i] =
            load(filters[t] + (i + Out * j) * kLanes);
        evaluate<Tile, Out, false>(y, at);
        CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) half[i][j] = at[i];
      }
      for (int i = 0; i < Tile; ++i) {
        V at[Tile];
        evaluate<Tile, Out, false>(half[i], at);
        Real* to = D + (vector.to + t) * kLanes + i * step;
        CONVSTEP_UNROLL for (int j = 0; j < Tile; ++j) store(to + j * Tile * step, at[j]);
      }
    }
  }
}

template <int Tile, int Taps>
void filter_gradient(const Real* S, Index step, Index channels, int count, double* dW) {
  for (Index c = 0; c < channels; ++c) {
    alignas(64) V half[Taps][Tile];
    for (int j = 0; j < Tile; ++j) {
      V t[Tile];
      V w[Taps];
      CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) {
        t[i] = load(S + (i + Tile * j) * step + c * kLanes);
      }
      from_gradient<Tile, Taps>(t, w);
      CONVSTEP_UNROLL for (int i = 0; i < Taps; ++i) half[i][j] = w[i];
    }
    for (int i = 0; i < Taps; ++i) {
      V w[Taps];
      from_gradient<Tile, Taps>(half[i], w);
      double* to = dW + i + Taps * Taps * c;
      for (int j = 0; j < Taps; ++j) {
        for (int f = 0; f < count; ++f) to[Taps * j + Taps * Taps * channels * f] = w[j][f];
      }
    }
  }
}

// A panel of tiles by some filters fills the registers with sums. With 32 of them, 2 vectors by 8
// filters measured as fast as 3 by 8, and leave more room in the cache.
#if defined(CONVSTEP_REGISTERS_32)
constexpr int kVectors = 2;
constexpr int kFilters = 8;
constexpr int kChannels = 8;
#else
constexpr int kVectors = 3;
constexpr int kFilters = 4;
constexpr int kChannels = 4;
#endif
// Filters are transformed a vector at a time, or the first lanes of one.
constexpr int kFilterLanes = kFilters < kLanes ? kFilters : kLanes;
static_assert(kFilters % kFilterLanes == 0, "filters come in whole vectors");

CONVSTEP_INLINE void store_filters(Real* p, V v) {
  if constexpr (kFilterLanes == kLanes) {
    store(p, v);
  } else {
    CONVSTEP_UNROLL for (int f = 0; f < kFilterLanes; ++f) p[f] = v[f];
  }
}

template <int Tile, int Taps>
void filters(const FilterView& view, Index channels, int count, Real* U) {
  alignas(64) Real taps[Taps * Taps * kFilters + kLanes] = {};
  for (Index c = 0; c < channels; ++c) {
    for (int f = 0; f < count; ++f) {
      const double* from = view.data + c * view.channel + f * view.filter;
      for (int j = 0; j < Taps; ++j) {
        for (int i = 0; i < Taps; ++i) {
          taps[(i + Taps * j) * kFilters + f] =
              static_cast<Real>(from[i * view.row + j * view.column]);
        }
      }
    }
    for (int v = 0; v < kFilters; v += kFilterLanes) {
      alignas(64) V half[Tile][Taps];
      for (int j = 0; j < Taps; ++j) {
        V w[Taps];
        V t[Tile];
        CONVSTEP_UNROLL for (int i = 0; i < Taps; ++i) {
          w[i] = load(taps + (i + Taps * j) * kFilters + v);
        }
        evaluate<Tile, Taps, true>(w, t);
        CONVSTEP_UNROLL for (int i = 0; i < Tile; ++i) half[i][j] = t[i];
      }
      for (int i = 0; i < Tile; ++i) {
        V t[Tile];
        evaluate<Tile, Taps, true>(half[i], t);
        Real* to = U + (i * channels + c) * kFilters + v;
        CONVSTEP_UNROLL for (int j = 0; j < Tile; ++j) {
          store_filters(to + j * Tile * channels * kFilters, t[j]);
        }
      }
    }
  }
}

template <int Vectors>
void product(const Real* V_, const Real* U, Index channels, Real* M_) {
  V sum[kFilters][Vectors] = {};
  for (Index c = 0; c < channels; ++c) {
    V x[Vectors];
    CONVSTEP_UNROLL for (int v = 0; v < Vectors; ++v) x[v] = load(V_ + v * kLanes);
    CONVSTEP_UNROLL for (int f = 0; f < kFilters; ++f) {
      const V u = broadcast(U[f]);
      CONVSTEP_UNROLL for (int v = 0; v < Vectors; ++v) sum[f][v] += x[v] * u;
    }
    V_ += kVectors * kLanes;
    U += kFilters;
  }
  CONVSTEP_UNROLL for (int f = 0; f < kFilters; ++f) {
    CONVSTEP_UNROLL for (int v = 0; v < Vectors; ++v) {
      store(M_ + f * kVectors * kLanes + v * kLanes, sum[f][v]);
    }
  }
}

template <int Vectors>
void outer(const Real* V_, Index v_row, const Real* D, Index d_vector, Index tiles, Real* S,
           Index s_vector, bool add) {
  V sum[kChannels][Vectors] = {};
  for (Index t = 0; t < tiles; ++t) {
    V x[Vectors];
    CONVSTEP_UNROLL for (int v = 0; v < Vectors; ++v) x[v] = load(D + v * d_vector + t * kLanes);
    CONVSTEP_UNROLL for (int c = 0; c < kChannels; ++c) {
      const V a = broadcast(V_[c * v_row + t]);
      CONVSTEP_UNROLL for (int v = 0; v < Vectors; ++v) sum[c][v] += x[v] * a;
    }
  }
  CONVSTEP_UNROLL for (int c = 0; c < kChannels; ++c) {
    CONVSTEP_UNROLL for (int v = 0; v < Vectors; ++v) {
      Real* to = S + v * s_vector + c * kLanes;
      store(to, add ? load(to) + sum[c][v] : sum[c][v]);
    }
  }
}

void sum(const Real* D, Index tiles, Real* sums) {
  V even = {};
  V odd = {};
  for (Index t = 0; t + 1 < tiles; t += 2) {
    even += load(D + t * kLanes);
    odd += load(D + (t + 1) * kLanes);
  }
  if (tiles % 2 != 0) even += load(D + (tiles - 1) * kLanes);
  store(sums, load(sums) + (even + odd));
}

void fence() { stream_fence(); }

template <int Tile, int Out, typename Store>
constexpr WinogradPlanes<Real, Store> planes() {
  return {input<Tile, Store>, output<Tile, Out, Store>, gradient<Tile, Out, Store>};
}

template <int Out, int Taps>
constexpr WinogradVariant<Real> variant() {
  constexpr int Tile = Out + Taps - 1;
  return {Out,
          Taps,
          Tile,
          filters<Tile, Taps>,
          filter_gradient<Tile, Taps>,
          planes<Tile, Out, Real>(),
          planes<Tile, Out, double>()};
}

}  // namespace winograd

constexpr WinogradKernels<Real> winograd_kernels() {
  return {winograd::kVectors,
          winograd::kFilters,
          winograd::kChannels,
          {winograd::product<1>, winograd::product<2>, winograd::product<3>},
          {winograd::outer<1>, winograd::outer<2>, winograd::outer<3>},
          winograd::sum,
          winograd::fence,
          winograd::variant<4, 3>(),
          winograd::variant<6, 3>(),
          winograd::variant<2, 5>(),
          winograd::variant<4, 5>()};
}
