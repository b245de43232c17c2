/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K8_unmapped.c -- a part of a region is unmapped behind the library's back: the past is given up, and the program goes on
 */

#include "support/backstep_test.h"

enum { Pages = 8, Ticks = 6, Hole = 3 };

static void writeAll(MutatorBool hole) {
  unsigned i;
  for (i = 0; i < Pages; i++)
    if (!hole || i != Hole)
      *(volatile unsigned *)(void *)(backstepTest.base + i * nativePageSize()) += 1;
}

static void mutator(void) {
  const size_t page = nativePageSize();
  volatile unsigned i;
  for (i = 0; i < Ticks; i++) {
    MutatorTick(BACKSTEP);
    writeAll(0);
  }
  BACKSTEP_EXPECT(lost, == 0);
  BACKSTEP_EXPECT(checkpoints, > 1);
  nativeUnmap(backstepTest.base + Hole * page, page);
  for (i = 0; i < Ticks; i++) {
    MutatorTick(BACKSTEP);
    writeAll(1);
  }
  BACKSTEP_EXPECT(lost, > 0);
  BACKSTEP_EXPECT(oldest, == MutatorBackstepNEVER);
  CHECK(MutatorBackstepTo(BACKSTEP, 1) == MutatorResLIMIT, "nothing to go back to");
  CHECK(*(unsigned *)(void *)backstepTest.base == 2 * Ticks, "written %u times",
        *(unsigned *)(void *)backstepTest.base);
}

int main(void) {
  backstepTestMake(Pages);
  backstepTest.options.density = 1;
  backstepTestRun(mutator);
  writeAll(1); /* open again, as far as it is there */
  return 0;
}
