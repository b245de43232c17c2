/* SPDX-License-Identifier: BSD-2-Clause
 *
 * B8_hardware.c -- breakpoints in debug registers: nothing is planted, every thread stops; AUTO takes them while there are any
 */

#include "support/barrier.h"
#include "support/jit_test.h"

#include <pthread.h>
#include <string.h>

enum { Breaks = 8, Calls = 100 };

static JitStruct jit;
static MutatorBreakStruct breaks[Breaks];
static BarrierStruct ready, set;
static unsigned stops;

static void hit(MutatorBreak breakpoint, MutatorContext context, void *closure) {
  (void)closure;
  CHECK(MutatorContextPC(context) == MutatorBreakAddress(breakpoint), "PC %p", MutatorContextPC(context));
  __atomic_fetch_add(&stops, 1, __ATOMIC_RELAXED);
}

static MutatorRes place(unsigned which, MutatorBreakKind kind) {
  const MutatorBreakOptionsStruct options = {.size = sizeof options, .kind = kind, .callback = hit};
  return MutatorBreakSet(&breaks[which], jit.code + which * 64, &options);
}

static void clear(unsigned which) { CHECK(MutatorBreakClear(&breaks[which]) == MutatorResOK, "clear %u", which); }

static MutatorBreakReportStruct report(unsigned which) {
  MutatorBreakReportStruct result;
  CHECK(MutatorBreakQuery(&breaks[which], &result) == MutatorResOK, "query");
  return result;
}

static void define(unsigned which, unsigned value) {
  unsigned char function[JitReturnSIZE];
  jitReturn(function, value);
  jitWrite(&jit, which * 64, function, sizeof function);
}

static void rewritten(void) {
  unsigned i;
  CHECK(report(0).mode == MutatorBreakModeHARDWARE && report(0).kind == MutatorBreakHARDWARE, "mode");
  CHECK(jit.code[0] == 0xb8, "planted");
  for (i = 0; i < Calls; i++) {
    define(0, i);
    CHECK(jitCall(&jit, 0) == i, "value");
  }
  CHECK(report(0).hits == Calls && stops == Calls, "%u hits", (unsigned)report(0).hits);
  CHECK(jitReport(&jit).stepped == 0, "the page was closed");
}

/* With a trap byte on the same page the page is closed, and this one still is not in the code. */
static void both(void) {
  CHECK(place(1, MutatorBreakSOFTWARE) == MutatorResOK, "set");
  define(0, 77);
  define(1, 78);
  CHECK(jit.code[0] == 0xb8 && (!jitMerges(&jit) || jit.code[64] == 0xcc), "planted");
  stops = 0;
  CHECK(jitCall(&jit, 0) == 77 && jitCall(&jit, 64) == 78 && stops == 2, "%u stops", stops);
  clear(1);
  define(0, 79);
  stops = 0;
  CHECK(jitCall(&jit, 0) == 79 && stops == 1, "%u stops", stops);
}

static void *call(void *inherited) {
  unsigned i;
  if (inherited == NULL) {
    barrierWait(&ready);
    barrierWait(&set);
  }
  faultTestThreadStack(MutatorFaultStackInstall);
  for (i = 0; i < Calls; i++)
    CHECK(jitCall(&jit, 0) == 79, "value");
  faultTestThreadStack(MutatorFaultStackRemove);
  return NULL;
}

/* Threads that were there, and threads that come later, where the system sees to those. */
static void threads(void) {
  enum { Before = 2 };
  const unsigned late = NATIVE_DEBUG_REGISTERS_INHERITED ? 2 : 0;
  pthread_t before[Before], after[2];
  unsigned i;
  clear(0);
  barrierInit(&ready, 3);
  barrierInit(&set, 3);
  for (i = 0; i < Before; i++)
    CHECK(pthread_create(&before[i], NULL, call, NULL) == 0, "thread");
  barrierWait(&ready);
  CHECK(place(0, MutatorBreakHARDWARE) == MutatorResOK, "set");
  barrierWait(&set);
  for (i = 0; i < late; i++)
    CHECK(pthread_create(&after[i], NULL, call, &jit) == 0, "thread");
  for (i = 0; i < Before; i++)
    CHECK(pthread_join(before[i], NULL) == 0, "join");
  for (i = 0; i < late; i++)
    CHECK(pthread_join(after[i], NULL) == 0, "join");
  CHECK(report(0).hits == (Before + late) * Calls, "%u hits", (unsigned)report(0).hits);
}

static void slots(void) {
  unsigned i, hardware = 0;
  MutatorRes res = MutatorResOK;
  for (i = 0; i < Breaks; i++) {
    define(i, i);
    if (i > 0)
      CHECK(place(i, MutatorBreakAUTO) == MutatorResOK, "set %u", i);
    hardware += report(i).kind == MutatorBreakHARDWARE;
    if (jitMerges(&jit) || report(i).kind == MutatorBreakHARDWARE) /* else the trap byte comes when it is executed */
      CHECK((report(i).kind == MutatorBreakHARDWARE) == (jit.code[i * 64] == 0xb8), "breakpoint %u", i);
  }
  CHECK(hardware > 0 && hardware <= 4 && report(Breaks - 1).kind == MutatorBreakSOFTWARE, "%u in registers", hardware);
  for (i = 0; i < Breaks; i++)
    CHECK(jitCall(&jit, i * 64) == i && report(i).hits > 0, "breakpoint %u", i);
  clear(Breaks - 1);
  res = place(Breaks - 1, MutatorBreakHARDWARE);
  CHECK(res == MutatorResLIMIT, "one too many gives %s", MutatorResName(res));
  clear(0);
  CHECK(place(Breaks - 1, MutatorBreakHARDWARE) == MutatorResOK, "one that was given back");
  for (i = 1; i < Breaks; i++)
    clear(i);
}

int main(void) {
  MutatorRes res;
  jitSetup();
  jitInit(&jit, JitOPEN, 1, NULL, NULL);
  define(0, 0);
  res = place(0, MutatorBreakHARDWARE);
  if (res == MutatorResUNIMPL || res == MutatorResLIMIT)
    faultTestSkip("debug registers: %s", MutatorResName(res));
  CHECK(res == MutatorResOK, "%s", MutatorResName(res));
  rewritten();
  both();
  threads();
  slots();
  jitFinish(&jit);
  return 0;
}
