#include "result_pool.h"

#include "base/pages.h"

namespace convstep {

namespace {

constexpr int kSlots = 256;  // beyond them vectors are fresh

SEXP fresh_vector(SEXPTYPE type, R_xlen_t length) {
  SEXP vector = Rf_allocVector(type, length);
  if (type == REALSXP) {
    prefer_large_pages(REAL(vector), static_cast<Index>(length * sizeof(double)));
  }
  return vector;
}

class ResultPool {
 public:
  explicit ResultPool(R_xlen_t smallest) : smallest_(smallest) {}

  // `pool` is the external pointer to this, which keeps the vectors alive. No C++ exceptions: R's
  // own errors pass through here.
  SEXP take(SEXP pool, SEXPTYPE type, R_xlen_t length) {
    if (length < smallest_) return fresh_vector(type, length);
    for (int i = 0; i < used_; ++i) {
      Slot& slot = slots_[i];
      if (!slot.taken && TYPEOF(slot.vector) == static_cast<int>(type) &&
          Rf_xlength(slot.vector) == length) {
        slot.taken = true;
        for (SEXP name : {R_DimSymbol, R_DimNamesSymbol, R_NamesSymbol, R_ClassSymbol}) {
          Rf_setAttrib(slot.vector, name, R_NilValue);
        }
        return slot.vector;
      }
    }
    SEXP vector = PROTECT(fresh_vector(type, length));
    if (used_ < kSlots) {
      R_SetExternalPtrProtected(pool, Rf_cons(vector, R_ExternalPtrProtected(pool)));
      slots_[used_++] = {vector, true};
    }
    UNPROTECT(1);
    return vector;
  }

  void give_back() {
    for (int i = 0; i < used_; ++i) slots_[i].taken = false;
  }

  void give_back(SEXP vector) {
    for (int i = 0; i < used_; ++i) {
      if (slots_[i].vector == vector) slots_[i].taken = false;
    }
  }

  int size() const { return used_; }

 private:
  struct Slot {
    SEXP vector;
    bool taken;
  };
  R_xlen_t smallest_;
  Slot slots_[kSlots];
  int used_ = 0;
};

// The external pointer to the pool in use, or null. The R function that put it to use has it in a
// variable, which keeps it from the garbage collector.
SEXP pool_in_use = nullptr;

ResultPool* pool_of(SEXP pool) { return static_cast<ResultPool*>(R_ExternalPtrAddr(pool)); }

void finalize(SEXP pool) {
  delete pool_of(pool);
  R_ClearExternalPtr(pool);
}

}  // namespace

SEXP result_vector(SEXPTYPE type, R_xlen_t length) {
  if (pool_in_use == nullptr) return fresh_vector(type, length);
  return pool_of(pool_in_use)->take(pool_in_use, type, length);
}

}  // namespace convstep

using namespace convstep;

// Results shorter than `smallest` are fresh: they are not worth the search.
// [[Rcpp::export(rng = false)]]
SEXP result_pool_cpp(int smallest = 1024) {
  Rcpp::Shield<SEXP> pool(R_MakeExternalPtr(new ResultPool(smallest), R_NilValue, R_NilValue));
  R_RegisterCFinalizerEx(pool, finalize, TRUE);
  return pool;
}

// Puts a pool to use, with all its vectors given back; NULL: none. The caller holds on to the pool
// until it has put another one, or none, to use, and sees to that on every way out (on.exit()).
// [[Rcpp::export(rng = false)]]
void use_pool_cpp(SEXP pool) {
  pool_in_use = nullptr;
  if (Rf_isNull(pool)) return;
  pool_in_use = pool;
  pool_of(pool)->give_back();
}

// Gives back to the pool in use, if there is one, the elements of a list that stand at `places`
// (from 1), for results to come; but none that stands in the list elsewhere, too. Who calls does
// not look at them again.
// [[Rcpp::export(rng = false)]]
void give_back_cpp(Rcpp::List values, Rcpp::IntegerVector places) {
  if (pool_in_use == nullptr) return;
  for (int place : places) {
    const SEXP value = values[place - 1];
    int stands = 0;
    for (R_xlen_t i = 0; i < values.size(); ++i) stands += values[i] == value;
    if (stands == 1) pool_of(pool_in_use)->give_back(value);
  }
}

// Puts no pool to use, and returns the one that was, for resume_pool_cpp(); see fresh() in R.
// [[Rcpp::export(rng = false)]]
SEXP suspend_pool_cpp() {
  SEXP former = pool_in_use == nullptr ? R_NilValue : pool_in_use;
  pool_in_use = nullptr;
  return former;
}

// Puts the pool to use again that suspend_pool_cpp() returned, with none of its vectors given back.
// [[Rcpp::export(rng = false)]]
void resume_pool_cpp(SEXP pool) { pool_in_use = Rf_isNull(pool) ? nullptr : pool; }

// The number of vectors that a pool has.
// [[Rcpp::export(rng = false)]]
int pool_size_cpp(SEXP pool) { return pool_of(pool)->size(); }
