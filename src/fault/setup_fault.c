/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/setup_fault.c -- the hook, alternate stacks, and waiting for callbacks to end
 */

#include <mutator/fault.h>

#include <string.h>

#include "core/core.h"
#include "os/os.h"

static MutatorFaultOptionsStruct inForce; /* guarded by the set-up lock; as initialised while not installed */
static AtomicWord callbackStack = 8192;   /* for MutatorFaultStackInstall, which takes no lock */

static void initOptions(MutatorFaultOptions options) {
  memset(options, 0, sizeof *options);
  options->signature = CORE_SIGNATURE_FAULT_OPTIONS;
  options->size = sizeof *options;
  options->callbackStack = 8192;
}

MutatorRes MutatorFaultOptionsInit(MutatorFaultOptions options) {
  if (!coreAligned(options))
    return MutatorResPARAM;
  initOptions(options);
  return MutatorResOK;
}

#define HOOKS (MutatorFaultHookILLEGAL | MutatorFaultHookTRAP | MutatorFaultHookFLOAT)

static MutatorBool optionsCheck(const MutatorFaultOptionsStruct *options) {
  return coreAligned(options) && options->signature == CORE_SIGNATURE_FAULT_OPTIONS &&
         options->size == sizeof *options && (options->hook & ~(MutatorFaultHook)HOOKS) == 0 &&
         (options->earlierFirst == 0 || options->earlierFirst == 1) && options->callbackStack <= (size_t)1 << 24;
}

static MutatorRes prepareThread(size_t depth, size_t callback) {
  const MutatorRes res = mutatorOSStackInstall(depth, callback);
  if (res == MutatorResOK)
    mutatorPinSlotTake();
  return res;
}

/* On a thread's alternate stack there is no giving it another; the hook works all the same. */
static MutatorRes install(const MutatorFaultOptionsStruct *wanted) {
  MutatorRes res = prepareThread(mutatorCoreOptions()->depth, wanted->callbackStack);
  if (res != MutatorResMEMORY)
    res = mutatorOSHookInstall(wanted->hook, wanted->earlierFirst);
  if (res != MutatorResOK)
    return res;
  inForce = *wanted;
  atomicStore(&callbackStack, wanted->callbackStack);
  return MutatorResOK;
}

static MutatorRes installOrAdd(const MutatorFaultOptionsStruct *options) {
  MutatorFaultOptionsStruct wanted;
  const MutatorBool installed = inForce.signature != 0;
  initOptions(&wanted);
  if (installed)
    wanted = inForce;
  if (options != NULL && installed &&
      (options->earlierFirst != inForce.earlierFirst || options->callbackStack != inForce.callbackStack))
    return MutatorResSTATE;
  if (options != NULL) {
    const MutatorFaultHook before = wanted.hook;
    wanted = *options;
    wanted.hook |= before;
  }
  return install(&wanted);
}

MutatorRes MutatorFaultSetup(const MutatorOptionsStruct *options) { return MutatorFaultSetupWith(options, NULL); }

/* MutatorSetup takes the same lock, so it is called outside. */
MutatorRes MutatorFaultSetupWith(const MutatorOptionsStruct *options, const MutatorFaultOptionsStruct *faultOptions) {
  MutatorRes res;
  if (faultOptions != NULL && !optionsCheck(faultOptions))
    return MutatorResPARAM;
  res = MutatorSetup(options);
  if (res != MutatorResOK)
    return res;
  mutatorOSSetupLock();
  res = installOrAdd(faultOptions);
  mutatorOSSetupUnlock();
  return res;
}

MutatorRes MutatorFaultFinish(void) {
  MutatorRes res;
  mutatorOSSetupLock();
  res = mutatorOSHookRemove();
  if (res == MutatorResOK)
    memset(&inForce, 0, sizeof inForce);
  mutatorOSSetupUnlock();
  return res;
}

MutatorRes MutatorFaultStackInstall(void) {
  const MutatorOptionsStruct *options = mutatorCoreOptions();
  return options == NULL ? MutatorResSTATE : prepareThread(options->depth, atomicLoad(&callbackStack));
}

MutatorRes MutatorFaultStackRemove(void) { return mutatorOSStackRemove(); }

/* Everybody who was inside the set has left when its epoch has advanced twice.
 * Most callbacks last for microseconds, so it pays to look again before sleeping. */
#define LOOKS 100

static void advance(PinSet set) {
  if (set == &mutatorPinCallbacks)
    mutatorPinAdvanceCallbacks();
  else
    mutatorPinAdvance(set);
}

static MutatorBool everybodyLeft(PinSet set, MutatorWord start) {
  unsigned i;
  for (i = 0; i < LOOKS && mutatorPinEpoch(set) - start < 2; ++i)
    advance(set);
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

/* Who finds a range in order to use it has entered the callbacks before. */
MutatorRes MutatorFaultQuiesce(unsigned timeout) {
  if (mutatorCoreOptions() == NULL)
    return MutatorResSTATE;
  return await(&mutatorPinIndex, &timeout) && await(&mutatorPinCallbacks, &timeout) ? MutatorResOK : MutatorResBUSY;
}
