/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench/measure.h -- medians and percentiles of what was measured
 */

#ifndef mutator_bench_measure_h
#define mutator_bench_measure_h

#include <stdlib.h>

static inline int measureCompare(const void *one, const void *other) {
  const double a = *(const double *)one, b = *(const double *)other;
  return (a > b) - (a < b);
}

/* measureSort -- from the least to the most */
static inline void measureSort(double *values, unsigned count) { qsort(values, count, sizeof *values, measureCompare); }

/* measurePercentile -- of some values, which it sorts; 0 is the least, 50 the median */
static inline double measurePercentile(double *values, unsigned count, unsigned hundredths) {
  measureSort(values, count);
  return values[(count - 1) * hundredths / 100];
}

#endif
