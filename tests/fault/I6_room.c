/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I6: a stack that ends too soon refuses the injection and nothing has changed,
 * unless there is a private stack; a stack that the system extends has room
 */

#include "support/fault_test.h"
#include "support/inject_trial.h"

enum { Room = 20000, StackSIZE = 1 << 21 };

static unsigned long called, refusals;
static TrialStruct trial;

static void callback(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  trialSkip(&trial, context);
}

static void refused(MutatorContext context, MutatorRes res, MutatorInjectRefusal refusal) {
  MutatorWord value;
  unsigned reg;
  CHECK(res == MutatorResLIMIT && refusal == MutatorInjectRefusalROOM, "result %d, refusal %d", res, (int)refusal);
  for (reg = 0; reg < MutatorRegisterPC; reg++)
    CHECK(MutatorContextGetRegister(context, (MutatorRegister)reg, &value) == MutatorResOK &&
              value == trial.data->in[reg],
          "register %u has changed", reg);
  refusals++;
  trialSkip(&trial, context);
}

/* SP that many bytes above memory without access. */
static void runAt(size_t above, MutatorBool room) {
  unsigned char *stack = nativeMap(NULL, StackSIZE, NativeREADWRITE);
  uint64_t seed = above;
  nativeProtect(stack, StackSIZE / 2, NativeNONE);
  trialRandom(&trial, &seed, 0);
  trial.data->in[MutatorRegisterFLAGS] = 0x202;
  trialStackAt(&trial, stack + StackSIZE / 2 + above);
  called = refusals = 0;
  trialRun(&trial);
  CHECK(called == (room ? 1 : 0) && refusals == (room ? 0 : 1), "%u bytes: %lu calls, %lu refusals", (unsigned)above,
        called, refusals);
  CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  nativeUnmap(stack, StackSIZE);
}

/* Where the system itself needs room below the stack pointer, that much is always there. */
static void withoutPrivate(void) {
  const size_t needed = nativeFrameSize() + Room + MUTATOR_RED_ZONE;
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .room = needed - MUTATOR_RED_ZONE};
  void *area = injectAttach(1, &options);
  runAt(nativeFrameSize() + 128, 0);
  runAt(nativeFrameSize() + 4096, 0);
  runAt(needed - 1, 0);
  runAt(needed, 1);
  runAt(nativeFrameSize() + 65536, 1);
  injectDetach(area, 1);
}

static void withPrivate(void) {
  static unsigned char stack[65536];
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .stack = stack, .stackSize = sizeof stack};
  void *area = injectAttach(1, &options);
  runAt(nativeFrameSize() + 128, 1);
  runAt(nativeFrameSize() + 65536, 1);
  injectDetach(area, 1);
}

/* The main thread's stack below what has been touched so far. */
static void growing(void) {
  void *area = injectAttach(
      1, &(MutatorInjectOptionsStruct){.size = sizeof(MutatorInjectOptionsStruct), .room = (size_t)512 << 10});
  called = 0;
  trialRandom(&trial, &(uint64_t){3}, 0);
  trialStackAt(&trial, (void *)(((MutatorWord)__builtin_frame_address(0) - 8192) & ~(MutatorWord)63));
  trialRun(&trial);
  CHECK(called == 1, "%lu calls", called);
  CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  injectDetach(area, 1);
}

int main(void) {
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  trialNew(&trial, TrialTrapILLEGAL, NULL);
  injectHandlerInstall(callback, NULL);
  injectHandler.refused = refused;
  growing();
  withoutPrivate();
  withPrivate();
  return 0;
}
