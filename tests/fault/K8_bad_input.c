/* SPDX-License-Identifier: BSD-2-Clause
 *
 * K8_bad_input.c -- what is wrong gets a clear result and changes nothing
 */

#include "support/backstep_test.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define EXPECT(call, expected)                                     \
  do {                                                             \
    MutatorRes res_ = (call);                                      \
    CHECK(res_ == (expected), #call ": %s", MutatorResName(res_)); \
  } while (0)

static MutatorBackstepRegionStruct another;
static size_t page;

/* options ------------------------------------------------------------------------- */

static void tryOptions(void) {
  static MutatorBackstepStruct backstep;
  MutatorBackstepOptionsStruct good = backstepTest.options, options;
  MutatorBackstepStruct onStack;
  EXPECT(MutatorBackstepOptionsInit(NULL), MutatorResPARAM);
  good.stackCold = __builtin_frame_address(0);
  EXPECT(MutatorBackstepInit(NULL, &good), MutatorResPARAM);
  EXPECT(MutatorBackstepInit((MutatorBackstep)(void *)((char *)&backstep + 1), &good), MutatorResPARAM);
#define BAD(field, value)  \
  options = good;          \
  options.field = (value); \
  EXPECT(MutatorBackstepInit(&backstep, &options), MutatorResPARAM)
  BAD(signature, 0);
  BAD(size, 1);
  BAD(density, 0);
  BAD(keep, 1);
  BAD(keep, 1025);
  BAD(unit, page / 2);
  BAD(unit, page + page / 2);
  BAD(unit, (size_t)32 << 20);
  BAD(budget, page - 1);
  BAD(runs, 0);
  BAD(stackSize, 4096);
  BAD(stackCold, NULL);
  BAD(stackCold, (void *)16);
  options = good;
  options.unit = 4 * page;
  options.budget = 3 * page;
  EXPECT(MutatorBackstepInit(&backstep, &options), MutatorResPARAM);
  memset(&onStack, 0, sizeof onStack);
  options = good;
  options.stackCold = (void *)((MutatorWord)good.stackCold + 64);
  EXPECT(MutatorBackstepInit(&onStack, &options), MutatorResPARAM);
  EXPECT(MutatorBackstepFinish(&backstep), MutatorResPARAM);
}

/* none of these is an initialised backstep ---------------------------------------- */

static void tryNothing(void) {
  static MutatorBackstepStruct nothing;
  MutatorBackstepStatsStruct stats;
  uint64_t value = 0;
  EXPECT(MutatorBackstepFinish(&nothing), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(&nothing, &another, backstepTest.base, backstepTest.base + page), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionRemove(NULL, &another), MutatorResPARAM);
  EXPECT(MutatorBackstepStart(&nothing), MutatorResPARAM);
  EXPECT(MutatorBackstepCheckpoint(NULL), MutatorResPARAM);
  EXPECT(MutatorBackstepTo(&nothing, 0), MutatorResPARAM);
  EXPECT(MutatorBackstepLastWrite(&nothing, &value), MutatorResPARAM);
  EXPECT(MutatorBackstepTouch(&nothing, NULL, NULL), MutatorResPARAM);
  EXPECT(MutatorBackstepProtect(&nothing, backstepTest.base, backstepTest.base + page, 1), MutatorResPARAM);
  EXPECT(MutatorBackstepValue(NULL, &value, sizeof value), MutatorResPARAM);
  EXPECT(MutatorBackstepStatsGet(&nothing, &stats), MutatorResPARAM);
  CHECK(!MutatorBackstepReplaying(&nothing) && MutatorBackstepNow(NULL) == 0, "nothing");
  MutatorBackstepReached();
}

/* regions -------------------------------------------------------------------------- */

static void tryRegions(void) {
  unsigned char *base = nativeMap(NULL, 64 * page, NativeREADWRITE);
  unsigned char *stack = (unsigned char *)((MutatorWord)&base & ~(MutatorWord)(page - 1));
  unsigned char *log = (unsigned char *)((MutatorWord)BACKSTEP->state & ~(MutatorWord)(page - 1));
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, NULL, base, base + page), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &another, base + 8, base + page), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &another, base, base + page - 8), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &another, base, base), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &another, base + page, base), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &another, stack, stack + page), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &another, log, log + page), MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &another, backstepTest.base + page, backstepTest.base + 2 * page),
         MutatorResPARAM);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &backstepTest.region, base, base + page), MutatorResSTATE);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, (MutatorBackstepRegion)(void *)(base + page), base, base + 2 * page),
         MutatorResPARAM);
  EXPECT(MutatorBackstepRegionRemove(BACKSTEP, &another), MutatorResPARAM);
  nativeUnmap(base, 64 * page);
  CHECK(MutatorBackstepRegionAdd(BACKSTEP, &another, base, base + page) != MutatorResOK, "no memory there");
  EXPECT(MutatorBackstepRegionRemove(BACKSTEP, &another), MutatorResPARAM);
}

/* at the wrong time, or on the wrong thread ----------------------------------------- */

static void *otherThread(void *closure) {
  uint64_t value = 1;
  (void)closure;
  EXPECT(MutatorBackstepTo(BACKSTEP, 0), MutatorResSTATE);
  EXPECT(MutatorBackstepCheckpoint(BACKSTEP), MutatorResSTATE);
  EXPECT(MutatorBackstepLastWrite(BACKSTEP, backstepTest.base), MutatorResSTATE);
  EXPECT(MutatorBackstepTouch(BACKSTEP, backstepTest.base, backstepTest.base + 1), MutatorResSTATE);
  EXPECT(MutatorBackstepValue(BACKSTEP, &value, sizeof value), MutatorResSTATE);
  EXPECT(MutatorBackstepRegionAdd(BACKSTEP, &another, backstepTest.base, backstepTest.base + page), MutatorResSTATE);
  EXPECT(MutatorBackstepRegionRemove(BACKSTEP, &backstepTest.region), MutatorResSTATE);
  EXPECT(MutatorBackstepFinish(BACKSTEP), MutatorResSTATE);
  MutatorBackstepReached();
  return NULL;
}

static void tryOtherThread(void) {
  pthread_t thread;
  CHECK(pthread_create(&thread, NULL, otherThread, NULL) == 0, "thread");
  CHECK(pthread_join(thread, NULL) == 0, "join");
}

static unsigned stops;

/* What the callback asks for in vain is refused, and asked about again. */
static void callback(MutatorBackstep backstep, MutatorBackstepStop stop, void *closure) {
  static char outside[sizeof(MutatorWord)];
  (void)closure;
  EXPECT(MutatorBackstepTo(backstep, 0), MutatorResSTATE);
  EXPECT(MutatorBackstepCheckpoint(backstep), MutatorResSTATE);
  EXPECT(MutatorBackstepValue(backstep, outside, 1), MutatorResSTATE);
  EXPECT(MutatorBackstepFinish(backstep), MutatorResSTATE);
  MutatorTick(backstep);
  CHECK(MutatorBackstepNow(backstep) == 2 && stop->now == 2, "a tick in the callback counts");
  CHECK((stops == 0) == (stop->reason == MutatorBackstepReasonTICK), "stop %u: reason %d", stops, stop->reason);
  switch (stops++) {
  case 0: stop->go = (MutatorBackstepGo)77; break;
  case 1:
    CHECK(stop->reason == MutatorBackstepReasonREFUSED && stop->res == MutatorResPARAM, "an unknown answer");
    stop->go = MutatorBackstepGoLASTWRITE;
    stop->word = outside;
    break;
  case 2:
    CHECK(stop->reason == MutatorBackstepReasonREFUSED && stop->res == MutatorResPARAM, "a word outside");
    stop->go = MutatorBackstepGoLASTWRITE;
    stop->word = backstepTest.base + 2 * page;
    break;
  case 3: CHECK(stop->reason == MutatorBackstepReasonNOTFOUND && stop->res == MutatorResFAIL, "never written"); break;
  default: CHECK(0, "stop %u", stops);
  }
}

static void mutator(void) {
  uint64_t value = 3;
  EXPECT(MutatorBackstepStart(BACKSTEP), MutatorResSTATE);
  EXPECT(MutatorBackstepInit(BACKSTEP, &backstepTest.options), MutatorResSTATE);
  EXPECT(MutatorBackstepValue(BACKSTEP, NULL, 4), MutatorResPARAM);
  EXPECT(MutatorBackstepValue(BACKSTEP, &value, 0), MutatorResPARAM);
  EXPECT(MutatorBackstepValue(BACKSTEP, &value, 65537), MutatorResPARAM);
  EXPECT(MutatorBackstepTouch(BACKSTEP, backstepTest.base + 1, backstepTest.base), MutatorResPARAM);
  EXPECT(MutatorBackstepProtect(BACKSTEP, backstepTest.base + 1, backstepTest.base + page, 1), MutatorResPARAM);
  EXPECT(MutatorBackstepProtect(BACKSTEP, backstepTest.base, backstepTest.base + page, 2), MutatorResPARAM);
  EXPECT(MutatorBackstepProtect(BACKSTEP, backstepTest.base, backstepTest.base + 5 * page, 1), MutatorResPARAM);
  EXPECT(MutatorBackstepLastWrite(BACKSTEP, &value), MutatorResPARAM);
  EXPECT(MutatorBackstepLastWrite(BACKSTEP, backstepTest.base + 1), MutatorResPARAM);
  EXPECT(MutatorBackstepLastWrite(BACKSTEP, backstepTest.base), MutatorResFAIL);
  tryRegions();
  tryOtherThread();
  EXPECT(MutatorBackstepTo(BACKSTEP, 2), MutatorResOK);
  MutatorBackstepReached();
  CHECK(MutatorBackstepNow(BACKSTEP) == 0, "reached for nothing");
  MutatorTick(BACKSTEP);
  MutatorTick(BACKSTEP);
  CHECK(stops == 4, "%u stops", stops);
  CHECK(MutatorBackstepNow(BACKSTEP) == 2, "tick %u", (unsigned)MutatorBackstepNow(BACKSTEP));
  BACKSTEP_EXPECT(taken, == 2);
}

int main(void) {
  backstepTestMake(4);
  page = nativePageSize();
  backstepTest.options.callback = callback;
  tryOptions();
  tryNothing();
  backstepTestRun(mutator);
  tryNothing();
  return 0;
}
