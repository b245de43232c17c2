/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/hold.c -- one thread at a time
 */

#include "backstep/backstep.h"

/* Signals are held back first: a handler of this thread's that interrupted us
 * and wrote to a region would wait for itself. */
MutatorBool mutatorBackstepEnter(Backstep b, OSSignals signals, MutatorBool wait) {
  const AtomicWord self = mutatorOSThread();
  mutatorOSSignalsHold(signals);
  do
    if (mutatorCoreTake(&b->holder, self))
      return 1;
  while (wait && atomicLoadRelaxed(&b->holder) != self);
  mutatorOSSignalsRelease(signals);
  return 0;
}

void mutatorBackstepLeave(Backstep b, const OSSignalsStruct *signals) {
  atomicStore(&b->holder, 0);
  mutatorOSSignalsRelease(signals);
}
