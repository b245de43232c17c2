/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K2_once_an_interval.c -- a unit is saved at its first write in an interval, and not again
 */

#include "support/backstep_test.h"

#include <string.h>

enum { Pages = 40, PerUnit = 2, Units = Pages / PerUnit, Rounds = 5 };

static size_t unit;

static void writeAll(unsigned times) {
  size_t i;
  for (; times > 0; times--)
    for (i = 0; i < backstepTest.size; i += unit / 4)
      *(volatile unsigned char *)(backstepTest.base + i) += 1;
}

static void mutator(void) {
  uint64_t saved = 0;
  unsigned round;
  for (round = 0; round < Rounds; round++) {
    BACKSTEP_EXPECT(units, == saved);
    writeAll(3);
    BACKSTEP_EXPECT(units, == saved + Units);
    BACKSTEP_EXPECT(faults, == saved + Units);
    saved += Units;
    CHECK(MutatorBackstepCheckpoint(BACKSTEP) == MutatorResOK, "checkpoint");
  }
  /* A checkpoint later only what is written is saved. */
  *(volatile unsigned char *)(backstepTest.base + unit) = 1;
  CHECK(MutatorBackstepTouch(BACKSTEP, backstepTest.base + unit, backstepTest.base + 3 * unit) == MutatorResOK,
        "touch");
  *(volatile unsigned char *)(backstepTest.base + 2 * unit) = 1;
  BACKSTEP_EXPECT(units, == saved + 2);
  BACKSTEP_EXPECT(used, == backstepTestStats().checkpoints * unit + (saved + 2) * unit);
}

int main(void) {
  backstepTestMake(Pages);
  unit = PerUnit * nativePageSize();
  backstepTest.options.unit = unit;
  backstepTest.options.density = MutatorBackstepNEVER;
  backstepTestRun(mutator);
  return 0;
}
