/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K8_retention.c -- recent checkpoints are dense, old ones sparse, and none is too far from a tick
 */

#include "backstep/backstep.h"
#include "support/backstep_test.h"

#include <stdio.h>

enum { Keep = 8, Checkpoints = 3000 };

static uint64_t restoredBefore(uint64_t tick) {
  Backstep b = BACKSTEP->state;
  return b->checkpoint[mutatorBackstepCheckpointBefore(b, tick)].tick;
}

static void mutator(void) {
  const uint64_t density = backstepTest.options.density;
  const Backstep b = BACKSTEP->state;
  uint64_t tick, now, farthest = 0;
  size_t i;
  for (now = 1; now <= Checkpoints * density; now++) {
    *(volatile uint64_t *)(void *)(backstepTest.base + now % backstepTest.size / 8 * 8) += 1;
    MutatorTick(BACKSTEP);
  }
  now--;
  for (tick = 0; tick <= now; tick += 7) {
    const uint64_t distance = tick - restoredBefore(tick), age = now - restoredBefore(tick);
    const uint64_t most = 2 * age / Keep > density ? 2 * age / Keep : density;
    CHECK(distance <= most, "tick %u of %u: %u from its checkpoint", (unsigned)tick, (unsigned)now, (unsigned)distance);
    farthest = distance > farthest ? distance : farthest;
  }
  BACKSTEP_EXPECT(oldest, == 0);
  BACKSTEP_EXPECT(taken, == Checkpoints + 1);
  /* keep + keep / 2 * log2(3000 / 8), and the first. */
  BACKSTEP_EXPECT(checkpoints, <= Keep + Keep / 2 * 9 + 2);
  BACKSTEP_EXPECT(checkpoints, >= Keep + Keep / 2 * 7);
  for (i = 1; i < b->checkpoints; i++)
    CHECK(b->checkpoint[i].tick > b->checkpoint[i - 1].tick, "checkpoint %zu", i);
  printf("%u checkpoints for %u, farthest %u\n", (unsigned)b->checkpoints, Checkpoints, (unsigned)farthest);
}

int main(void) {
  backstepTestMake(8);
  backstepTest.options.density = 10;
  backstepTest.options.keep = Keep;
  backstepTestRun(mutator);
  return 0;
}
