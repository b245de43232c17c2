/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K4_stacks.c -- deeper and shallower stacks, checkpoints inside recursion, alloca
 */

#include "support/backstep_test.h"

#include <stdio.h>
#include <string.h>

enum { Depth = 60, Passes = 8, Jumps = 400 };

static unsigned jumps, inward, outward;
static uint64_t seed = 4, last;

/* Each level fills as much as it has taken, and finds it whole on its way out. */
static __attribute__((noinline)) unsigned descend(unsigned depth, unsigned pass) {
  const size_t size = 16 + (depth * 97 + pass * 31) % 3000;
  unsigned char *taken = __builtin_alloca(size);
  unsigned result, i;
  memset(taken, (int)(depth + pass), size);
  MutatorTick(BACKSTEP);
  if (depth % 23 == 7)
    CHECK(MutatorBackstepCheckpoint(BACKSTEP) == MutatorResOK, "checkpoint at depth %u", depth);
  result = depth == 0 ? 1 : descend(depth - 1, pass);
  MutatorTick(BACKSTEP);
  for (i = 0; i < size; i++)
    CHECK(taken[i] == (unsigned char)(depth + pass), "depth %u, byte %u", depth, i);
  return result + depth;
}

static void mutator(void) {
  volatile unsigned pass;
  unsigned *results = (unsigned *)(void *)backstepTest.base;
  if (!MutatorBackstepReplaying(BACKSTEP))
    (void)MutatorBackstepTo(BACKSTEP, 2 * Passes * Depth);
  for (pass = 0; pass < Passes; pass++)
    results[pass] = descend(Depth, pass);
  CHECK(jumps == Jumps, "%u jumps", jumps);
}

static const char *hot;

static void callback(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure) {
  const char *now = MutatorContextStackHot(stop->context);
  (void)backstep;
  (void)closure;
  inward += hot != NULL && now < hot;
  outward += hot != NULL && now > hot;
  hot = now;
  CHECK(last == 0 || stop->now == last, "tick %u", (unsigned)stop->now);
  if (jumps == Jumps)
    return;
  jumps++;
  stop->go = MutatorBackstepGoTO;
  stop->tick = last = 1 + faultTestRandom(&seed) % (2 * Passes * Depth);
}

int main(void) {
  unsigned pass;
  backstepTestMake(2);
  backstepTest.options.density = 50;
  backstepTest.options.callback = callback;
  backstepTestRun(mutator);
  printf("%u jumps to a deeper stack, %u to a less deep one\n", inward, outward);
  CHECK(inward > Jumps / 4 && outward > Jumps / 4, "%u, %u", inward, outward);
  for (pass = 0; pass < Passes; pass++)
    CHECK(((unsigned *)(void *)backstepTest.base)[pass] == 1 + Depth * (Depth + 1) / 2, "pass %u", pass);
  return 0;
}
