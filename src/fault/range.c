/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/range.c -- memory whose faults a client answers
 *
 * Whether a range is registered is for the index alone to say: a structure may
 * be a stale copy, or memory used for the first time.
 */

#include "fault/range.h"

static MutatorBool rangeCheck(MutatorFaultRange range) {
  return coreAligned(range) && range->signature == CORE_SIGNATURE_RANGE && range->size == sizeof *range;
}

static MutatorFaultRange findPinned(MutatorWord address) {
  MutatorFaultRange range;
  PinStruct pin;
  mutatorPinEnter(&mutatorPinIndex, &pin);
  range = mutatorIndexFind(address);
  mutatorPinLeave(&mutatorPinIndex, &pin);
  return range;
}

MutatorFaultRange mutatorRangeHolding(MutatorWord address) {
  IndexRangeStruct found;
  MutatorWord changes;
  void *range = mutatorIndexLook(address, &found, &changes);
  return range == INDEX_UNSURE ? findPinned(address) : range;
}

/* Whoever interrupts this, and jumps away, leaves a memory of nothing. */
MutatorFaultRange mutatorRangeRemember(OSLocal local, MutatorWord address) {
  IndexRangeStruct found;
  MutatorWord changes;
  void *range = mutatorIndexLook(address, &found, &changes);
  if (range == INDEX_UNSURE)
    return findPinned(address);
  if (range == NULL)
    return NULL;
  local->rangeSize = 0;
  atomicFenceSignal();
  local->range = range;
  local->rangeBase = found.base;
  local->rangeChanges = changes;
  atomicFenceSignal();
  local->rangeSize = found.limit - found.base;
  return range;
}

MutatorFaultRange mutatorRangeNext(MutatorWord address) {
  MutatorFaultRange range;
  MutatorWord base;
  PinStruct index;
  mutatorPinEnter(&mutatorPinIndex, &index);
  range = mutatorIndexNext(address, &base);
  mutatorPinLeave(&mutatorPinIndex, &index);
  return range;
}

static MutatorBool windowHolds(MutatorWindow window, MutatorWord base, MutatorWord limit) {
  MutatorWord windowBase = (MutatorWord)MutatorWindowBase(window);
  return window == NULL ||
         (MutatorWindowCheck(window) && base >= windowBase && limit - windowBase <= MutatorWindowSize(window));
}

MutatorRes MutatorFaultRangeAdd(MutatorFaultRange range, void *base, void *limit, MutatorFaultCallback callback,
                                void *closure, MutatorWindow window) {
  const MutatorFaultRangeStruct fresh = {.signature = CORE_SIGNATURE_RANGE,
                                         .size = sizeof fresh,
                                         .base = (MutatorWord)base,
                                         .limit = (MutatorWord)limit,
                                         .callback = callback,
                                         .closure = closure,
                                         .window = window};
  MutatorFaultRangeStruct before;
  MutatorRes res;
  if (!coreAligned(range) || fresh.base >= fresh.limit || callback == NULL)
    return MutatorResPARAM;
  if (mutatorCoreOptions() == NULL)
    return MutatorResSTATE;
  if (!windowHolds(window, fresh.base, fresh.limit))
    return MutatorResPARAM;
  if (rangeCheck(range) && mutatorRangeHolding(range->base) == range)
    return MutatorResSTATE;
  before = *range;
  *range = fresh;
  res = mutatorIndexAdd(fresh.base, fresh.limit, range);
  if (res != MutatorResOK)
    *range = before;
  return res;
}

/* The structure stays as it is: another thread may be inside its callback. */
MutatorRes MutatorFaultRangeRemove(MutatorFaultRange range) {
  return rangeCheck(range) ? mutatorIndexRemove(range->base, range) : MutatorResPARAM;
}

MutatorRes MutatorFaultRangeFind(void *address, MutatorFaultRange *rangeReturn) {
  MutatorFaultRange range;
  if (rangeReturn == NULL)
    return MutatorResPARAM;
  range = mutatorRangeHolding((MutatorWord)address);
  if (range == NULL)
    return MutatorResFAIL;
  *rangeReturn = range;
  return MutatorResOK;
}

void *MutatorFaultRangeBase(MutatorFaultRange range) { return rangeCheck(range) ? (void *)range->base : NULL; }

void *MutatorFaultRangeLimit(MutatorFaultRange range) { return rangeCheck(range) ? (void *)range->limit : NULL; }

MutatorWindow MutatorFaultRangeWindow(MutatorFaultRange range) { return rangeCheck(range) ? range->window : NULL; }

void *MutatorFaultRangeClosure(MutatorFaultRange range) { return rangeCheck(range) ? range->closure : NULL; }
