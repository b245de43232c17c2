/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/checkpoint.c -- taking checkpoints, and which of them stay
 */

#include <string.h>

#include "backstep/backstep.h"

MutatorBool mutatorBackstepAtCheckpoint(Backstep b) {
  return b->checkpoints > 0 && backstepNewest(b)->exact && backstepNewest(b)->tick == b->now;
}

/* One that is not exact is behind its tick's point. */
size_t mutatorBackstepCheckpointBefore(Backstep b, uint64_t tick) {
  size_t i;
  for (i = b->checkpoints; i > 0; --i) {
    BackstepCheckpoint checkpoint = &b->checkpoint[i - 1];
    if (checkpoint->tick < tick || (checkpoint->exact && checkpoint->tick == tick))
      return i - 1;
  }
  return b->checkpoints;
}

/* giving up ---------------------------------------------------------------------- */

void mutatorBackstepRemove(Backstep b, size_t i) {
  BackstepCheckpoint checkpoint = &b->checkpoint[i];
  mutatorBackstepFreeChain(b, &checkpoint->stack);
  b->images[b->checkpointLimit - b->checkpoints] = checkpoint->image;
  b->checkpoints--;
  memmove(checkpoint, checkpoint + 1, (b->checkpoints - i) * sizeof *checkpoint);
}

void mutatorBackstepDropOldest(Backstep b) {
  mutatorBackstepFreeChain(b, &b->checkpoint[0].undo);
  mutatorBackstepRemove(b, 0);
  b->stats.dropped++;
  mutatorBackstepValuesTrim(b);
}

void mutatorBackstepLose(Backstep b) {
  while (b->checkpoints > 0)
    mutatorBackstepDropOldest(b);
  mutatorBackstepOpenAll(b);
  b->stats.lost++;
}

static void markAll(Backstep b, BackstepSlot slot, MutatorBool set) {
  for (; slot != 0; slot = b->entries[slot].next) {
    const BackstepEntryStruct *entry = &b->entries[slot];
    const size_t unit = mutatorBackstepUnit(b, entry->area, entry->address);
    if (set)
      backstepBitSet(entry->area->mark, unit);
    else
      backstepBitClear(entry->area->mark, unit);
  }
}

static MutatorBool isMarked(Backstep b, BackstepSlot slot) {
  const BackstepEntryStruct *entry = &b->entries[slot];
  return backstepBit(entry->area->mark, mutatorBackstepUnit(b, entry->area, entry->address));
}

/* Of a unit that both have, the older bytes are those that it had at the older checkpoint. */
void mutatorBackstepMerge(Backstep b, size_t i) {
  BackstepChain to = &b->checkpoint[i - 1].undo;
  BackstepSlot slot = b->checkpoint[i].undo.first, next;
  markAll(b, to->first, 1);
  for (; slot != 0; slot = next) {
    next = b->entries[slot].next;
    if (isMarked(b, slot))
      mutatorBackstepFree(b, slot);
    else
      mutatorBackstepAppend(b, to, slot);
  }
  markAll(b, to->first, 0);
  mutatorBackstepRemove(b, i);
  b->stats.merged++;
}

/* retention ---------------------------------------------------------------------- */

/* How often the serial can be halved: a checkpoint of a higher level stays longer. */
static unsigned levelOf(const BackstepCheckpointStruct *checkpoint) {
  unsigned level = 0;
  if (!checkpoint->regular)
    return 0;
  while (level < 63 && (checkpoint->serial >> level & 1) == 0)
    ++level;
  return level;
}

static MutatorBool isOld(Backstep b, const BackstepCheckpointStruct *checkpoint, uint64_t serial) {
  return serial > checkpoint->serial && (serial - checkpoint->serial) >> levelOf(checkpoint) >= b->keep;
}

/* Not the first one, to which everything can be taken back. */
static void prune(Backstep b) {
  const uint64_t serial = backstepNewest(b)->serial;
  size_t i;
  for (i = b->checkpoints - 1; i > 1; --i)
    if (isOld(b, &b->checkpoint[i - 1], serial))
      mutatorBackstepMerge(b, i - 1);
}

/* Irregular ones, a client's own, may be many: then the oldest of them go first. */
static void makeRoom(Backstep b) {
  size_t i;
  if (b->checkpoints < b->checkpointLimit)
    return;
  for (i = 1; i + 1 < b->checkpoints; ++i)
    if (!b->checkpoint[i].regular)
      break;
  mutatorBackstepMerge(b, i + 1 < b->checkpoints ? i : 1);
}

/* taking ------------------------------------------------------------------------- */

/* Without a density, every checkpoint is one more. */
static void number(Backstep b, BackstepCheckpoint checkpoint) {
  if (b->density != MutatorBackstepNEVER) {
    checkpoint->serial = b->now / b->density;
    checkpoint->regular = checkpoint->exact && b->now % b->density == 0;
    return;
  }
  checkpoint->serial = b->checkpoints == 0 ? 0 : backstepNewest(b)->serial + 1;
  checkpoint->regular = 1;
}

/* When a region cannot be closed, its memory may have gone: then there is nothing to go back to. */
static MutatorBool closeAll(Backstep b) {
  MutatorBool closed = 1;
  size_t i;
  for (i = 0; i < b->regions; ++i)
    closed &= mutatorBackstepClose(b, b->region[i]) == MutatorResOK;
  return closed;
}

static void add(Backstep b, const BackstepCheckpointStruct *fresh) {
  b->checkpoint[b->checkpoints] = *fresh;
  b->checkpoint[b->checkpoints].image = b->images[b->checkpointLimit - 1 - b->checkpoints];
  b->checkpoints++;
  (void)MutatorInjectImageSave(b->context, b->image + backstepNewest(b)->image * b->imageSize, b->imageSize);
}

/* The stack comes first: making room for it may drop any older checkpoint, and no interval may be open
 * then for a younger one. */
MutatorRes mutatorBackstepCheckpointTake(Backstep b, MutatorBool exact) {
  BackstepCheckpointStruct fresh = {
      .tick = b->now, .exact = exact, .id = b->nextId++, .events = b->events, .values = b->values};
  if (b->checkpoints > 0)
    makeRoom(b);
  number(b, &fresh);
  if (!mutatorBackstepStackSave(b, &fresh.stack)) {
    mutatorBackstepFreeChain(b, &fresh.stack);
    return MutatorResLIMIT;
  }
  add(b, &fresh);
  b->stats.taken++;
  if (!closeAll(b)) {
    mutatorBackstepLose(b);
    return MutatorResACCESS;
  }
  prune(b);
  return MutatorResOK;
}
