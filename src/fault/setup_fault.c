/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/setup_fault.c -- the hook, alternate stacks, and waiting for callbacks to end
 */

#include "core/core.h"
#include "os/os.h"

/* On a thread's alternate stack there is no giving it another; the hook works all the same. */
static MutatorRes install(void) {
  MutatorRes res = mutatorOSStackInstall(mutatorCoreOptions()->depth);
  return res == MutatorResMEMORY ? res : mutatorOSHookInstall();
}

/* MutatorSetup takes the same lock, so it is called outside. */
MutatorRes MutatorFaultSetup(const MutatorOptionsStruct *options) {
  MutatorRes res = MutatorSetup(options);
  if (res != MutatorResOK)
    return res;
  mutatorOSSetupLock();
  res = install();
  mutatorOSSetupUnlock();
  return res;
}

MutatorRes MutatorFaultFinish(void) {
  MutatorRes res;
  mutatorOSSetupLock();
  res = mutatorOSHookRemove();
  mutatorOSSetupUnlock();
  return res;
}

MutatorRes MutatorFaultStackInstall(void) {
  const MutatorOptionsStruct *options = mutatorCoreOptions();
  return options == NULL ? MutatorResSTATE : mutatorOSStackInstall(options->depth);
}

MutatorRes MutatorFaultStackRemove(void) { return mutatorOSStackRemove(); }

/* Everybody who was inside the set has left when its epoch has advanced twice.
 * Most callbacks last for microseconds, so it pays to look again before sleeping. */
#define LOOKS 100

static MutatorBool everybodyLeft(PinSet set, MutatorWord start) {
  unsigned i;
  for (i = 0; i < LOOKS && mutatorPinEpoch(set) - start < 2; ++i)
    mutatorPinAdvance(set);
  return mutatorPinEpoch(set) - start >= 2;
}

static MutatorBool await(PinSet set, unsigned *timeout) {
  MutatorWord start = mutatorPinEpoch(set);
  while (!everybodyLeft(set, start)) {
    if (*timeout == 0)
      return 0;
    --*timeout;
    mutatorOSPause();
  }
  return 1;
}

/* Who found a removed range in the index enters the callbacks before leaving the
 * index (mutatorRangeEnter), so this order misses nobody. */
MutatorRes MutatorFaultQuiesce(unsigned timeout) {
  if (mutatorCoreOptions() == NULL)
    return MutatorResSTATE;
  return await(&mutatorPinIndex, &timeout) && await(&mutatorPinCallbacks, &timeout) ? MutatorResOK : MutatorResBUSY;
}
