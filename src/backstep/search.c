/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/search.c -- back to the last tick at which a word had another value
 *
 * The youngest interval that has saved the word's unit is replayed.  The unit
 * stays closed meanwhile: each write to it is stepped, and the word looked at
 * before the first of each tick.  If it has always been what it is now, the next older such
 * interval is replayed.
 */

#include "backstep/backstep.h"

MutatorBool mutatorBackstepWatched(Backstep b, BackstepRegion region, size_t unit) {
  return b->search.active && b->search.area == &region->data && b->search.unit == unit;
}

static MutatorBool hasUnit(Backstep b, const BackstepCheckpointStruct *checkpoint) {
  const MutatorWord address = mutatorBackstepAddress(b, b->search.area, b->search.unit);
  BackstepSlot slot;
  for (slot = checkpoint->undo.first; slot != 0; slot = b->entries[slot].next)
    if (b->entries[slot].address == address)
      return 1;
  return 0;
}

/* The youngest that is older than the one that was replayed; the number of checkpoints when there is none. */
static size_t candidate(Backstep b) {
  size_t i;
  for (i = b->checkpoints; i > 0; --i)
    if (b->checkpoint[i - 1].id < b->search.id && hasUnit(b, &b->checkpoint[i - 1]))
      return i - 1;
  return b->checkpoints;
}

static void look(Backstep b, uint64_t tick) {
  if (b->search.exact && *b->search.word != b->search.value)
    b->search.found = tick;
}

/* An interval ends at the next checkpoint's tick, or behind it when that one is between two ticks. */
static uint64_t endOf(Backstep b, size_t i) {
  if (i + 1 == b->checkpoints)
    return b->search.end;
  return b->checkpoint[i + 1].tick + !b->checkpoint[i + 1].exact;
}

static MutatorRes replay(Backstep b, size_t i) {
  const uint64_t end = endOf(b, i);
  const uint64_t id = b->checkpoint[i].id;
  const MutatorBool exact = b->checkpoint[i].exact;
  const MutatorRes res = mutatorBackstepRestore(b, i);
  if (res != MutatorResOK)
    return res;
  b->search.id = id;
  b->search.end = end < b->search.end ? end : b->search.end;
  b->search.found = b->search.last = b->search.step = MutatorBackstepNEVER;
  b->search.active = b->search.exact = 1;
  if (exact)
    look(b, b->now);
  b->search.exact = exact;
  b->target = MutatorBackstepNEVER;
  return MutatorResOK;
}

/* Found at a tick, or not: then at the tick where the search began. */
static void finish(Backstep b, MutatorBackstepReason reason, uint64_t tick) {
  b->search.active = 0;
  if (mutatorBackstepGoBack(b, tick) != MutatorResOK)
    b->target = b->now;
  b->reason = reason;
}

/* The end of the interval. */
static void ended(Backstep b) {
  size_t i;
  look(b, b->now);
  if (b->search.found != MutatorBackstepNEVER) {
    finish(b, MutatorBackstepReasonWRITE, b->search.found);
    return;
  }
  i = candidate(b);
  if (i == b->checkpoints || replay(b, i) != MutatorResOK) {
    b->search.active = 0;
    b->target = b->search.origin;
    b->reason = MutatorBackstepReasonNOTFOUND;
  }
}

/* A checkpoint between two ticks may be all there is of its interval. */
void mutatorBackstepSearchEnd(Backstep b) {
  while (b->search.active && b->now >= b->search.end)
    ended(b);
}

void mutatorBackstepSearchTick(Backstep b) {
  b->search.exact = 1;
  if (b->now != b->search.step)
    return;
  look(b, b->now);
  b->search.step = MutatorBackstepNEVER;
  mutatorBackstepCloseAgain(b, b->search.area->region, b->search.unit);
}

static BackstepArea areaOf(Backstep b, MutatorWord address) {
  BackstepRegion region = address % sizeof(MutatorWord) == 0 ? mutatorBackstepFind(b, address) : NULL;
  return region == NULL ? NULL : &region->data;
}

/* At a tick, or between one and the next: what has been written since counts as well. */
MutatorRes mutatorBackstepSearch(Backstep b, MutatorWord address) {
  const BackstepSearchStruct fresh = {.area = areaOf(b, address),
                                      .word = (const MutatorWord *)address,
                                      .origin = b->now,
                                      .id = MutatorBackstepNEVER,
                                      .end = b->now};
  size_t i;
  if (fresh.area == NULL)
    return MutatorResPARAM;
  b->search = fresh;
  b->search.unit = mutatorBackstepUnit(b, fresh.area, address);
  if ((fresh.area->region->wanted[b->search.unit] & MutatorAccessREAD) == 0)
    return MutatorResACCESS;
  b->search.value = *fresh.word;
  i = candidate(b);
  return i == b->checkpoints ? MutatorResFAIL : replay(b, i);
}

/* in the handler ------------------------------------------------------------------ */

/* A write that cannot be stepped is made by itself, and the word looked at when the next tick comes. */
static void untilNextTick(Backstep b, uint64_t now) {
  b->search.step = now + 1;
  mutatorBackstepCountTo(b, now + 1);
}

void mutatorBackstepSearchTouched(Backstep b) {
  const uint64_t now = mutatorBackstepTickOf(b);
  if (now != b->search.last)
    look(b, now);
  b->search.last = now;
  if (b->search.step == MutatorBackstepNEVER)
    untilNextTick(b, now);
}

MutatorBool mutatorBackstepSearchWrite(Backstep b, BackstepRegion region, size_t unit, MutatorContext context) {
  const uint64_t now = mutatorBackstepTickOf(b);
  if (now != b->search.last)
    look(b, now);
  b->search.last = now;
  if (!mutatorBackstepOpen(b, region, unit))
    return 0;
  if (b->checkpoints == 0 || b->search.step != MutatorBackstepNEVER)
    return 1;
  if (MutatorContextStepInstruction(context) != MutatorResOK) {
    untilNextTick(b, now);
    return 1;
  }
  mutatorBackstepCloseAgain(b, region, unit);
  return 1;
}
