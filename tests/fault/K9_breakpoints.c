/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K9_breakpoints.c -- a JIT's code with breakpoints, which it rewrites at every step, under the back-stepper
 *
 * The code is not rewound, and need not be: each step writes it anew.  A breakpoint stops by an
 * INT3, another by the same instruction that a tick traps by; one calls an injected function
 * through the area that the back-stepper has attached.
 */

#include "support/backstep_test.h"
#include "support/jit_test.h"

#include <stdio.h>

enum { Steps = 600, Backs = 40 };

static JitStruct jit;
static MutatorBreakStruct breaks[2];
static volatile unsigned calls, hits[2], injections;
static unsigned backs;
static uint64_t seed = 61;

static void onHit(MutatorBreak breakpoint, MutatorContext context, void *closure) {
  (void)context;
  (void)closure;
  hits[breakpoint - breaks]++;
}

static void injected(MutatorContext context, void *closure) {
  (void)closure;
  CHECK(MutatorContextPC(context) == jit.code, "PC %p", MutatorContextPC(context));
  CHECK(MutatorInjectDepth() == 1, "depth %u", MutatorInjectDepth());
  injections++;
}

static void set(unsigned which, size_t offset, MutatorBreakKind kind, MutatorInjectCallback call) {
  const MutatorBreakOptionsStruct options = {.size = sizeof options, .kind = kind, .callback = onHit, .injected = call};
  MutatorRes res = MutatorBreakSet(&breaks[which], jit.code + offset, &options);
  CHECK(res == MutatorResOK, "breakpoint %u: %s", which, MutatorResName(res));
}

/* MOV EAX, number; RET: a breakpoint on each. */
static uint64_t step(unsigned number) {
  unsigned char bytes[JitReturnSIZE];
  jitReturn(bytes, number);
  jitWrite(&jit, 0, bytes, sizeof bytes);
  calls++;
  return jitCall(&jit, 0);
}

static void mutator(void) {
  volatile uint64_t *sum = (volatile uint64_t *)(void *)backstepTest.base;
  volatile unsigned i;
  for (i = 0; i < Steps; i++) {
    sum[i % 1024] += step(i + 1);
    sum[1024] += i + 1;
    MutatorTick(BACKSTEP);
  }
  CHECK(sum[1024] == Steps * (Steps + 1) / 2, "the sum is %u", (unsigned)sum[1024]);
  CHECK(sum[Steps - 1] == Steps, "the last is %u", (unsigned)sum[Steps - 1]);
  if (backs++ < Backs)
    (void)MutatorBackstepTo(BACKSTEP, faultTestRandom(&seed) % Steps);
}

int main(void) {
  jitSetup();
  jitInit(&jit, JitDUAL, 1, NULL, NULL);
  backstepTestMake(4);
  backstepTest.options.density = 37;
  set(0, 0, MutatorBreakSOFTWARE, injected);
  set(1, 5, MutatorBreakHALT, NULL);
  backstepTestRun(mutator);
  printf("%u calls, %u and %u hits, %u injections, back %u times\n", calls, hits[0], hits[1], injections, backs - 1);
  CHECK(backs == Backs + 1 && calls > 2 * Steps, "%u calls", calls);
  CHECK(hits[0] == calls && hits[1] == calls && injections == calls, "%u calls, %u and %u hits, %u injections", calls,
        hits[0], hits[1], injections);
  jitFinish(&jit);
  return 0;
}
