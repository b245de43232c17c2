/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B5_own_traps.c -- the JIT's own breakpoint instructions reach the JIT, also from under a breakpoint
 */

#include "support/jit_test.h"

#include <string.h>

static unsigned own, hits;
static MutatorWord ownPC;

/* The JIT's handler: it goes on behind its breakpoint. */
static MutatorFaultResult handler(MutatorFaultHandler self, MutatorContext context, void *closure) {
  MutatorWord pc;
  (void)self;
  (void)closure;
  if (MutatorContextKind(context) != MutatorFaultKindBREAKPOINT)
    return MutatorFaultDECLINED;
  own++;
  ownPC = (MutatorWord)MutatorContextPC(context);
  CHECK(MutatorContextGetRegister(context, MutatorRegisterPC, &pc) == MutatorResOK, "PC");
  if (pc == ownPC) /* where the record's PC is at the instruction, of one byte or two */
    CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, pc + 1) == MutatorResOK, "PC");
  return MutatorFaultHANDLED;
}

static void hit(MutatorBreak breakpoint, MutatorContext context, void *closure) {
  (void)breakpoint;
  (void)context;
  (void)closure;
  hits++;
}

static void expect(const JitStruct *jit, unsigned hitsWanted, size_t at, const char *when) {
  own = hits = 0;
  CHECK(jitCall(jit, 0) == 7, "%s: value", when);
  CHECK(own == 1, "%s: the JIT saw %u", when, own);
  CHECK(hits == hitsWanted, "%s: %u hits", when, hits);
  CHECK(ownPC == (MutatorWord)jit->code + at, "%s: at %p", when, (void *)ownPC);
}

static void run(JitRoute route, MutatorBreakKind kind) {
  static const unsigned char one[] = {0x90, 0xcc, 0xb8, 7, 0, 0, 0, 0xc3};
  static JitStruct jit;
  MutatorBreakOptionsStruct options = {.size = sizeof options, .kind = kind, .callback = hit};
  static MutatorBreakStruct breakpoint, other;
  jitInit(&jit, route, 1, NULL, NULL);
  jitWrite(&jit, 0, one, sizeof one);
  expect(&jit, 0, 1, "no breakpoint on the page");
  CHECK(MutatorBreakSet(&other, jit.code + 512, &options) == MutatorResOK, "set");
  expect(&jit, 0, 1, "none there");
  CHECK(MutatorBreakSet(&breakpoint, jit.code + 1, &options) == MutatorResOK, "set");
  expect(&jit, 1, 1, "one over it");
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK, "clear");
  CHECK(MutatorBreakSet(&breakpoint, jit.code + 0, &options) == MutatorResOK, "set");
  expect(&jit, 1, 1, "one before it");
  /* The JIT writes its own over a breakpoint, and takes it away. */
  jitWrite(&jit, 0, "\xcc\x90", 2);
  expect(&jit, 1, 0, "written over it");
  jitWrite(&jit, 0, "\x90\x90", 2);
  own = hits = 0;
  CHECK(jitCall(&jit, 0) == 7 && own == 0 && hits == 1, "taken away: %u of the JIT's, %u hits", own, hits);
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK && MutatorBreakClear(&other) == MutatorResOK, "clear");
  jitFinish(&jit);
}

int main(void) {
  static MutatorFaultHandlerStruct mine;
  JitRoute route;
  jitSetup();
  CHECK(MutatorFaultHandlerAdd(&mine, 0, handler, NULL) == MutatorResOK, "handler");
  for (route = 0; route < JitRouteLIMIT; route++) {
    run(route, MutatorBreakSOFTWARE);
    run(route, MutatorBreakHALT);
  }
  return 0;
}
