/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B3_injected.c -- a breakpoint that calls ordinary code, outside of the handler: once for each time, and its edits count
 */

#include "support/jit_test.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static JitStruct jit;
static unsigned calls;
static MutatorWord skipTo;
static jmp_buf away;

static void injected(MutatorContext context, void *closure) {
  char *memory = malloc(100); /* what no handler may do */
  calls++;
  CHECK(memory != NULL && snprintf(memory, 100, "%u", calls) > 0 && strtoul(memory, NULL, 10) == calls, "memory");
  free(memory);
  CHECK(MutatorContextPC(context) == jit.code + 5, "PC %p", MutatorContextPC(context));
  if (skipTo != 0)
    CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, skipTo) == MutatorResOK, "PC");
  if (closure != NULL && *(int *)closure) {
    CHECK(MutatorInjectAbandon() == MutatorResOK, "abandon");
    longjmp(away, 1);
  }
}

int main(void) {
  static _Alignas(64) unsigned char area[1 << 16];
  static MutatorBreakStruct breakpoint;
  int leave = 0;
  const MutatorBreakOptionsStruct options = {.size = sizeof options, .injected = injected, .closure = &leave};
  /* MOV EAX, 1; ADD EAX, 1; RET */
  static const unsigned char code[] = {0xb8, 1, 0, 0, 0, 0x83, 0xc0, 1, 0xc3};
  MutatorBreakReportStruct report;
  unsigned i;
  jitSetup();
  jitInit(&jit, JitOPEN, 1, NULL, NULL);
  jitWrite(&jit, 0, code, sizeof code);
  CHECK(MutatorBreakSet(&breakpoint, jit.code + 5, &options) == MutatorResOK, "set");
  /* Without an area it is refused, and the code goes on. */
  CHECK(jitCall(&jit, 0) == 2 && calls == 0, "%u calls", calls);
  CHECK(MutatorBreakQuery(&breakpoint, &report) == MutatorResOK && report.refused == 1 && report.hits == 1, "refused");
  CHECK(sizeof area >= MutatorInjectAreaSize(2) && MutatorInjectAttach(area, sizeof area, NULL) == MutatorResOK,
        "area");
  for (i = 1; i <= 1000; i++)
    CHECK(jitCall(&jit, 0) == 2 && calls == i, "%u calls of %u", calls, i);
  skipTo = (MutatorWord)jit.code + 8;
  CHECK(jitCall(&jit, 0) == 1 && calls == i, "the instruction was not skipped");
  skipTo = 0;
  /* It leaves for good, and the next time is a time like any other. */
  leave = 1;
  if (setjmp(away) == 0) {
    (void)jitCall(&jit, 0);
    CHECK(0, "it came back");
  }
  leave = 0;
  calls = 0;
  CHECK(jitCall(&jit, 0) == 2 && calls == 1, "%u calls", calls);
  CHECK(MutatorBreakQuery(&breakpoint, &report) == MutatorResOK && report.hits == 1004, "%u hits",
        (unsigned)report.hits);
  CHECK(MutatorBreakClear(&breakpoint) == MutatorResOK, "clear");
  CHECK(MutatorInjectDetach() == MutatorResOK, "detach");
  jitFinish(&jit);
  return 0;
}
