/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fault/stay.h -- being inside a callback
 *
 * While a thread stays, nothing that it could find in the index or among the
 * handlers is given back (mutatorPinCallbacks).  One pin, the outermost's, holds
 * for everything nested in it.  What it takes to end a stay is in the thread's
 * OSLocal and not in the stack frame, which a jump may have left.
 */

#ifndef mutator_fault_stay_h
#define mutator_fault_stay_h

#include "core/core.h"
#include "os/os.h"

/* FaultStayStruct -- one stay; in the stack frame of who stays */
typedef struct FaultStayStruct *FaultStay;
typedef struct FaultStayStruct {
  MutatorContext context; /* the callback's, or NULL */
  MutatorBool counted;    /* it has an element of OSLocal's stay[]... */
  MutatorWord saved;      /* ...and this is what was there before */
} FaultStayStruct;

/* mutatorFaultStayHook, End -- a stay of the hook's
 *
 * pre:      the caller has counted itself in `inside`
 * Returns   false when nested too deep: then there is no stay to end
 */
MutatorBool mutatorFaultStayHook(FaultStay stay, const MutatorNativeStruct *native);
void mutatorFaultStayHookEnd(FaultStay stay);

/* mutatorFaultStayIsFirst -- would a stay of the hook's be the thread's only one, in a slot of its own?
 *
 * mutatorFaultStayFirst -- begin it, as mutatorFaultStayHook does, which has to ask for more.
 *
 * slot  `quick` of local
 */
static inline MutatorBool mutatorFaultStayIsFirst(const OSLocalStruct *local, const PinSlotStruct *slot) {
  return slot != NULL && local->stays == 0 && mutatorPinSlotIsFree(slot);
}

static inline void mutatorFaultStayFirst(FaultStay stay, OSLocal local, PinSlot slot) {
  mutatorPinEnterSlot(slot);
  stay->saved = local->stay[0];
  local->stay[0] = (MutatorWord)stay;
  atomicFenceSignal();
  local->stays = 1;
  atomicFenceSignal();
  atomicStoreRelaxed(&local->pin[0], (AtomicWord)&slot->inside);
}

/* mutatorFaultStayBegin, End -- a stay of another function's, in a callback or in none */
void mutatorFaultStayBegin(FaultStay stay);
void mutatorFaultStayEnd(FaultStay stay);

#endif
