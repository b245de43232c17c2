/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K8_log_full.c -- a log without room drops the oldest checkpoints; without room for one interval, all
 */

#include "support/backstep_test.h"

#include <stdio.h>

enum { Pages = 64, Budget = 100, Written = 10 };

static size_t page;
static unsigned backs;

static void writePages(unsigned count) {
  unsigned i;
  for (i = 0; i < count; i++)
    *(volatile unsigned *)(void *)(backstepTest.base + i * page) += 1;
}

/* Every tick has a checkpoint, of some pages of stack and those that are written after it: there are exactly
 * as many as the log has room for, the latest. */
static void exactly(void) {
  const MutatorBackstepStatsStruct stats = backstepTestStats();
  const size_t slots = (size_t)stats.used / page, each = slots / (size_t)stats.checkpoints;
  CHECK(slots % stats.checkpoints == 0 && each > Written, "%u slots of %u checkpoints", (unsigned)slots,
        (unsigned)stats.checkpoints);
  CHECK(stats.checkpoints == Budget / each, "%u checkpoints of %u slots each", (unsigned)stats.checkpoints,
        (unsigned)each);
  CHECK(stats.dropped == stats.taken - stats.checkpoints, "%u dropped of %u", (unsigned)stats.dropped,
        (unsigned)stats.taken);
  CHECK(stats.oldest == MutatorBackstepNow(BACKSTEP) - (stats.checkpoints - 1), "the oldest is %u",
        (unsigned)stats.oldest);
}

static void few(void) {
  volatile unsigned i;
  for (i = 0; i < 50; i++) {
    MutatorTick(BACKSTEP);
    writePages(Written);
    if (backs == 0 && i >= 20)
      exactly();
  }
  BACKSTEP_EXPECT(dropped, > 0);
  BACKSTEP_EXPECT(lost, == 0);
  BACKSTEP_EXPECT(used, <= Budget * page);
  CHECK(*(unsigned *)(void *)backstepTest.base == 50, "written %u", *(unsigned *)(void *)backstepTest.base);
  CHECK(MutatorBackstepTo(BACKSTEP, backstepTestStats().oldest - 1) == MutatorResLIMIT, "before the oldest");
  CHECK(MutatorBackstepTo(BACKSTEP, 0) == MutatorResLIMIT, "the first");
  if (++backs < 4)
    (void)MutatorBackstepTo(BACKSTEP, backstepTestStats().oldest);
}

static void many(void) {
  volatile unsigned i;
  MutatorTick(BACKSTEP);
  writePages(Pages);
  BACKSTEP_EXPECT(lost, > 0);
  BACKSTEP_EXPECT(oldest, == MutatorBackstepNEVER);
  CHECK(MutatorBackstepTo(BACKSTEP, 1) == MutatorResLIMIT, "nothing to go back to");
  for (i = 0; i < 20; i++) {
    MutatorTick(BACKSTEP);
    writePages(2);
  }
  CHECK(*(unsigned *)(void *)backstepTest.base == 21, "written %u", *(unsigned *)(void *)backstepTest.base);
  BACKSTEP_EXPECT(checkpoints, > 1);
  if (++backs < 4)
    (void)MutatorBackstepTo(BACKSTEP, backstepTestStats().oldest + 1);
}

/* The stack alone is more than the log: nothing begins. */
static void tooSmall(void) {
  volatile char deep[64 * 1024];
  MutatorBackstepOptionsStruct options = backstepTest.options;
  deep[0] = 1;
  options.stackCold = __builtin_frame_address(0);
  options.budget = 4 * page;
  CHECK(MutatorBackstepInit(BACKSTEP, &options) == MutatorResOK, "init");
  CHECK(MutatorBackstepRegionAdd(BACKSTEP, &backstepTest.region, backstepTest.base,
                                 backstepTest.base + backstepTest.size) == MutatorResOK,
        "region");
  CHECK(MutatorBackstepStart(BACKSTEP) == MutatorResLIMIT, "start");
  writePages(Pages);
  MutatorTick(BACKSTEP);
  CHECK(MutatorBackstepFinish(BACKSTEP) == MutatorResOK && deep[0] == 1, "finish");
}

int main(void) {
  page = nativePageSize();
  backstepTestMake(Pages);
  backstepTest.options.density = 1;
  backstepTest.options.keep = 1024;
  backstepTest.options.budget = Budget * page;
  backstepTestRun(few);
  CHECK(backs == 4, "%u times back", backs);
  backs = 0;
  backstepTestMake(Pages);
  backstepTest.options.density = 1;
  backstepTest.options.budget = 16 * page;
  backstepTestRun(many);
  CHECK(backs == 4, "%u times back", backs);
  tooSmall();
  return 0;
}
