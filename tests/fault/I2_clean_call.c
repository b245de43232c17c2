/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I2: the callback finds what any function finds: an aligned stack, the thread's
 * own or the private one, the direction flag clear, default floating-point
 * control; errno and what else the system has of the kind are kept
 */

#include <stdint.h>

#include "support/fault_test.h"
#include "support/inject_trial.h"

static unsigned char *private;
enum { PrivateSIZE = 65536 };
static unsigned long called;

static void checkStack(const TrialStruct *trial) {
  const uintptr_t here = (uintptr_t)__builtin_frame_address(0);
  /* Between it and the stack at the call are the return address and a register. */
  CHECK((here + 2 * sizeof(void *)) % NATIVE_STACK_ALIGN == 0, "frame at %p", (void *)here);
  if (private != NULL)
    CHECK(here - (uintptr_t) private < PrivateSIZE, "not on the private stack");
  else
    CHECK(here - (uintptr_t)trial->stack < TrialSTACK, "not on the thread's stack");
}

__attribute__((noinline)) static void callback(MutatorContext context, void *closure) {
  TrialStruct *trial = closure;
  uint16_t control;
  uint32_t mxcsr;
  uintptr_t flags;
  __asm__ volatile("fnstcw %0\n stmxcsr %1\n pushf\n pop %2" : "=m"(control), "=m"(mxcsr), "=r"(flags));
  called++;
  CHECK(control == 0x037f, "x87 control word %#x", control);
  CHECK(mxcsr == 0x1f80, "MXCSR %#x", (unsigned)mxcsr);
  CHECK((flags & 0x40500) == 0, "flags %#lx: AC, DF or TF", (unsigned long)flags);
  checkStack(trial);
  injectDirty(&(uint64_t){called});
  trialSkip(trial, context);
}

/* The callback's own system calls set errno. */
static void callbackWithErrors(MutatorContext context, void *closure) {
  TrialStruct *trial = closure;
  called++;
  nativeErrorSpoil();
  CHECK(!nativeErrorKept(), "errno cannot be changed");
  trialSkip(trial, context);
}

static void run(MutatorInjectBack back, MutatorInjectCallback function) {
  const MutatorInjectOptionsStruct options = {
      .size = sizeof options, .back = back, .stack = private, .stackSize = private != NULL ? PrivateSIZE : 0};
  void *area = injectAttach(1, &options);
  uint64_t seed = 7;
  unsigned trap;
  for (trap = 0; trap < TrialTrapLIMIT; trap++) {
    TrialStruct trial;
    trialNew(&trial, (TrialTrap)trap, faultTestPageNew(FaultTestPageNOACCESS));
    trialRandom(&trial, &seed, 0);
    trial.data->in[MutatorRegisterFLAGS] |= 0x40400 & TRIAL_FLAGS;
    trialStackAt(&trial, trial.stack + TrialSTACK - 4096);
    injectHandlerInstall(function, &trial);
    nativeErrorSet();
    trialRun(&trial);
    CHECK(nativeErrorKept(), "errno has changed");
    CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
    trialDelete(&trial);
  }
  injectDetach(area, 1);
}

static void runAll(void) {
  run(MutatorInjectBackAUTO, callback);
  run(MutatorInjectBackTRAP, callback);
  run(MutatorInjectBackAUTO, callbackWithErrors);
  run(MutatorInjectBackTRAP, callbackWithErrors);
}

int main(void) {
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  runAll();
  private = nativeMap(NULL, PrivateSIZE, NativeREADWRITE);
  runAll();
  CHECK(called == 8 * TrialTrapLIMIT, "%lu calls", called);
  return 0;
}
