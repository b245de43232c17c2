/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I4: edits to the context take effect: every register, the flags, a PC that
 * skips, and a register mended so that the same instruction succeeds
 */

#include <string.h>

#include "support/fault_test.h"
#include "support/inject_trial.h"

static MutatorWord wanted[MutatorRegisterLIMIT];
static unsigned long called;
static uint64_t seed = 11;

static void edit(MutatorContext context, unsigned reg, MutatorWord value) {
  wanted[reg] = value;
  CHECK(MutatorContextSetRegister(context, (MutatorRegister)reg, value) == MutatorResOK, "register %u", reg);
}

static void editAll(MutatorContext context, void *closure) {
  TrialStruct *trial = closure;
  unsigned reg;
  called++;
  for (reg = 0; reg < MutatorRegisterPC; reg++)
    edit(context, reg, (MutatorWord)injectNext(&seed));
  edit(context, MutatorRegisterSP, trial->data->in[MutatorRegisterSP] - 64);
  edit(context, MutatorRegisterFLAGS, 0x202 | (0x40c41 & TRIAL_FLAGS));
  trialSkip(trial, context);
}

static void checkEdited(TrialStruct *trial) {
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterLIMIT; reg++)
    CHECK(reg == MutatorRegisterPC || trial->data->out[reg] == wanted[reg], "register %u is not as edited", reg);
}

static void editing(MutatorInjectBack back) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = back};
  void *area = injectAttach(1, &options);
  TrialStruct trial;
  unsigned i;
  trialNew(&trial, TrialTrapILLEGAL, NULL);
  injectHandlerInstall(editAll, &trial);
  called = 0;
  for (i = 0; i < 100; i++) {
    trialRandom(&trial, &seed, 0);
    trialStackAt(&trial, trial.stack + TrialSTACK - 4096);
    trialRun(&trial);
    checkEdited(&trial);
    /* The vector registers are as they were. */
    memcpy(trial.data->in, trial.data->out, sizeof trial.data->in);
    trialStackAt(&trial, (void *)wanted[MutatorRegisterSP]);
    CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  }
  CHECK(called == 100, "%lu calls", called);
  trialDelete(&trial);
  injectDetach(area, 1);
}

/* The pointer gets an address that may be read: the instruction is retried and succeeds. */
static MutatorWord good = (MutatorWord)UINT64_C(0x123456789abcdef0);

static void mend(MutatorContext context, void *closure) {
  (void)closure;
  called++;
  CHECK(MutatorContextKind(context) == MutatorFaultKindPROTECTION, "kind %d", (int)MutatorContextKind(context));
  CHECK(MutatorContextSetRegister(context, (MutatorRegister)trialPointer, (MutatorWord)&good) == MutatorResOK,
        "pointer");
}

/* Or the page is opened, and nothing edited. */
static void openPage(MutatorContext context, void *closure) {
  void *address;
  (void)closure;
  called++;
  CHECK(MutatorContextAddress(context, &address) == MutatorResOK, "address");
  nativeProtect(address, nativePageSize(), NativeREADWRITE);
  memcpy(address, &good, sizeof good);
}

static void retrying(MutatorInjectBack back, MutatorInjectCallback callback) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = back};
  void *area = injectAttach(1, &options);
  TrialStruct trial;
  trialNew(&trial, TrialTrapREAD, faultTestPageNew(FaultTestPageNOACCESS));
  injectHandlerInstall(callback, &trial);
  trialRandom(&trial, &seed, 0);
  called = 0;
  trialRun(&trial);
  CHECK(called == 1, "%lu calls", called);
  CHECK(trial.data->out[trialValue] == good, "%#llx is read", (unsigned long long)trial.data->out[trialValue]);
  trial.data->in[trialValue] = good;
  if (callback == mend)
    trial.data->in[trialPointer] = (MutatorWord)&good;
  CHECK(trialDiffers(&trial) == NULL, "%s differs", trialDiffers(&trial));
  trialDelete(&trial);
  injectDetach(area, 1);
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
