/* SPDX-License-Identifier: BSD-2-Clause
 *
 * stretches.h -- a mutator that writes every second page of 300 MiB, and is taken back
 */

#ifndef mutator_tests_fault_stretches_h
#define mutator_tests_fault_stretches_h

#include "support/backstep_test.h"

enum { MiB = 1024 * 1024, Size = 300 * MiB };

static size_t stretchesPage;
static unsigned stretchesVisits;
static uint64_t stretchesCoarsened;

/* A page's first word says how often it was written; the pages between stay. */
static void stretchesWrite(void) {
  size_t at;
  for (at = 0; at < backstepTest.size; at += 2 * stretchesPage) {
    *(volatile unsigned *)(void *)(backstepTest.base + at) += 1;
    CHECK(*(volatile unsigned *)(void *)(backstepTest.base + at) == 1, "page %zu", at / stretchesPage);
  }
  BACKSTEP_EXPECT(lost, == 0);
  stretchesCoarsened = backstepTestStats().coarsened;
  if (++stretchesVisits < 2)
    (void)MutatorBackstepTo(BACKSTEP, 0);
}

/* With so many runs of open units at most. */
static inline void stretchesRun(size_t runs) {
  size_t at;
  stretchesVisits = 0;
  stretchesPage = nativePageSize();
  backstepTestMake(Size / stretchesPage);
  backstepTest.options.budget = (size_t)400 * MiB;
  backstepTest.options.runs = runs;
  backstepTestRun(stretchesWrite);
  CHECK(stretchesVisits == 2, "%u visits", stretchesVisits);
  for (at = 0; at < backstepTest.size; at += stretchesPage)
    CHECK(*(unsigned *)(void *)(backstepTest.base + at) == (at / stretchesPage % 2 == 0), "page %zu",
          at / stretchesPage);
  nativeUnmap(backstepTest.base, backstepTest.size);
}

#endif
