/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/log.c -- slots of one unit each, in chains
 */

#include "backstep/backstep.h"

static BackstepSlot freeSlot(Backstep b) {
  BackstepSlot slot = b->freed;
  if (slot != 0)
    b->freed = b->entries[slot].next;
  else if (b->fresh <= b->slotCount)
    slot = b->fresh++;
  return slot;
}

void mutatorBackstepAppend(Backstep b, BackstepChain chain, BackstepSlot slot) {
  b->entries[slot].next = 0;
  if (chain->last != 0)
    b->entries[chain->last].next = slot;
  else
    chain->first = slot;
  chain->last = slot;
}

/* The newest checkpoint goes last: without it nothing can be saved. */
BackstepSlot mutatorBackstepTake(Backstep b) {
  BackstepSlot slot;
  while ((slot = freeSlot(b)) == 0 && b->checkpoints > 1)
    mutatorBackstepDropOldest(b);
  b->used += slot != 0;
  return slot;
}

void mutatorBackstepFree(Backstep b, BackstepSlot slot) {
  b->entries[slot].next = b->freed;
  b->freed = slot;
  b->used--;
}

void mutatorBackstepFreeChain(Backstep b, BackstepChain chain) {
  BackstepSlot slot = chain->first, next;
  for (; slot != 0; slot = next) {
    next = b->entries[slot].next;
    mutatorBackstepFree(b, slot);
  }
  chain->first = chain->last = 0;
}
