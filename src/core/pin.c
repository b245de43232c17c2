/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/pin.c -- readers counted in stripes, with epochs
 *
 * Every operation here on an epoch or a count is sequentially consistent, so
 * there is one order of all of them, "before" below.  The epoch only grows.
 *
 * Lemma 1.  A reader whose Enter found epoch r keeps the epoch at or below
 * r + 1 until it leaves.
 *   It incremented count[r & 1] of its stripe, and then found the epoch still
 *   r.  Only Advance changes the epoch.  An Advance to r + 2 has read epoch
 *   r + 1, after the epoch left r, so after the reader's second look and after
 *   its increment; and after that it read every count[r & 1].  Each of those
 *   words is at all times the number of increments less the number of
 *   decrements that followed an increment of the same word, so this one was at
 *   least 1 until the reader left, and Advance gave up.
 *   (The swap of an Advance that was delayed fails unless the epoch is still
 *   what it read.  For it to be the same after wrapping, a thread would have to
 *   sleep through 2^32 epochs, on 32-bit CPUs, and wake up exactly there.)
 *
 * Lemma 2.  What was unlinked in epoch u, or earlier, is not in use when the
 * epoch has reached u + 2.
 *   A reader that can have it loaded a link to it before it was unlinked, in a
 *   stay it entered in an epoch r <= u.  By lemma 1 that stay is over when the
 *   epoch is r + 2 <= u + 2.
 *
 * Whoever unlinks reads u after unlinking, since an epoch read before may have
 * passed meanwhile.
 *
 * An Enter that finds the epoch changed has incremented a count that an Advance
 * may be waiting for; it undoes that and tries again.  It repeats only if the
 * epoch has advanced, that is, if some other thread has got on: lock-free.
 *
 * Slots.  A stay in a slot is a plain store of the epoch that the reader has
 * loaded, with no fence between the store and the loads of links that follow.
 * Lemma 2 holds for it all the same.  The Advance to u + 2 began, with its
 * read of epoch u + 1, after what it is about was unlinked; then every thread
 * passed a full fence (mutatorOSBarrier), and then it looked at every slot.
 * Say that the reader's fence came before its store: then the loads after the store
 * see the link as it is since it was unlinked.  Or after it: then Advance saw the
 * slot as the reader left it, or later.  If the reader was still inside, and
 * Advance went on, it had marked epoch u + 1: it loaded that from the swap of the
 * Advance to u + 1, which came after the link was changed, and then the link.  In each
 * case it is not inside with what was unlinked.  A reader that marks an
 * epoch that is long over only keeps the epoch where it is.
 *
 * A slot is for one thread, and the handlers that interrupt it.  One that finds
 * a mark leaves it: the older epoch holds for both.
 *
 * Two parities are enough.  In epoch e the readers inside entered in e or in
 * e - 1; Advance waits for those of e - 1, whose counts the readers of e + 1
 * will use.
 */

#include "core/pin.h"

PinSlotStruct mutatorPinSlots[PIN_SLOTS];
PinSetStruct mutatorPinIndex;
PinSetStruct mutatorPinCallbacks;

void mutatorPinEnter(PinSet set, Pin pin) {
  PinStripeStruct *stripe = &set->stripe[stripeHere()];
  uintptr_t epoch = atomicLoad(&set->epoch);

  for (;;) {
    uintptr_t now;
    pin->count = &stripe->count[epoch & 1];
    (void)atomicAdd(pin->count, 1);
    now = atomicLoad(&set->epoch);
    if (now == epoch)
      break;
    (void)atomicSubtract(pin->count, 1);
    epoch = now;
  }
  pin->generation = atomicLoad(&set->generation);
}

/* In a child that was forked during the stay the count has been reset. */
void mutatorPinLeave(PinSet set, Pin pin) {
  if (atomicLoad(&set->generation) == pin->generation)
    (void)atomicSubtract(pin->count, 1);
}

MutatorWord mutatorPinEpoch(PinSet set) { return atomicLoad(&set->epoch); }

static MutatorBool pinEmpty(PinSet set, unsigned parity) {
  unsigned i;
  for (i = 0; i < STRIPE_COUNT; ++i) {
    if (atomicLoad(&set->stripe[i].count[parity]) != 0)
      return 0;
  }
  return 1;
}

void mutatorPinAdvanceFrom(PinSet set, MutatorWord epoch) {
  if (pinEmpty(set, (epoch - 1) & 1))
    (void)atomicCompareAndSwap(&set->epoch, &epoch, epoch + 1);
}

void mutatorPinAdvance(PinSet set) { mutatorPinAdvanceFrom(set, mutatorPinEpoch(set)); }

void mutatorPinForked(PinSet set) {
  unsigned i;
  (void)atomicAdd(&set->generation, 1);
  for (i = 0; i < STRIPE_COUNT; ++i) {
    atomicStore(&set->stripe[i].count[0], 0);
    atomicStore(&set->stripe[i].count[1], 0);
  }
}
