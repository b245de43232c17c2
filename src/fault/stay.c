/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/stay.c -- being inside a callback, and leaving it by a jump
 */

#include "fault/stay.h"

#include <mutator/fault.h>

/* The hook itself, `depth` faults nested in its callback, and one for the
 * previous handler: what an alternate stack holds (MutatorOptionsStruct). */
static MutatorWord deepest(void) {
  const MutatorOptionsStruct *options = mutatorCoreOptions();
  return options == NULL ? OS_LOCAL_STAYS - 1 : options->depth + 2;
}

/* Word by word: the two have just been stored as words, and a wider load would
 * wait for both stores to leave the CPU's store buffer. */
static void keep(OSLocal local, const PinStruct *pin) {
  atomicStoreRelaxed(&local->pin[0], (AtomicWord)pin->count);
  atomicStoreRelaxed(&local->pin[1], pin->generation);
}

static PinStruct kept(const OSLocalStruct *local) {
  const PinStruct pin = {(AtomicWord *)atomicLoadRelaxed(&local->pin[0]), atomicLoadRelaxed(&local->pin[1])};
  return pin;
}

/* In the thread's own slot if it has one.  The pin's count says which it is: the
 * slot's word, or a stripe's, or NULL when a handler has found its outermost stay just beginning. */
static void enter(OSLocal local, Pin pin) {
  if (local->slot == NULL)
    mutatorPinEnter(&mutatorPinCallbacks, pin);
  else if (mutatorPinSlotIsFree(local->slot)) {
    mutatorPinEnterSlot(local->slot);
    pin->count = &local->slot->inside;
  }
}

static void leave(OSLocal local, Pin pin) {
  if (local->slot != NULL && pin->count == &local->slot->inside)
    mutatorPinLeaveSlot(local->slot);
  else if (pin->count != NULL)
    mutatorPinLeave(&mutatorPinCallbacks, pin);
}

/* A handler may interrupt between any two lines, and pushes and pops as many as
 * it pushed.  What it finds in an element it puts back, so that one that is
 * being filled in is not lost; the pin is not its business once `stays` counts. */
static void push(OSLocal local, FaultStay stay) {
  const MutatorBool outermost = local->stays == 0;
  PinStruct pin = {NULL, 0};
  if (outermost)
    enter(local, &pin);
  stay->saved = local->stay[local->stays];
  local->stay[local->stays] = (MutatorWord)stay;
  atomicFenceSignal();
  ++local->stays;
  atomicFenceSignal();
  if (outermost)
    keep(local, &pin);
}

static void pop(OSLocal local, const FaultStayStruct *stay) {
  PinStruct pin = kept(local);
  atomicFenceSignal();
  --local->stays;
  atomicFenceSignal();
  if (stay != NULL)
    local->stay[local->stays] = stay->saved;
  if (local->stays == 0)
    leave(local, &pin);
}

/* Each stay of the hook's has one part of `inside`, which whoever jumped has not given back. */
static void popAbandoned(OSLocal local, const MutatorNativeStruct *native, MutatorWord here) {
  while (local->stays > 0 && mutatorOSAbandoned(native, local->stay[local->stays - 1], here)) {
    pop(local, NULL);
    --local->inside;
  }
}

MutatorBool mutatorFaultStayHook(FaultStay stay, const MutatorNativeStruct *native) {
  OSLocal local = mutatorOSLocal();
  popAbandoned(local, native, (MutatorWord)stay);
  if (local->stays >= deepest())
    return 0;
  push(local, stay);
  return 1;
}

/* Not on top when the callback has called MutatorFaultLeave and then returned
 * all the same: its part of `inside`, which the hook's end gives back, is gone. */
void mutatorFaultStayHookEnd(FaultStay stay) {
  OSLocal local = mutatorOSLocal();
  if (local->stays > 0 && local->stay[local->stays - 1] == (MutatorWord)stay)
    pop(local, stay);
  else
    ++local->inside;
}

void mutatorFaultStayBegin(FaultStay stay) {
  OSLocal local = mutatorOSLocal();
  stay->context = NULL;
  stay->counted = local->stays == 0;
  if (!stay->counted)
    return;
  mutatorOSInsideBegin();
  push(local, stay);
}

void mutatorFaultStayEnd(FaultStay stay) {
  OSLocal local = mutatorOSLocal();
  if (!stay->counted || local->stays == 0 || local->stay[local->stays - 1] != (MutatorWord)stay)
    return;
  pop(local, stay);
  mutatorOSInsideEnd();
}

/* The frames are alive: their owner is asking. */
static const FaultStayStruct *frame(const OSLocalStruct *local, MutatorWord stay) {
  return (const FaultStayStruct *)local->stay[stay];
}

MutatorRes MutatorFaultLeave(MutatorContext context) {
  OSLocal local = mutatorOSLocal();
  MutatorWord keep = local->stays;
  if (keep == 0)
    return MutatorResSTATE;
  while (context != NULL && keep > 0 && frame(local, keep - 1)->context != context)
    --keep;
  if (keep == 0 && context != NULL)
    return MutatorResPARAM;
  keep = context == NULL ? 0 : keep - 1;
  while (local->stays > keep) {
    pop(local, frame(local, local->stays - 1));
    mutatorOSInsideEnd();
  }
  return MutatorResOK;
}
