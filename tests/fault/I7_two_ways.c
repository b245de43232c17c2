/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I7: two ways back, same state; and a thread that is being traced (TF), which
 * only a trap can go back to, is traced from the very next instruction
 */

#include <string.h>

#include "support/fault_test.h"
#include "support/inject_trial.h"

enum { Rounds = 200, TF = 0x100 };

static const MutatorInjectBack ways[] = {MutatorInjectBackAUTO, MutatorInjectBackSTRAIGHT, MutatorInjectBackTRAP};
enum { Ways = sizeof ways / sizeof ways[0] };

static unsigned long called;
static uint64_t dirt = 7;

static void skip(MutatorContext context, void *closure) {
  called++;
  trialSkip(closure, context);
  injectDirty(&dirt);
}

static void *attach(MutatorInjectBack way) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = way};
  return injectAttach(1, &options);
}

/* The same registers by every way. */
static void round_(Trial trial, uint64_t seed) {
  MutatorWord out[Ways][MutatorRegisterLIMIT];
  unsigned way;
  for (way = 0; way < Ways; way++) {
    uint64_t again = seed;
    void *area = attach(ways[way]);
    trialRandom(trial, &again, (seed & 3) == 0 ? seed & 0xe7 : 0);
    injectHandlerInstall(skip, trial);
    trialRun(trial);
    CHECK(trialDiffers(trial) == NULL, "way %u: %s differs", way, trialDiffers(trial));
    CHECK(injectHandler.calls == 1, "way %u: %lu calls", way, injectHandler.calls);
    CHECK(injectHandler.returned == (ways[way] == MutatorInjectBackTRAP), "way %u: %lu second traps", way,
          injectHandler.returned);
    memcpy(out[way], trial->data->out, sizeof out[way]);
    CHECK(memcmp(out[way], out[0], sizeof out[way]) == 0, "ways %u and 0 differ", way);
    injectDetach(area, 1);
  }
}

static MutatorWord flagsOf(MutatorContext context) {
  MutatorWord flags;
  CHECK(MutatorContextGetRegister(context, MutatorRegisterFLAGS, &flags) == MutatorResOK, "flags");
  return flags;
}

/* First TF is set; then it traps after one instruction, and is cleared, unless the system has done so. */
static void trace(MutatorContext context, void *closure) {
  const TrialStruct *trial = closure;
  const unsigned char *next = trial->trap + trial->trapSize;
  const unsigned char *pc = MutatorContextPC(context);
  MutatorWord flags = flagsOf(context) & ~(MutatorWord)TF;
  if (called++ == 0) {
    flags |= TF;
    trialSkip(trial, context);
  } else {
    CHECK(pc > next && pc <= next + 15, "%d bytes after the trap", (int)(pc - next));
  }
  injectDirty(&dirt);
  CHECK(MutatorContextSetRegister(context, MutatorRegisterFLAGS, flags) == MutatorResOK, "flags");
}

static void tracing(Trial trial, MutatorInjectBack way) {
  uint64_t seed = 1;
  void *area = attach(way);
  trialRandom(trial, &seed, 0);
  called = 0;
  injectHandlerInstall(trace, trial);
  trialRun(trial);
  CHECK(called == 2, "%lu calls", called);
  CHECK(trialDiffers(trial) == NULL, "%s differs", trialDiffers(trial));
  /* With TF to be set it was the second trap, whatever had been asked for. */
  CHECK(injectHandler.returned == (way == MutatorInjectBackTRAP ? 2 : 1), "way %d: %lu second traps", (int)way,
        injectHandler.returned);
  injectDetach(area, 1);
}

int main(void) {
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  TrialStruct trial;
  unsigned trap, i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  for (trap = 0; trap < TrialTrapLIMIT; trap++) {
    trialNew(&trial, (TrialTrap)trap, page);
    for (i = 0; i < Rounds; i++)
      round_(&trial, i);
    for (i = 0; i < Ways; i++)
      tracing(&trial, ways[i]);
    trialDelete(&trial);
  }
  return 0;
}
