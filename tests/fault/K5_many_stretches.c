/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K5_many_stretches.c -- every second page of 300 MiB is written, which would be more stretches of
 * protection than Linux lets a process have (vm.max_map_count)
 *
 * Once with the library's own limit, once with none, so that the system's is met.
 */

#include "support/backstep_test.h"

#include <stdio.h>

enum { MiB = 1024 * 1024, Size = 300 * MiB };

static size_t page;
static unsigned visits;

/* A page's first word says how often it was written; its second stays. */
static void mutator(void) {
  size_t at;
  for (at = 0; at < backstepTest.size; at += 2 * page) {
    *(volatile unsigned *)(void *)(backstepTest.base + at) += 1;
    CHECK(*(volatile unsigned *)(void *)(backstepTest.base + at) == 1, "page %zu", at / page);
  }
  BACKSTEP_EXPECT(lost, == 0);
  if (++visits < 2)
    (void)MutatorBackstepTo(BACKSTEP, 0);
}

static void run(size_t runs) {

  size_t at;
  visits = 0;
  backstepTestMake(Size / page);
  backstepTest.options.budget = (size_t)400 * MiB;
  backstepTest.options.runs = runs;
  backstepTestRun(mutator);
  CHECK(visits == 2, "%u visits", visits);
  for (at = 0; at < backstepTest.size; at += page)
    CHECK(*(unsigned *)(void *)(backstepTest.base + at) == (at / page % 2 == 0), "page %zu", at / page);

  nativeUnmap(backstepTest.base, backstepTest.size);
}

int main(void) {
  page = nativePageSize();
  run(8192);
  run((size_t)1 << 30);
  return 0;
}
