/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K4_vector.c -- vector registers that are live across a tick, in code that calls the routine itself
 */

#include "support/backstep_test.h"

#include <string.h>

enum { Turns = 2000, Jumps = 300, Registers = 6, Bytes = 32 };

static unsigned char expected[Registers * Bytes];
static unsigned jumps;
static uint64_t seed = 16, last;

/* Every register depends on its neighbour and on the turn; nothing is in memory between two ticks.  Called where the
 * compiler does not see that no other function keeps anything in these registers. */
static void turnHere(MutatorWord *count, MutatorBackstepRoutineFunction routine, unsigned char *registers,
                     MutatorWord turns) {
  __asm__ volatile("vmovdqu (%2), %%ymm0\n vmovdqu 32(%2), %%ymm1\n vmovdqu 64(%2), %%ymm2\n"
                   "vmovdqu 96(%2), %%ymm3\n vmovdqu 128(%2), %%ymm4\n vmovdqu 160(%2), %%ymm5\n"
                   "1: add" WORD " $1, (%0)\n jne 2f\n call *%1\n"
                   "2: vpaddq %%ymm1, %%ymm0, %%ymm0\n vpxor %%ymm0, %%ymm2, %%ymm2\n vpaddq %%ymm2, %%ymm3, %%ymm3\n"
                   "vpxor %%ymm5, %%ymm4, %%ymm4\n vpaddq %%ymm3, %%ymm5, %%ymm5\n vpsubq %%ymm4, %%ymm1, %%ymm1\n"
                   "sub" WORD " $1, %3\n jne 1b\n"
                   "vmovdqu %%ymm0, (%2)\n vmovdqu %%ymm1, 32(%2)\n vmovdqu %%ymm2, 64(%2)\n"
                   "vmovdqu %%ymm3, 96(%2)\n vmovdqu %%ymm4, 128(%2)\n vmovdqu %%ymm5, 160(%2)\n vzeroupper\n"
                   : "+r"(count), "+r"(routine), "+r"(registers), "+r"(turns)
                   :
                   : "memory", "cc");
}

static void (*volatile turn)(MutatorWord *, MutatorBackstepRoutineFunction, unsigned char *, MutatorWord) = turnHere;

static void prepare(unsigned char *registers) {
  size_t i;
  for (i = 0; i < Registers * Bytes; i++)
    registers[i] = (unsigned char)(i * 7 + 1);
}

static void mutator(void) {
  static MutatorWord word = 1;
  prepare(expected);
  if (!MutatorBackstepReplaying(BACKSTEP)) {
    turn(&word, NULL, expected, Turns);
    (void)MutatorBackstepTo(BACKSTEP, Turns - 1);
  } else {
    word = 1;
    turn(&word, NULL, expected, Turns);
  }
  prepare(backstepTest.base);
  turn(&BACKSTEP->count, MutatorBackstepRoutine(), backstepTest.base, Turns);
  CHECK(memcmp(backstepTest.base, expected, sizeof expected) == 0, "after %u jumps", jumps);
}

static void callback(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure) {
  (void)backstep;
  (void)closure;
  CHECK(last == 0 || stop->now == last, "tick %u", (unsigned)stop->now);
  if (jumps == Jumps)
    return;
  jumps++;
  stop->go = MutatorBackstepGoTO;
  /* Not before the second checkpoint: from the first one the registers are loaded anew. */
  stop->tick = last = 200 + faultTestRandom(&seed) % (Turns - 200);
}

int main(void) {
  if (!faultTestFeature(FaultTestFeatureAVX2))
    faultTestSkip("no AVX2");
  backstepTestMake(1);
  backstepTest.options.density = 100;
  backstepTest.options.callback = callback;
  backstepTestRun(mutator);
  CHECK(jumps == Jumps, "%u jumps", jumps);
  return 0;
}
