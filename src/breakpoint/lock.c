/* SPDX-License-Identifier: BSD-2-Clause
 *
 * breakpoint/lock.c -- one thread at a time
 *
 * A handler may wait here, since who is inside gets on: it is not suspended, no
 * handler but a fault's interrupts it, and it calls nobody's code but the library's.
 */

#include "breakpoint/breakpoint.h"

static AtomicWord owner; /* the thread that is inside, or 0 */
static uint32_t ticks, waiters;

MutatorBool mutatorCodeInside(void) { return atomicLoadRelaxed(&owner) == mutatorOSThread(); }

/* Who waits reads `ticks` before it looks once more; who leaves changes the owner, then looks for waiters. */
static void await(MutatorWord self) {
  enum { PAUSE = 10 };
  uint32_t tick;
  (void)atomicAdd32(&waiters, 1);
  tick = atomicLoad32(&ticks);
  while (!mutatorCoreTake(&owner, self)) {
    mutatorOSWait(&ticks, tick, PAUSE);
    tick = atomicLoad32(&ticks);
  }
  (void)atomicSubtract32(&waiters, 1);
}

static MutatorBool spin(MutatorWord self) {
  unsigned i;
  for (i = 0; i < 100; ++i)
    if (atomicLoadRelaxed(&owner) == 0 && mutatorCoreTake(&owner, self))
      return 1;
  return 0;
}

MutatorBool mutatorCodeEnter(OSSignals before) {
  const MutatorWord self = mutatorOSThread();
  if (atomicLoadRelaxed(&owner) == self)
    return 0;
  mutatorOSInsideBegin();
  mutatorOSSignalsDefer(before);
  if (!spin(self))
    await(self);
  return 1;
}

static void give(void) {
  atomicStore(&owner, 0);
  if (atomicLoad32(&waiters) == 0)
    return;
  (void)atomicAdd32(&ticks, 1);
  mutatorOSWake(&ticks, 1);
}

void mutatorCodeLeave(const OSSignalsStruct *before) {
  give();
  mutatorOSSignalsRelease(before);
  mutatorOSInsideEnd();
}

/* Clients' functions are called with the signals that the thread had. */
void mutatorCodeLeaveHandled(const OSSignalsStruct *before, const CodeStoreStruct *store) {
  if (mutatorCodeTells(store)) {
    mutatorCodeLeave(before);
    mutatorCodeTell(store);
    return;
  }
  give();
  mutatorOSSignalsReturn(before);
  mutatorOSInsideEnd();
}

void mutatorCodeForked(void) {
  atomicStore(&owner, 0);
  waiters = 0;
}
