/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K1_round_trips.c -- at every tick that is gone back to, everything is as it was the first time
 *
 * The mutator writes at random, deeper and less deep in its stack.  Its first
 * run stops at every tick for a hash; then a thousand random jumps, backwards and forwards.
 * MUTATOR_SEED chooses others.
 */

#include "support/backstep_test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { Pages = 48, Ticks = 3000, Jumps = 1000 };

static uint64_t hashes[Ticks + 1];
static unsigned jumps, backwards;
static uint64_t seed = 20261127, latest;

/* What a compiler leaves unused in a frame is what lay there before: make that the same. */
static __attribute__((noinline, no_sanitize("address"))) void scrub(void) {
  volatile MutatorWord dead[256];
  size_t i;
  for (i = 0; i < sizeof dead / sizeof dead[0]; i++)
    dead[i] = 0;
}

/* In registers, on the stack, and in the region. */
static __attribute__((noinline)) uint64_t work(uint64_t state, unsigned depth) {
  unsigned char local[200];
  double factor = (double)(state % 1000);
  memset(local, (int)(state >> 8), sizeof local);
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
  memcpy(backstepTest.base + (state >> 33) % (backstepTest.size - sizeof local), local, 1 + state % sizeof local);
  MutatorTick(BACKSTEP);
  if (depth > 0 && (state >> 60) != 0) {
    scrub();
    state ^= work(state, depth - 1);
  }
  return state + local[state % sizeof local] + (uint64_t)(factor * 1.5);
}

static __attribute__((noinline)) void begin(void) {
  if (!MutatorBackstepReplaying(BACKSTEP))
    (void)MutatorBackstepTo(BACKSTEP, 1);
}

static __attribute__((noinline)) void loop(void) {
  uint64_t state = 1;
  while (MutatorBackstepNow(BACKSTEP) < Ticks + 100) {
    scrub();
    state = work(state, (unsigned)(state % 12));
  }
  CHECK(jumps == Jumps, "%u jumps", jumps);
}

static void mutator(void) {
  begin();
  scrub();
  loop();
}

static void record(MutatorBackstepStop stop) {
  CHECK(stop->now == latest + 1, "tick %u after %u", (unsigned)stop->now, (unsigned)latest);
  hashes[stop->now] = backstepTestHash(stop->context);
  latest = stop->now;
}

static void compare(MutatorBackstepStop stop) {
  const uint64_t hash = backstepTestHash(stop->context);
  CHECK(stop->now == latest, "at %u, not at %u", (unsigned)stop->now, (unsigned)latest);
  CHECK(hash == hashes[latest], "tick %u, jump %u", (unsigned)latest, jumps);
}

/* What it writes is undone. */
static void callback(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure) {
  (void)closure;
  CHECK(backstep == BACKSTEP && stop->reason == MutatorBackstepReasonTICK && stop->res == MutatorResOK, "the stop");
  CHECK(MutatorBackstepNow(BACKSTEP) == stop->now, "now");
  if (latest < Ticks && jumps == 0)
    record(stop);
  else
    compare(stop);
  memset(backstepTest.base + faultTestRandom(&seed) % (backstepTest.size - 100), 0x5a, 100);
  if (latest < Ticks && jumps == 0) {
    stop->tick = latest + 1;
  } else if (jumps < Jumps) {
    stop->tick = 1 + faultTestRandom(&seed) % Ticks;
    backwards += stop->tick < latest;
    latest = stop->tick;
    ++jumps;
  } else {
    return;
  }
  stop->go = MutatorBackstepGoTO;
}

int main(void) {
  const char *chosen = getenv("MUTATOR_SEED");
  if (chosen != NULL)
    seed = strtoull(chosen, NULL, 10) | 1;
  backstepTestMake(Pages);
  backstepTest.options.density = 32;
  backstepTest.options.keep = 16;
  backstepTest.options.callback = callback;
  backstepTestRun(mutator);
  printf("%u of %u jumps were backwards\n", backwards, jumps);
  CHECK(jumps == Jumps && backwards > Jumps / 4, "%u jumps", jumps);
  return 0;
}
