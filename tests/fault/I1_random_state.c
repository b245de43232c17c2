/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I1, I6, I7: whatever the callback does to the registers, the thread goes on
 * with those it trapped with, on both ways back, after every kind of trap
 */

#include <stdio.h>
#include <stdlib.h>

#include "support/fault_test.h"
#include "support/inject_trial.h"

enum { Rounds = 100000 };

static TrialStruct trials[TrialTrapLIMIT];
static TrialStruct *running;
static uint64_t seed;
static unsigned long called;

static void callback(MutatorContext context, void *closure) {
  TrialStruct *trial = closure;
  called++;
  CHECK(trial == running, "another trial's callback");
  CHECK(MutatorInjectDepth() == 1, "depth %u", MutatorInjectDepth());
  trialSkip(trial, context);
  injectDirty(&seed);
}

static void rounds(MutatorInjectBack back, unsigned count) {
  const MutatorInjectOptionsStruct options = {.size = sizeof options, .back = back};
  void *area = injectAttach(2, &options);
  unsigned i;
  called = 0;
  injectHandlerInstall(callback, NULL);
  for (i = 0; i < count; i++) {
    const char *differs;
    running = &trials[i % TrialTrapLIMIT];
    injectHandler.closure = running;
    trialRandom(running, &seed, (i & 7) == 0 ? seed & 0xe7 : 0);
    trialRun(running);
    differs = trialDiffers(running);
    CHECK(differs == NULL, "round %u, trap %u: %s differs", i, i % TrialTrapLIMIT, differs);
  }
  printf("way %d: %lu calls, %lu second traps\n", (int)back, called, injectHandler.returned);
  CHECK(called == count, "%lu calls in %u rounds", called, count);
  CHECK(injectHandler.returned == (back == MutatorInjectBackTRAP ? count : 0), "%lu second traps",
        injectHandler.returned);
  CHECK(MutatorInjectDepth() == 0, "depth");
  injectDetach(area, 2);
}

int main(void) {
  const char *text = getenv("MUTATOR_SEED");
  unsigned char *page = faultTestPageNew(FaultTestPageNOACCESS);
  unsigned i;
  seed = text != NULL ? strtoull(text, NULL, 0) : 20261127;
  printf("seed %llu\n", (unsigned long long)seed);
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  for (i = 0; i < TrialTrapLIMIT; i++)
    trialNew(&trials[i], (TrialTrap)i, page);
  rounds(MutatorInjectBackAUTO, Rounds);
  rounds(MutatorInjectBackTRAP, Rounds / 10);
  return 0;
}
