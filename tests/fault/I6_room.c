/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I6: a stack that ends too soon refuses the injection and nothing has changed,
 * unless there is a private stack; a stack that the system extends has room
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "support/fault_test.h"
#include "support/posix/x86_64/inject_handler.h"
#include "support/posix/x86_64/inject_trial.h"

static unsigned long called, refusals;
static TrialStruct trial;

static void skipTo(MutatorContext context) {
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, (MutatorWord)(trial.trap + trial.trapSize)) ==
            MutatorResOK,
        "PC");
}

static void callback(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  skipTo(context);
}

static void refused(MutatorContext context, MutatorRes res, MutatorInjectRefusal refusal) {
  MutatorWord value;
  unsigned reg;
  CHECK(res == MutatorResLIMIT && refusal == MutatorInjectRefusalROOM, "result %d, refusal %d", res, (int)refusal);
  for (reg = 0; reg < 16; reg++)
    CHECK(MutatorContextGetRegister(context, (MutatorRegister)reg, &value) == MutatorResOK &&
              value == trial.data->in.reg[reg],
          "register %u has changed", reg);
  CHECK(MutatorContextPC(context) == trial.trap, "the PC has changed");
  refusals++;
  skipTo(context);
}

/* SP that many bytes above memory without access. */
static void runAt(size_t above, MutatorBool room) {
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  const size_t size = 1 << 18;
  unsigned char *stack = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uint64_t seed = above;
  (void)page;
  CHECK(stack != MAP_FAILED, "mmap");
  CHECK(mprotect(stack, size / 2, PROT_NONE) == 0, "mprotect");
  trialRandom(&trial, &seed, 0);
  trial.data->in.reg[4] = (uint64_t)(uintptr_t)(stack + size / 2 + above);
  memcpy((void *)(uintptr_t)(trial.data->in.reg[4] - sizeof trial.redZone), trial.redZone, sizeof trial.redZone);
  called = refusals = 0;
  trialRun(&trial);
  CHECK(called == (room ? 1 : 0) && refusals == (room ? 0 : 1), "%zu bytes: %lu calls, %lu refusals", above, called,
        refusals);
  CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  munmap(stack, size);
}

static void withoutPrivate(void) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .room = 20000};
  void *area = injectHandlerAttach(1, &options);
  runAt(128, 0);
  runAt(4096, 0);
  runAt(20000 + 127, 0);
  runAt(20000 + 128, 1);
  runAt(65536, 1);
  injectHandlerDetach(area);
}

static void withPrivate(void) {
  static unsigned char stack[65536];
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .stack = stack, .stackSize = sizeof stack};
  void *area = injectHandlerAttach(1, &options);
  runAt(128, 1);
  runAt(65536, 1);
  injectHandlerDetach(area);
}

/* The main thread's stack below what has been touched so far. */
static void growing(void) {
  void *area = injectHandlerAttach(
      1, &(MutatorInjectOptionsStruct){.size = sizeof(MutatorInjectOptionsStruct), .room = 1 << 20});
  called = 0;
  trialRandom(&trial, &(uint64_t){3}, 0);
  trial.data->in.reg[4] = (uint64_t)(uintptr_t)__builtin_frame_address(0) - 8192;
  memcpy((void *)(uintptr_t)(trial.data->in.reg[4] - sizeof trial.redZone), trial.redZone, sizeof trial.redZone);
  trialRun(&trial);
  CHECK(called == 1, "%lu calls", called);
  CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  injectHandlerDetach(area);
}

int main(void) {
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  trialNew(&trial, TrialTrapILLEGAL, NULL);
  injectHandlerInstall(callback, NULL);
  injectHandler.refused = refused;
  withoutPrivate();
  withPrivate();
  growing();
  return 0;
}
