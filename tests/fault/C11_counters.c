/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C11_counters.c -- the counters move by exactly what happened, so that a client can budget
 */

#include "support/fault_test.h"

static MutatorWindowStruct window;
static unsigned char *base;
static volatile enum { ANSWER_STEP, ANSWER_OPEN, ANSWER_DECLINE } answer;
static volatile unsigned forwardedToUs;
static volatile MutatorBool raised;

static MutatorCountersStruct last;

/* What has happened since the last look must be this, and nothing else. */
static void moved(const char *what, const MutatorCountersStruct *by) {
  MutatorCountersStruct now;
  unsigned i;
  CHECK(MutatorCountersGet(&now) == MutatorResOK, "%s", what);
#define MOVED(field)                                                                         \
  CHECK(now.field - last.field == by->field, "%s: " #field " moved by %llu, not %llu", what, \
        (unsigned long long)(now.field - last.field), (unsigned long long)by->field)
  MOVED(faults);
  MOVED(handled);
  MOVED(forwarded);
  MOVED(recovered);
  MOVED(steps);
  MOVED(inaccessible);
  MOVED(planHits);
  MOVED(planMisses);
  for (i = 0; i < MutatorDeclineLIMIT; i++)
    MOVED(declines[i]);
  last = now;
}

static MutatorFaultResult callback(MutatorFaultRange range, MutatorContext context, void *address, MutatorAccess access,
                                   void *closure) {
  (void)range;
  (void)address;
  (void)access;
  (void)closure;
  switch (answer) {
  case ANSWER_STEP: return MutatorFaultStep(context) == MutatorResOK ? MutatorFaultHANDLED : MutatorFaultDECLINED;
  case ANSWER_OPEN: nativeProtect(base, nativePageSize(), NativeREADWRITE); return MutatorFaultHANDLED;
  default: return MutatorFaultDECLINED;
  }
}

/* What is declined is forwarded to the program's own handler, which opens the page. */
static MutatorBool previous(NativeStop stop) {
  if (!raised)
    CHECK(nativeStopKind(stop) == NativeStopMEMORY && nativeStopAddress(stop) == (MutatorWord)base, "a fault at %p",
          (void *)nativeStopAddress(stop));
  forwardedToUs++;
  nativeProtect(base, nativePageSize(), NativeREADWRITE);
  return 1;
}

static void protect(void) { nativeProtect(base, nativePageSize(), NativeNONE); }

/* One instruction at one PC, so that its plan is found again. */
__attribute__((noinline)) static void store(unsigned char *address) {
  __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory");
}

/* Not in the table. */
static void storeUnlisted(unsigned char *address) { __asm__ volatile("sgdt (%0)" : : "r"(address) : "memory"); }

static void stepping(void) {
  unsigned i;
  answer = ANSWER_STEP;
  protect();
  store(base);
  moved("the first step", &(MutatorCountersStruct){.faults = 1, .handled = 1, .steps = 1, .planMisses = 1});
  store(base);
  moved("the second step", &(MutatorCountersStruct){.faults = 1, .handled = 1, .steps = 1, .planHits = 1});
  for (i = 0; i < 200; i++)
    store(base + i);
  moved("steps", &(MutatorCountersStruct){.faults = 200, .handled = 200, .steps = 200, .planHits = 200});
  storeUnlisted(base);
  moved("a decline",
        &(MutatorCountersStruct){.faults = 1, .forwarded = 1, .planMisses = 1, .declines[MutatorDeclineOPCODE] = 1});
  CHECK(forwardedToUs == 1, "forwarded %u times", forwardedToUs);
}

static void opening(void) {
  answer = ANSWER_OPEN;
  protect();
  store(base);
  moved("an opened page", &(MutatorCountersStruct){.faults = 1, .handled = 1});
  store(base);
  moved("no fault", &(MutatorCountersStruct){.faults = 0});
  answer = ANSWER_DECLINE;
  protect();
  store(base);
  moved("a callback that declines", &(MutatorCountersStruct){.faults = 1, .forwarded = 1});
  CHECK(forwardedToUs == 2, "forwarded %u times", forwardedToUs);
  raised = 1;
  nativeRaise();
  raised = 0;
  moved("a signal somebody sent", &(MutatorCountersStruct){.faults = 1, .forwarded = 1});
  CHECK(forwardedToUs == 3, "forwarded %u times", forwardedToUs);
}

static void recovering(void) {
  MutatorWord word = 0;
  protect();
  CHECK(MutatorMemoryLoad(MutatorMemoryDirect(), &word, base, sizeof word) == MutatorResACCESS, "load");
  moved("an expected fault", &(MutatorCountersStruct){.recovered = 1});
  CHECK(MutatorMemoryStore(MutatorMemoryDirect(), base, &word, 4) == MutatorResACCESS, "store");
  moved("an expected fault", &(MutatorCountersStruct){.recovered = 1});
  CHECK(MutatorMemoryLoad(MutatorWindowMemory(&window), &word, base, sizeof word) == MutatorResOK, "load");
  moved("a load that succeeds", &(MutatorCountersStruct){.faults = 0});
}

/* The alias has gone: the step finds out by a fault of its own. */
static void failing(void) {
  void *alias = NULL;
  answer = ANSWER_STEP;
  CHECK(MutatorWindowAlias(&window, base, nativePageSize(), &alias) == MutatorResOK, "alias");
  nativeProtect(alias, nativePageSize(), NativeNONE);
  protect();
  store(base);
  moved("a step without access",
        &(MutatorCountersStruct){.faults = 1, .forwarded = 1, .recovered = 1, .inaccessible = 1, .planHits = 1});
}

int main(void) {
  static MutatorFaultRangeStruct range;
  nativeHandle(previous);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "FaultSetup");
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  base = MutatorWindowBase(&window);
  CHECK(MutatorFaultRangeAdd(&range, base, base + nativePageSize(), callback, NULL, &window) == MutatorResOK, "add");
  CHECK(MutatorCountersGet(&last) == MutatorResOK, "counters");
  stepping();
  opening();
  recovering();
  failing();
  return 0;
}
