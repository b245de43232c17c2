/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I4: edits to the context take effect: every register, the flags, a PC that
 * skips, and a register mended so that the same instruction succeeds
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "support/fault_test.h"
#include "support/posix/x86_64/inject_handler.h"
#include "support/posix/x86_64/inject_trial.h"

static TrialRegisters wanted;
static unsigned long called;
static uint64_t seed = 11;

/* SP stays: the trial's own code needs no stack, but the red zone is checked. */
static void editAll(MutatorContext context, void *closure) {
  TrialStruct *trial = closure;
  unsigned reg;
  called++;
  for (reg = 0; reg < 16; reg++) {
    wanted.reg[reg] = reg == MutatorRegisterSP ? trial->data->in.reg[reg] - 64 : seed * (reg + 3);
    CHECK(MutatorContextSetRegister(context, (MutatorRegister)reg, wanted.reg[reg]) == MutatorResOK, "register %u",
          reg);
  }
  wanted.flags = 0x202 | 0x40c41;
  CHECK(MutatorContextSetRegister(context, MutatorRegisterFLAGS, wanted.flags) == MutatorResOK, "flags");
  CHECK(MutatorContextSetRegister(context, MutatorRegisterPC, (MutatorWord)(trial->trap + trial->trapSize)) ==
            MutatorResOK,
        "PC");
  seed = seed * UINT64_C(6364136223846793005) + 1;
}

static void editing(MutatorInjectBack back) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = back};
  void *area = injectHandlerAttach(1, &options);
  TrialStruct trial;
  unsigned i;
  trialNew(&trial, TrialTrapILLEGAL, NULL);
  injectHandlerInstall(editAll, &trial);
  for (i = 0; i < 100; i++) {
    trialRandom(&trial, &seed, 0);
    trialRun(&trial);
    CHECK(memcmp(&trial.data->out, &wanted, sizeof wanted) == 0, "round %u: not as edited", i);
    trial.data->in = trial.data->out; /* the vector registers are as they were */
    memcpy((void *)(uintptr_t)(wanted.reg[4] - sizeof trial.redZone), trial.redZone, sizeof trial.redZone);
    CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  }
  injectHandlerDetach(area);
}

/* R9 gets an address that may be read: the instruction is retried and succeeds. */
static uint64_t good = UINT64_C(0x123456789abcdef0);

static void mend(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  CHECK(MutatorContextKind(context) == MutatorFaultKindPROTECTION, "kind %d", (int)MutatorContextKind(context));
  CHECK(MutatorContextSetRegister(context, MutatorRegisterR9, (MutatorWord)&good) == MutatorResOK, "R9");
}

/* Or the page is opened, and nothing edited. */
static void openPage(MutatorContext context, void *closure) {
  void *address;
  (void)closure;
  called++;
  CHECK(MutatorContextAddress(context, &address) == MutatorResOK, "address");
  faultTestProtect(address, faultTestPageSize(), PROT_READ | PROT_WRITE);
  *(uint64_t *)address = good;
}

static void retrying(MutatorInjectBack back, MutatorInjectCallback callback) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = back};
  void *area = injectHandlerAttach(1, &options);
  TrialStruct trial;
  trialNew(&trial, TrialTrapREAD, faultTestPageNew(FaultTestPageNOACCESS));
  injectHandlerInstall(callback, &trial);
  trialRandom(&trial, &seed, 0);
  called = 0;
  trialRun(&trial);
  CHECK(called == 1, "%lu calls", called);
  CHECK(trial.data->out.reg[11] == good, "R11 is %#llx", (unsigned long long)trial.data->out.reg[11]);
  trial.data->in.reg[11] = good;
  if (callback == mend)
    trial.data->in.reg[9] = (uint64_t)(uintptr_t)&good;
  CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  injectHandlerDetach(area);
}

int main(void) {
  unsigned back;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  for (back = MutatorInjectBackAUTO; back <= MutatorInjectBackTRAP; back++) {
    editing((MutatorInjectBack)back);
    retrying((MutatorInjectBack)back, mend);
    retrying((MutatorInjectBack)back, openPage);
  }
  return 0;
}
