/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K3_forward_again.c -- what comes from outside is the same again, and output is made once
 *
 * Every so often the mutator goes back to a tick of its choice.  Its numbers come from
 * outside: the first time each is another one.
 */

#include "support/backstep_test.h"

#include <stdio.h>
#include <string.h>

enum { Steps = 4000, Every = 90 };

static uint64_t outside = 77, chosen = 5;
static uint64_t given[Steps];   /* by the source, once each */
static uint64_t printed[Steps]; /* by the mutator */
static unsigned givens, prints, backs, replayed;

static uint64_t source(void) {
  CHECK(givens < Steps, "more numbers than steps");
  return given[givens++] = faultTestRandom(&outside);
}

static void step(unsigned i) {
  uint64_t *sum = (uint64_t *)(void *)backstepTest.base;
  uint64_t number = 0, before = number;
  if (givens == i)
    before = number = source();
  CHECK(MutatorBackstepValue(BACKSTEP, &number, sizeof number) == MutatorResOK, "value %u", i);
  CHECK(number == given[i], "step %u: %llx, not %llx", i, (unsigned long long)number, (unsigned long long)given[i]);
  replayed += before == 0;
  sum[i % 512] += number;
  MutatorTick(BACKSTEP);
  if (!MutatorBackstepReplaying(BACKSTEP))
    printed[prints++] = sum[i % 512];
}

static void mutator(void) {
  volatile unsigned i;
  for (i = 0; i < Steps; i++) {
    step(i);
    if (i % Every == Every - 1 && !MutatorBackstepReplaying(BACKSTEP)) {
      backs++;
      (void)MutatorBackstepTo(BACKSTEP, faultTestRandom(&chosen) % MutatorBackstepNow(BACKSTEP));
      CHECK(0, "it came back");
    }
  }
}

int main(void) {
  uint64_t sum[512] = {0};
  unsigned i;
  backstepTestMake(4);
  backstepTest.options.density = 64;
  backstepTest.options.keep = 8;
  backstepTestRun(mutator);
  printf("%u times back, %u values replayed\n", backs, replayed);
  CHECK(backs == Steps / Every && replayed > Steps, "%u times back, %u replayed", backs, replayed);
  CHECK(givens == Steps && prints == Steps, "%u numbers, %u lines", givens, prints);
  for (i = 0; i < Steps; i++) {
    sum[i % 512] += given[i];
    CHECK(printed[i] == sum[i % 512], "line %u", i);
  }
  CHECK(memcmp(sum, backstepTest.base, sizeof sum) == 0, "the end");
  return 0;
}
