/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K9_barriers.c -- a collector's read barrier on the same pages: both see what is theirs, and both are rewound
 *
 * The collector closes every page at each of its cycles, and is told of the first access to
 * each; its count of them is in the region, so that going back must give the same again.
 */

#include "support/backstep_test.h"

#include <stdio.h>

enum { Pages = 16, Cycles = 40, PerCycle = 25 };

static MutatorFaultRangeStruct range;
static size_t page;
static unsigned barriers, backs;
static uint64_t seed = 31, expectedEnd;

/* The first page is the collector's own, and has no barrier. */
static volatile uint64_t *counter(void) { return (volatile uint64_t *)(void *)backstepTest.base; }

static MutatorFaultResult onBarrier(MutatorFaultRange in, MutatorContext context, void *address, MutatorAccess access,
                                    void *closure) {
  unsigned char *base = (unsigned char *)((MutatorWord)address & ~(MutatorWord)(page - 1));
  (void)in, (void)context, (void)access, (void)closure;
  barriers++;
  if (MutatorBackstepProtect(BACKSTEP, base, base + page, MutatorAccessREAD | MutatorAccessWRITE) != MutatorResOK)
    return MutatorFaultDECLINED;
  *counter() += 1 + (uint64_t)(base - backstepTest.base) / page;
  return MutatorFaultHANDLED;
}

static void cycle(void) {
  MutatorRes res = MutatorBackstepProtect(BACKSTEP, backstepTest.base + page, backstepTest.base + Pages * page, 0);
  CHECK(res == MutatorResOK, "close: %s", MutatorResName(res));
}

static uint64_t work(uint64_t state) {
  volatile uint64_t *word = (volatile uint64_t *)(void *)(backstepTest.base + page * (1 + state % (Pages - 1)));
  if (state / 16 % 3 == 0)
    *word += state;
  return *word;
}

static void mutator(void) {
  volatile uint64_t state = 1;
  volatile unsigned i;
  unsigned start;
  for (i = 0; i < Cycles * PerCycle; i++) {
    if (i % PerCycle == 0)
      cycle();
    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    state += work(state >> 30);
    MutatorTick(BACKSTEP);
  }
  state ^= *counter();
  if (expectedEnd == 0)
    expectedEnd = state;
  CHECK(state == expectedEnd, "after going back %u times", backs);
  start = barriers;
  if (++backs < 60)
    (void)MutatorBackstepTo(BACKSTEP, faultTestRandom(&seed) % (Cycles * PerCycle));
  CHECK(barriers == start, "barriers");
}

int main(void) {
  page = nativePageSize();
  backstepTestMake(Pages);
  backstepTest.options.density = 33;
  CHECK(MutatorFaultRangeAdd(&range, backstepTest.base + page, backstepTest.base + Pages * page, onBarrier, NULL,
                             NULL) == MutatorResOK,
        "range");
  backstepTestRun(mutator);
  printf("%u barriers\n", barriers);
  CHECK(backs == 60 && barriers > 60 * Cycles, "%u times back, %u barriers", backs, barriers);
  return 0;
}
