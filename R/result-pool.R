# Results that are the user's own, whatever pool of src/result_pool.h is in use. While a training
# lends its vectors from batch to batch, R may run other code in between: a finalizer, a timer, a
# handler of an interrupt. So every exported function takes its results from no pool.

fresh <- function(result) {
  former <- suspend_pool_cpp()
  on.exit(resume_pool_cpp(former))
  result # evaluated here, not before
}
