/* SPDX-License-Identifier: BSD-2-Clause
 *
 * C12_promise.c -- once CanStep has said true, Step keeps the promise whatever the cache and the decoders do meanwhile
 */

#include "support/fault_test.h"

#include <pthread.h>
#include <string.h>

#include "arch/x86/decoder.h"
#include "core/plan_cache.h"

SNIPPET(codeLoad, "mov (" rDI "), " rAX);
SNIPPET(codeStore, "mov" WORD " $0x1234567, 24(" rDI ")");
SNIPPET(codeCompare, "cmp %cl, (" rDI ")");

static MutatorWindowStruct window;

static void wipeCache(void) {
  memset(mutatorPlanCacheSlots, 0, (mutatorPlanCacheMask + 1) * sizeof *mutatorPlanCacheSlots);
}

/* Every slot is being written by somebody who never ends. */
static void jamCache(void) {
  size_t i;
  for (i = 0; i <= mutatorPlanCacheMask; i++)
    mutatorPlanCacheSlots[i].sequence |= 1;
}

static void poisonCache(void) { /* plans, but of other instructions */
  size_t i;
  for (i = 0; i <= mutatorPlanCacheMask; i++) {
    mutatorPlanCacheSlots[i].sequence = 2;
    mutatorPlanCacheSlots[i].bytes[0] = (AtomicWord)UINT64_C(0x1122334455667788);
  }
}

static void occupyDecoders(uintptr_t busy) {
  size_t i;
  for (i = 0; i < mutatorDecoderCount; i++)
    mutatorDecoders[i].busy = busy;
}

static MutatorBool probe(FaultTestStop stop) {
  void (*const *spoil)(void) = stop->closure;
  CHECK(MutatorContextCanStepInstruction(&stop->context), "CanStep");
  (*spoil)();
  occupyDecoders(1);
  CHECK(MutatorContextCanStepInstruction(&stop->context), "the answer is the same");
  CHECK(MutatorContextStepInstruction(&stop->context) == MutatorResACCESS, "the page is protected: ACCESS, not UNIMPL");
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResOK, "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  occupyDecoders(0);
  wipeCache();
  return 1;
}

/* Without the promise there is none to keep: the same, but CanStep was not asked. */
static MutatorBool probeUnasked(FaultTestStop stop) {
  wipeCache();
  occupyDecoders(1);
  CHECK(MutatorContextStepInstructionWith(&stop->context, MutatorWindowMemory(&window)) == MutatorResUNIMPL,
        "no decoder, no cache: the test would show nothing");
  CHECK(MutatorContextDecline(&stop->context) == MutatorDeclineBUSY, "%s",
        MutatorDeclineName(MutatorContextDecline(&stop->context)));
  occupyDecoders(0);
  return 0;
}

int main(void) {
  static void (*const spoils[])(void) = {wipeCache, jamCache, poisonCache};
  FaultTestRegisters registers = {{0}};
  size_t i;
  faultTestSetup();
  CHECK(MutatorWindowCreate(&window, nativePageSize(), MutatorWindowForkREFUSE) == MutatorResOK, "window");
  nativeProtect(MutatorWindowBase(&window), nativePageSize(), NativeNONE);
  registers.word[FaultTestDI] = (MutatorWord)MutatorWindowBase(&window);
  for (i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
    void (*spoil)(void) = spoils[i];
    (void)FAULT_TEST_RUN(codeLoad, &registers, probe, &spoil);
    (void)FAULT_TEST_RUN(codeStore, &registers, probe, &spoil);
    (void)FAULT_TEST_RUN(codeCompare, &registers, probe, &spoil);
  }
  (void)FAULT_TEST_RUN(codeLoad, &registers, probeUnasked, NULL);
  return 0;
}
