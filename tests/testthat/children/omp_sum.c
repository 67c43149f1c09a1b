/* Another library's OpenMP: 0 + 1 + ... + 999999 on two threads. */
void omp_sum(double *sum) {
  double total = 0;
#pragma omp parallel for num_threads(2) reduction(+ : total)
  for (int i = 0; i < 1000000; ++i) total += i;
  *sum = total;
}
