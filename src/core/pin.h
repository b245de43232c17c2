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
extern PinSetStruct mutatorPinCallbacks;

/* mutatorPinEnter, Leave -- a stay; stays may nest, and leave in any order
 *
 * pre:  pin is not in use; Leave is given what Enter filled in
 */
void mutatorPinEnter(PinSet set, Pin pin);
void mutatorPinLeave(PinSet set, Pin pin);

/* mutatorPinEpoch -- the epoch; only differences mean anything, and it wraps
 *
 * Within a stay it advances at most once.  When it has advanced twice since
 * something was unlinked, nobody uses that any more.
 */
MutatorWord mutatorPinEpoch(PinSet set);

/* mutatorPinAdvance -- advance the epoch by one, if readers permit it now */
void mutatorPinAdvance(PinSet set);

/* mutatorPinForked -- in a forked child, where one thread is left: nobody is inside
 *
 * A stay of the forking thread itself is forgotten as well.
 */
void mutatorPinForked(PinSet set);

#endif
