/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/setup_pin.c -- threads' own places among the pins, and who waits for them
 */

#include "core/pin.h"
#include "os/os.h"

static AtomicWord used; /* slots at or above it have never been taken */

static void raiseUsed(size_t count) {
  AtomicWord before = atomicLoad(&used);
  while (before < count && !atomicCompareAndSwap(&used, &before, count))
    continue;
}

static PinSlot take(void) {
  size_t i;
  for (i = 0; i < PIN_SLOTS; ++i) {
    AtomicWord none = 0;
    if (atomicLoadRelaxed(&mutatorPinSlots[i].taken) == 0 &&
        atomicCompareAndSwap(&mutatorPinSlots[i].taken, &none, 1)) {
      raiseUsed(i + 1);
      return &mutatorPinSlots[i];
    }
  }
  return NULL;
}

void mutatorPinSlotTake(void) {
  OSLocal local = mutatorOSLocal();
  if (local->slot == NULL && mutatorOSBarrier())
    local->slot = take();
}

/* One that is inside stays so, and is nobody else's: its thread has left a callback
 * for good, by exiting. */
void mutatorCoreThreadExit(void) {
  OSLocal local = mutatorOSLocal();
  PinSlot slot = local->slot;
  if (slot == NULL || atomicLoad(&slot->inside) != 0)
    return;
  local->slot = NULL;
  local->quick = NULL;
  atomicFenceSignal();
  atomicStore(&slot->taken, 0);
}

/* pin.c says why. */
static MutatorBool slotsPermit(MutatorWord epoch) {
  const AtomicWord mark = mutatorPinMark(epoch);
  size_t i;
  if (atomicLoad(&used) == 0)
    return 1;
  if (!mutatorOSBarrier())
    return 0;
  for (i = 0; i < atomicLoad(&used); ++i) {
    const AtomicWord inside = atomicLoad(&mutatorPinSlots[i].inside);
    if (inside != 0 && inside != mark)
      return 0;
  }
  return 1;
}

void mutatorPinAdvanceCallbacks(void) {
  const MutatorWord epoch = mutatorPinEpoch(&mutatorPinCallbacks);
  if (slotsPermit(epoch))
    mutatorPinAdvanceFrom(&mutatorPinCallbacks, epoch);
}

void mutatorPinSlotsForked(void) {
  PinSlot own = mutatorOSLocal()->slot;
  size_t i;
  for (i = 0; i < atomicLoad(&used); ++i) {
    atomicStore(&mutatorPinSlots[i].inside, 0);
    atomicStore(&mutatorPinSlots[i].taken, &mutatorPinSlots[i] == own);
  }
}
