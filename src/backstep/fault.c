/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/fault.c -- in the handler: the trap of a tick, and first writes
 */

#include "backstep/backstep.h"

/* Without an injection there is nothing that a tick can do: it goes on, and looks again later. */
static void passTrap(Backstep b, MutatorContext context, MutatorRes res) {
  (void)MutatorContextSetRegister(context, MutatorRegisterPC, mutatorArchTrapAfter());
  b->stats.refused += b->request == BackstepRequestTICK;
  b->request = BackstepRequestTICK;
  b->result = res;
  if (b->started)
    mutatorBackstepCountTo(b, b->next + 1);
}

/* A signal that somebody sent may have come just before the trap. */
static MutatorFaultResult onTrap(Backstep b, MutatorContext context) {
  MutatorRes res;
  if (!backstepIsMutator(b) || MutatorContextKind(context) != MutatorFaultKindGENERAL)
    return MutatorFaultDECLINED;
  res = MutatorInject(context, mutatorBackstepRun, b, NULL);
  if (res != MutatorResOK)
    passTrap(b, context, MutatorResLIMIT);
  return MutatorFaultHANDLED;
}

static void countForeign(Backstep b, MutatorWord address) {
  if (backstepIsMutator(b))
    return;
  b->stats.foreign++;
  b->stats.foreignAddress = (void *)address;
}

/* What the client does not allow is for the client's own handler to see, with the unit saved. */
static MutatorFaultResult onWrite(Backstep b, BackstepRegion region, MutatorWord address, MutatorContext context) {
  const size_t unit = mutatorBackstepUnit(b, &region->data, address);
  MutatorBool opened;
  countForeign(b, address);
  b->stats.faults++;
  if ((region->wanted[unit] & MutatorAccessWRITE) == 0) {
    mutatorBackstepSaveClosed(b, region, unit);
    return MutatorFaultDECLINED;
  }
  if (mutatorBackstepWatched(b, region, unit))
    opened = mutatorBackstepSearchWrite(b, region, unit, context);
  else
    opened = mutatorBackstepOpen(b, region, unit);
  return opened ? MutatorFaultHANDLED : MutatorFaultDECLINED;
}

/* Held by another thread: the instruction is tried again, and faults again.
 * Held by this thread: the library's own access has gone wrong. */
static MutatorFaultResult onFault(Backstep b, MutatorContext context, MutatorWord address) {
  MutatorFaultResult result = MutatorFaultDECLINED;
  BackstepRegion region;
  OSSignalsStruct signals;
  if (!mutatorBackstepEnter(b, &signals, 0))
    return atomicLoad(&b->holder) == mutatorOSThread() ? MutatorFaultDECLINED : MutatorFaultHANDLED;
  region = mutatorBackstepFind(b, address);
  if (region != NULL)
    result = onWrite(b, region, address, context);
  mutatorBackstepLeave(b, &signals);
  return result;
}

MutatorFaultResult mutatorBackstepFault(MutatorFaultHandler handler, MutatorContext context, void *closure) {
  Backstep b = closure;
  const MutatorWord low = atomicLoad(&b->low);
  void *address;
  (void)handler;
  if ((MutatorWord)MutatorContextPC(context) == mutatorArchTrapAt())
    return onTrap(b, context);
  if (MutatorContextAddress(context, &address) != MutatorResOK ||
      (MutatorWord)address - low >= atomicLoad(&b->high) - low ||
      (MutatorContextAccess(context) & MutatorAccessWRITE) == 0 ||
      MutatorContextKind(context) != MutatorFaultKindPROTECTION)
    return MutatorFaultDECLINED;
  return onFault(b, context, (MutatorWord)address);
}
