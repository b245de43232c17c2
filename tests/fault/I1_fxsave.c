/* SPDX-License-Identifier: BSD-2-Clause
 *
 * I1: the trampoline of a CPU, or a system, without XSAVE: x87 and SSE come back
 *
 * Between the handler and the trampoline the frame's mask is set as such a
 * record would have it.
 */

#include "inject/inject.h"
#include "support/fault_test.h"
#include "support/inject_trial.h"

enum { Rounds = 20000, LegacyCOMPONENTS = 3 };

static TrialStruct trials[TrialTrapLIMIT];
static uint64_t seed = 12;
static unsigned long called, masked;

/* The trampoline has the frame in that register. */
static void withoutXsave(MutatorContext context) {
  MutatorWord frame = 0;
  CHECK(MutatorContextGetRegister(context, (MutatorRegister)FaultTestBX, &frame) == MutatorResOK, "frame");
  ((InjectFrame)(void *)frame)->arch.mask = 0;
  masked++;
}

/* Only what FXSAVE saves: nobody would bring the rest back. */
static void callback(MutatorContext context, void *closure) {
  TrialStruct *trial = closure;
  called++;
  injectDirtyLegacy(&seed);
  trialSkip(trial, context);
}

int main(void) {
  void *area;
  unsigned i;
  CHECK(MutatorFaultSetup(NULL) == MutatorResOK, "set-up");
  area = injectAttach(1, NULL);
  for (i = 0; i < TrialTrapLIMIT; i++)
    trialNew(&trials[i], (TrialTrap)i, faultTestPageNew(FaultTestPageNOACCESS));
  injectHandler.injected = withoutXsave;
  injectHandlerInstall(callback, NULL);
  for (i = 0; i < Rounds; i++) {
    TrialStruct *trial = &trials[i % TrialTrapLIMIT];
    injectHandler.closure = trial;
    trialRandom(trial, &seed, ~(uint64_t)LegacyCOMPONENTS);
    trial->data->mask = LegacyCOMPONENTS;
    trialRun(trial);
    CHECK(trialDiffers(trial) == NULL, "round %u: %s differs", i, trialDiffers(trial));
  }
  CHECK(called == Rounds && masked == Rounds, "%lu calls, %lu masked", called, masked);
  CHECK(injectHandler.returned == 0, "%lu second traps", injectHandler.returned);
  injectDetach(area, 1);
  return 0;
}
