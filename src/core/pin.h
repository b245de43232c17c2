/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/pin.h -- readers that nobody waits for, counted so that memory can be reused
 *
 * A reader enters a pin set, reads shared structures, and leaves.  Who unlinks
 * something learns from the set's epoch when every reader that could have seen
 * it has left.  Nothing here blocks, and any function may be called in a
 * handler that has interrupted any other.  pin.c has the proof.
 */

#ifndef mutator_core_pin_h
#define mutator_core_pin_h

#include <mutator/types.h>

#include "cc/atomic.h"
#include "core/stripe.h"

/* PinStripeStruct -- readers of the even and of the odd epochs */
typedef struct PinStripeStruct {
  _Alignas(STRIPE_BYTES) AtomicWord count[2];
} PinStripeStruct;

typedef struct PinSetStruct *PinSet;
typedef struct PinSetStruct {
  _Alignas(STRIPE_BYTES) AtomicWord epoch;
  AtomicWord generation; /* forks so far */
  PinStripeStruct stripe[STRIPE_COUNT];
} PinSetStruct;

/* PinStruct -- one reader's stay; in the reader's stack frame */
typedef struct PinStruct *Pin;
typedef struct PinStruct {
  AtomicWord *count;
  uintptr_t generation;
} PinStruct;

/* The two sets.  A stay in the index is short; a stay in a callback may be
 * long, and must not keep the index from recycling its nodes. */
extern PinSetStruct mutatorPinIndex;
extern COMPILER_WITHIN PinSetStruct mutatorPinCallbacks;

/* PinSlotStruct -- one thread's place in mutatorPinCallbacks, for stays that cost it no fence
 *
 * Who advances the epoch makes every thread pass a fence instead.
 */
#define PIN_SLOTS 1024
typedef struct PinSlotStruct *PinSlot;
typedef struct PinSlotStruct {
  _Alignas(STRIPE_BYTES) AtomicWord inside; /* 0, or what mutatorPinMark makes of the epoch in which the stay began */
  AtomicWord taken;
} PinSlotStruct;

extern PinSlotStruct mutatorPinSlots[PIN_SLOTS];

static inline uintptr_t mutatorPinMark(uintptr_t epoch) { return epoch << 1 | 1; }

/* mutatorPinEnter, Leave -- a stay; stays may nest, and leave in any order
 *
 * pre:  pin is not in use; Leave is given what Enter filled in
 */
void mutatorPinEnter(PinSet set, Pin pin);
void mutatorPinLeave(PinSet set, Pin pin);

/* mutatorPinEnterSlot, LeaveSlot -- a stay in mutatorPinCallbacks, in the calling thread's slot
 *
 * pre:  the slot is the calling thread's, and free: a stay that begins in another is part of that
 */
static inline MutatorBool mutatorPinSlotIsFree(const PinSlotStruct *slot) {
  return atomicLoadRelaxed(&slot->inside) == 0;
}
static inline void mutatorPinEnterSlot(PinSlot slot) {
  atomicStoreRelaxed(&slot->inside, mutatorPinMark(atomicLoad(&mutatorPinCallbacks.epoch)));
  atomicFenceSignal();
}
static inline void mutatorPinLeaveSlot(PinSlot slot) { atomicStoreRelease(&slot->inside, 0); }

/* mutatorPinEpoch -- the epoch; only differences mean anything, and it wraps
 *
 * Within a stay it advances at most once.  When it has advanced twice since
 * something was unlinked, nobody uses that any more.
 */
MutatorWord mutatorPinEpoch(PinSet set);

/* mutatorPinAdvance -- advance the epoch by one, if readers permit it now
 *
 * pre:  the set is not mutatorPinCallbacks
 */
void mutatorPinAdvance(PinSet set);

/* mutatorPinAdvanceFrom -- the same from that epoch, as far as those go who are counted in stripes */
void mutatorPinAdvanceFrom(PinSet set, MutatorWord epoch);

/* mutatorPinAdvanceCallbacks -- the same for mutatorPinCallbacks (setup_pin.c) */
void mutatorPinAdvanceCallbacks(void);

/* mutatorPinSlotTake -- a slot for the calling thread, until it exits (setup_pin.c)
 *
 * Does nothing when there is none, or the system has no fence for all threads:
 * the thread's stays are counted in stripes then.
 *
 * pre:  the port calls mutatorCoreThreadExit when the thread exits
 */
void mutatorPinSlotTake(void);

/* mutatorPinSlotsForked -- in a forked child: nobody is inside, and the calling thread's slot alone is taken (setup_pin.c) */
void mutatorPinSlotsForked(void);

/* mutatorPinForked -- in a forked child, where one thread is left: nobody is inside
 *
 * A stay of the forking thread itself is forgotten as well.
 */
void mutatorPinForked(PinSet set);

#endif
