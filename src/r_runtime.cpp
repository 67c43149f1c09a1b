#include "r_glue.h"

#include <string>

#include "base/pages.h"
#include "base/threads.h"
#include "conv/conv.h"
#include "simd/simd.h"

using namespace convstep;

namespace {

// Rcpp's own check takes all that may happen in it for an interrupt, the error of a time limit too.
void check_interrupt() {
  Rcpp::unwindProtect([]() -> SEXP {
    R_CheckUserInterrupt();
    return R_NilValue;
  });
}

}  // namespace

// Called once when the package is loaded.
// [[Rcpp::export(rng = false)]]
void runtime_init_cpp() {
  set_interrupt_poll(check_interrupt);
  keep_freed_memory();
}

// Called before the library is unloaded: a thread must not outlive its code.
// [[Rcpp::export(rng = false)]]
void runtime_end_cpp() { end_threads(); }

// [[Rcpp::export(rng = false)]]
std::string engine_cpp() { return conv_engine_name(); }

// [[Rcpp::export(rng = false)]]
Rcpp::CharacterVector engines_cpp() {
  const std::vector<const char*> names = conv_engine_names();
  return Rcpp::CharacterVector(names.begin(), names.end());
}

// [[Rcpp::export(rng = false)]]
bool select_engine_cpp(std::string name) { return select_conv_engine(name.c_str()); }

// [[Rcpp::export(rng = false)]]
bool single_cpp() { return conv_precision() == Precision::single; }

// [[Rcpp::export(rng = false)]]
void select_single_cpp(bool single) {
  select_conv_precision(single ? Precision::single : Precision::full);
}

// [[Rcpp::export(rng = false)]]
std::string simd_cpp() { return simd_set().name; }

// [[Rcpp::export(rng = false)]]
bool select_simd_cpp(std::string name) { return select_simd(name.c_str()); }

// [[Rcpp::export(rng = false)]]
Rcpp::CharacterVector available_simd_cpp() {
  const SimdSet* sets[kMaxSimdSets];
  const int n = available_simd(sets);
  Rcpp::CharacterVector names(n);
  for (int i = 0; i < n; ++i) names[i] = sets[i]->name;
  return names;
}

// [[Rcpp::export(rng = false)]]
int threads_cpp() { return thread_count(); }

// Returns the former setting; 0 stands for the default.
// [[Rcpp::export(rng = false)]]
int set_threads_cpp(int n) { return set_thread_count(n); }
