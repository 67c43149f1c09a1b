// Bodies of the kernels on rows; see rows_kernels.h for their contract and simd_body.h for what
// they may use.

// visit(access, first position) for each vector of `length` cells.
template <typename Visit>
CONVSTEP_INLINE void for_each_vector(Index length, Visit visit) {
  Index i = 0;
  for (; i + kLanes <= length; i += kLanes) visit(Whole{}, i);
  if (i < length) visit(Part{length - i}, i);
}
#define CONVSTEP_VECTOR [&](auto at, Index i) __attribute__((always_inline))

void row_sum_kernel(const Rows& rows, const Real* x, Real* sums) {
  for_each_vector(
      rows.length, CONVSTEP_VECTOR { at(sums + i, V{}); });
  for (Index r = 0; r < rows.rows; ++r, x += rows.step) {
    for_each_vector(
        rows.length, CONVSTEP_VECTOR { at(sums + i, at(sums + i) + at(x + i)); });
  }
}

void row_sum_squares_kernel(const Rows& rows, const Real* center, const Real* x, Real* sums) {
  for_each_vector(
      rows.length, CONVSTEP_VECTOR { at(sums + i, V{}); });
  for (Index r = 0; r < rows.rows; ++r, x += rows.step) {
    for_each_vector(
        rows.length, CONVSTEP_VECTOR {
          const V d = at(x + i) - at(center + i);
          at(sums + i, at(sums + i) + d * d);
        });
  }
}

void row_sum_products_kernel(const Rows& rows, const Real* center, const Real* dy, const Real* x,
                             Real* sums, Real* products) {
  for_each_vector(
      rows.length, CONVSTEP_VECTOR {
        at(sums + i, V{});
        at(products + i, V{});
      });
  for (Index r = 0; r < rows.rows; ++r, x += rows.step, dy += rows.step) {
    for_each_vector(
        rows.length, CONVSTEP_VECTOR {
          const V slope = at(dy + i);
          at(sums + i, at(sums + i) + slope);
          at(products + i, at(products + i) + slope * (at(x + i) - at(center + i)));
        });
  }
}

void row_normalise_kernel(const Rows& rows, double gamma, double beta, const Real* center,
                          const Real* scale, const Real* x, Real* y) {
  for (Index r = 0; r < rows.rows; ++r, x += rows.step, y += rows.step) {
    for_each_vector(
        rows.length, CONVSTEP_VECTOR {
          at(y + i, (at(x + i) - at(center + i)) * (at(scale + i) * Real(gamma)) + Real(beta));
        });
  }
}

void row_normalise_backward_kernel(const Rows& rows, double gamma, const Real* center,
                                   const Real* scale, const Real* mean, const Real* slope,
                                   const Real* dy, const Real* x, Real* dx) {
  for (Index r = 0; r < rows.rows; ++r, x += rows.step, dy += rows.step, dx += rows.step) {
    for_each_vector(
        rows.length, CONVSTEP_VECTOR {
          const V direct = at(dy + i) * (at(scale + i) * Real(gamma));
          at(dx + i, direct - at(mean + i) - (at(x + i) - at(center + i)) * at(slope + i));
        });
  }
}

void scale_kernel(Index n, double factor, bool add, const Real* x, Real* y) {
  for_each_vector(
      n, CONVSTEP_VECTOR {
        const V share = at(x + i) * Real(factor);
        at(y + i, add ? at(y + i) + share : share);
      });
}

#undef CONVSTEP_VECTOR

constexpr RowKernels<Real> row_kernels() {
  return {row_sum_kernel,       row_sum_squares_kernel,        row_sum_products_kernel,
          row_normalise_kernel, row_normalise_backward_kernel, scale_kernel};
}
