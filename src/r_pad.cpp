#include "layers/pad.h"
#include "r_glue.h"

using namespace convstep;

// `pad` is (vertical, horizontal).
// [[Rcpp::export(rng = false)]]
SEXP pad3d_cpp(SEXP input, Rcpp::IntegerVector pad) {
  const Index width[] = {pad[0], pad[1]};
  const PadGeometry g = or_r_error([&] { return pad_geometry(Dim4(input).extent, width); });
  Rcpp::Shield<SEXP> output(uninitialised_array({g.m, g.out_h(), g.out_w(), g.C}, TYPEOF(input)));
  by_scalar(input, [&](auto real) {
    using Real = decltype(real);
    pad_forward(g, cells<Real>(input), result_cells<Real>(output));
  });
  return output;
}
