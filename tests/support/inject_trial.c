/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/support/inject_trial.c -- a trap with every register known before and after
 */

#include "support/inject_trial.h"

#include <string.h>

#include "support/fault_test.h"

static const size_t redZoneSize = MUTATOR_RED_ZONE; /* 0 on some systems */

static size_t sizeOfAll(void) { return (TrialCODE + sizeof(TrialData) + 4095) / 4096 * 4096; }

void trialNew(Trial trial, TrialTrap trap, void *unreachable) {
  CHECK((size_t)(trialEnd - trialCode) <= TrialCODE, "the code is larger than its page");
  trial->code = nativeMap(NULL, sizeOfAll(), NativeALL);
  trial->stack = nativeMap(NULL, TrialSTACK, NativeREADWRITE);
  memcpy(trial->code, trialCode, (size_t)(trialEnd - trialCode));
  trial->data = (TrialData *)(void *)(trial->code + TrialCODE);
  trial->trap = trial->code + (trialTrap - trialCode);
  memcpy(trial->trap, trialTraps[trap].bytes, trialTraps[trap].size);
  trial->trapSize = trialTraps[trap].size;
  trial->unreachable = trap == TrialTrapDIVIDE ? 0 : (MutatorWord)unreachable;
  trial->data->mask = injectComponents();
}

void trialDelete(Trial trial) {
  nativeUnmap(trial->code, sizeOfAll());
  nativeUnmap(trial->stack, TrialSTACK);
}

void trialStackAt(Trial trial, void *stack) {
  trial->data->in[MutatorRegisterSP] = (MutatorWord)stack;
  memcpy((unsigned char *)stack - redZoneSize, trial->redZone, redZoneSize);
}

/* With AC set the trial's own code wants an aligned stack. */
static MutatorWord randomStack(const TrialStruct *trial, uint64_t *seed) {
  enum { AC = 0x40000 };
  const MutatorWord at = (MutatorWord)trial->stack + TrialSTACK - 4096 + (MutatorWord)(injectNext(seed) % 2048);
  return (trial->data->in[MutatorRegisterFLAGS] & AC) != 0 ? at & ~(MutatorWord)15 : at;
}

void trialRandom(Trial trial, uint64_t *seed, uint64_t initial) {
  MutatorWord *in = trial->data->in;
  unsigned i;
  for (i = 0; i < MutatorRegisterLIMIT; i++)
    in[i] = (MutatorWord)injectNext(seed);
  in[trialPointer] = trial->unreachable;
  in[MutatorRegisterFLAGS] = 0x202 | (MutatorWord)(injectNext(seed) & TRIAL_FLAGS);
  for (i = 0; i < sizeof trial->redZone; i++)
    trial->redZone[i] = (unsigned char)injectNext(seed);
  trialStackAt(trial, (void *)randomStack(trial, seed));
  injectFillState(trial->data->inState, seed, initial);
}

void trialRun(Trial trial) {
  void (*code)(void);
  void *address = trial->code;
  memset(trial->data->outState, 0, sizeof trial->data->outState);
  memset(trial->data->out, 0, sizeof trial->data->out);
  memcpy(&code, &address, sizeof code);
  trialCall(code);
}

void trialSkip(const TrialStruct *trial, MutatorContext context) {
  CHECK(MutatorContextPC(context) == trial->trap, "PC %p, not %p", MutatorContextPC(context), (void *)trial->trap);
  injectSkip(context, trial->trapSize);
}

static uint64_t presentIn(const unsigned char *state) {
  uint64_t present;
  memcpy(&present, state + InjectPresentAT, sizeof present);
  return present;
}

static MutatorBool componentDiffers(const TrialData *data, unsigned n) {
  static const unsigned char zero[InjectStateSIZE];
  const uint64_t in = presentIn(data->inState), out = presentIn(data->outState);
  size_t size, at = injectComponentAt(n, &size);
  return memcmp((in >> n & 1) != 0 ? data->inState + at : zero, (out >> n & 1) != 0 ? data->outState + at : zero,
                size) != 0;
}

/* In the initial state the control word is 037F and every register empty. */
static MutatorBool controlDiffers(const TrialData *data) {
  static const unsigned char initial[5] = {0x7f, 0x03, 0, 0, 0};
  return memcmp((presentIn(data->inState) & 1) != 0 ? data->inState : initial,
                (presentIn(data->outState) & 1) != 0 ? data->outState : initial, sizeof initial) != 0;
}

const char *trialGeneralDiffers(const TrialStruct *trial) {
  const TrialData *data = trial->data;
  static const char *const names[] = {"ax", "cx", "dx",  "bx",  "sp",  "bp",  "si",  "di",
                                      "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};
  unsigned reg;
  for (reg = 0; reg < MutatorRegisterPC; reg++)
    if (data->in[reg] != data->out[reg])
      return names[reg];
  return data->in[MutatorRegisterFLAGS] != data->out[MutatorRegisterFLAGS] ? "flags" : NULL;
}

static const char *vectorDiffers(const TrialData *data) {
  static const char *const names[] = {"x87", "xmm", "ymm", "?", "?", "masks", "zmm", "zmm16"};
  unsigned n;
  if (memcmp(data->inState + InjectMxcsrAT, data->outState + InjectMxcsrAT, 4) != 0)
    return "mxcsr";
  if (controlDiffers(data))
    return "x87 control";
  for (n = 0; n < sizeof names / sizeof names[0]; n++)
    if ((data->mask >> n & 1) != 0 && componentDiffers(data, n))
      return names[n];
  return NULL;
}

const char *trialDiffers(const TrialStruct *trial) {
  const TrialData *data = trial->data;
  const char *general = trialGeneralDiffers(trial);
  if (general != NULL)
    return general;
  if (memcmp((unsigned char *)data->in[MutatorRegisterSP] - redZoneSize, trial->redZone, redZoneSize) != 0)
    return "red zone";
  return vectorDiffers(data);
}
