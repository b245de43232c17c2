/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I6: injections beside other handlers of faults: those of a higher priority are
 * asked before, those of a lower one only when the injection is refused, with
 * the context as it was; a handler that was there before the library can
 * inject what was forwarded to it; the callback may fault, and wait until no
 * handler is running
 */

#include <string.h>

#include "support/fault_test.h"
#include "support/inject_trial.h"

static unsigned char *page, *ranged;
static TrialStruct trial, inner;
static MutatorFaultHandlerStruct before, injector, after;
static MutatorFaultRangeStruct range;
static char asked[32];
static unsigned long called, returned;
static MutatorInjectRefusal refusal;

static void note(char who) {
  const size_t length = strlen(asked);
  CHECK(length < sizeof asked - 1, "endless: %s", asked);
  asked[length] = who;
}

static MutatorBool isTrials(MutatorContext context) {
  void *address = NULL;
  return MutatorContextAddress(context, &address) == MutatorResOK && address == page;
}

static const TrialStruct *trialOf(MutatorContext context) {
  return MutatorContextPC(context) == inner.trap ? &inner : &trial;
}

static MutatorFaultResult onBefore(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  (void)handler, (void)closure, (void)context;
  note('b');
  return MutatorFaultDECLINED;
}

static MutatorFaultResult onInject(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  MutatorInjectCallback callback;
  (void)handler;
  note('i');
  memcpy(&callback, closure, sizeof callback);
  if (!isTrials(context))
    return MutatorFaultDECLINED;
  return MutatorInject(context, callback, &called, &refusal) == MutatorResOK ? MutatorFaultHANDLED
                                                                             : MutatorFaultDECLINED;
}

/* All is as the trap left it. */
static void checkUnchanged(const TrialStruct *of, MutatorContext context) {
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterPC; reg++) {
    MutatorWord value = 0;
    CHECK(MutatorContextGetRegister(context, (MutatorRegister)reg, &value) == MutatorResOK &&
              value == of->data->in[reg],
          "register %u has changed", reg);
  }
}

static MutatorFaultResult onAfter(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  (void)handler, (void)closure;
  note('a');
  checkUnchanged(trialOf(context), context);
  trialSkip(trialOf(context), context);
  return MutatorFaultHANDLED;
}

static MutatorFaultResult onRange(MutatorFaultRange of, MutatorContext context, void *address, MutatorAccess access,
                                  void *closure) {
  (void)of, (void)context, (void)address, (void)access, (void)closure;
  note('r');
  nativeProtect(ranged, nativePageSize(), NativeREADWRITE);
  return MutatorFaultHANDLED;
}

static void callback(MutatorContext context, void *closure) {
  CHECK(closure == &called, "closure");
  called++;
  CHECK(MutatorFaultQuiesce(1000) == MutatorResOK, "a handler is running still");
  nativeProtect(ranged, nativePageSize(), NativeNONE);
  *(volatile unsigned char *)ranged = 1;
  injectDirty(&(uint64_t){called});
  trialSkip(&trial, context);
}

/* One more than the area has room for. */
static void nesting(MutatorContext context, void *closure) {
  CHECK(closure == &called && MutatorContextPC(context) == trial.trap, "the wrong trap");
  called++;
  trialRun(&inner);
  CHECK(trialDiffers(&inner) == NULL, "%s differs", trialDiffers(&inner));
  CHECK(MutatorInjectDepth() == 1, "depth");
  trialSkip(&trial, context);
}

static MutatorInjectCallback function;

static MutatorBool previous(NativeStop stop) {
  MutatorContextStruct context;
  note('p');
  CHECK(nativeInit(&context, stop) == MutatorResOK, "context");
  if (MutatorInjectReturn(&context)) {
    returned++;
    return 1;
  }
  CHECK(MutatorInject(&context, function, &called, &refusal) == MutatorResOK, "refused: %d", (int)refusal);
  return 1;
}

static void run(const char *expected, unsigned long calls) {
  static uint64_t seed = 3;
  memset(asked, 0, sizeof asked);
  called = 0;
  refusal = MutatorInjectRefusalNONE;
  trialRandom(&inner, &seed, 0);
  trialRandom(&trial, &seed, 0);
  trialRun(&trial);
  CHECK(strcmp(asked, expected) == 0, "asked %s, not %s", asked, expected);
  CHECK(called == calls, "%lu calls", called);
  CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
}

static void runAll(MutatorInjectBack back) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = back};
  void *area = injectAttach(1, &options);
  CHECK(MutatorFaultHandlerAdd(&before, 100, onBefore, NULL) == MutatorResOK, "add");
  CHECK(MutatorFaultHandlerAdd(&injector, 10, onInject, &function) == MutatorResOK, "add");
  CHECK(MutatorFaultHandlerAdd(&after, -10, onAfter, NULL) == MutatorResOK, "add");
  function = callback;
  run("bibir", 1);
  function = nesting;
  run("bibia", 1);
  CHECK(refusal == MutatorInjectRefusalDEPTH, "refusal %d", (int)refusal);
  injectDetach(area, 1);
  run("bia", 0);
  CHECK(refusal == MutatorInjectRefusalSETUP, "refusal %d", (int)refusal);

  area = injectAttach(1, &options);
  CHECK(MutatorFaultHandlerRemove(&injector) == MutatorResOK, "remove");
  CHECK(MutatorFaultHandlerRemove(&after) == MutatorResOK, "remove");
  function = callback;
  run("bpbr", 1);
  CHECK(MutatorFaultHandlerRemove(&before) == MutatorResOK, "remove");
  run("pr", 1);
  CHECK(returned == 0, "the second trap was forwarded");
  injectDetach(area, 1);
}

int main(void) {
  page = faultTestPageNew(FaultTestPageNOACCESS);
  ranged = nativeMap(NULL, nativePageSize(), NativeREADWRITE);
  nativeHandle(previous);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  trialNew(&trial, TrialTrapWRITE, page);
  trialNew(&inner, TrialTrapWRITE, page);
  CHECK(MutatorFaultRangeAdd(&range, ranged, ranged + nativePageSize(), onRange, NULL, NULL) == MutatorResOK, "range");
  runAll(MutatorInjectBackAUTO);
  runAll(MutatorInjectBackTRAP);
  return 0;
}
