/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/restore.c -- back to a checkpoint
 *
 * Every unit that has been written since is opened before the first byte is
 * changed.  Then the intervals give their bytes, the oldest first, and of a unit
 * that several have only the oldest counts.
 */

#include <string.h>

#include "backstep/backstep.h"

static void markInterval(Backstep b, BackstepSlot slot) {
  for (; slot != 0; slot = b->entries[slot].next) {
    BackstepArea area = b->entries[slot].area;
    const size_t unit = mutatorBackstepUnit(b, area, b->entries[slot].address);
    backstepBitSet(area->mark, unit);
    if (area == &area->region->access)
      area->region->mixed = 1;
  }
}

static size_t countRuns(BackstepRegion region) {
  size_t runs = 0, from = 0;
  while ((from = mutatorBackstepNextSet(region->data.mark, from, region->data.units)) < region->data.units) {
    from = mutatorBackstepNextClear(region->data.mark, from, region->data.units);
    ++runs;
  }
  return runs;
}

static MutatorRes openFor(Backstep b, BackstepRegion region, size_t from, size_t limit) {
  return mutatorOSProtect(mutatorBackstepAddress(b, &region->data, from), (limit - from) * b->unit,
                          MutatorAccessREAD | MutatorAccessWRITE);
}

static MutatorRes openMarked(Backstep b, BackstepRegion region) {
  const size_t runs = countRuns(region);
  MutatorRes res = MutatorResOK;
  size_t from, limit;
  if (runs > BackstepRunsATONCE)
    return openFor(b, region, 0, region->data.units);
  from = mutatorBackstepNextSet(region->data.mark, 0, region->data.units);
  for (; from < region->data.units && res == MutatorResOK;
       from = mutatorBackstepNextSet(region->data.mark, limit, region->data.units)) {
    limit = mutatorBackstepNextClear(region->data.mark, from, region->data.units);
    res = openFor(b, region, from, limit);
  }
  return res;
}

/* Everything as `wanted` and `open` say: some of it may be open for us. */
static void applyAll(Backstep b) {
  size_t i;
  for (i = 0; i < b->regions; ++i)
    (void)mutatorBackstepApply(b, b->region[i], 0, b->region[i]->data.units);
}

static MutatorBool openAllMarked(Backstep b) {
  size_t i;
  for (i = 0; i < b->regions; ++i)
    if (openMarked(b, b->region[i]) != MutatorResOK)
      return 0;
  return 1;
}

static void clearMarks(Backstep b) {
  size_t i;
  for (i = 0; i < b->regions; ++i) {
    BackstepRegion region = b->region[i];
    memset(region->data.mark, 0, BACKSTEP_WORDS(region->data.units) * sizeof *region->data.mark);
    memset(region->access.mark, 0, BACKSTEP_WORDS(region->access.units) * sizeof *region->access.mark);
  }
}

static void copyBack(Backstep b, BackstepSlot slot) {
  for (; slot != 0; slot = b->entries[slot].next) {
    BackstepArea area = b->entries[slot].area;
    const size_t unit = mutatorBackstepUnit(b, area, b->entries[slot].address);
    if (backstepBit(area->mark, unit))
      memcpy((void *)b->entries[slot].address, backstepSlot(b, slot), b->unit);
    backstepBitClear(area->mark, unit);
  }
}

/* What is marked is closed again along with what is open. */
static void closeRegion(Backstep b, BackstepRegion region, MutatorBool whole) {
  (void)mutatorBackstepClose(b, region);
  if (whole)
    (void)mutatorBackstepApply(b, region, 0, region->data.units);
}

/* Runs of both kinds, before the marks go. */
static void openMarksToo(Backstep b, BackstepRegion region) {
  size_t i;
  for (i = 0; i < BACKSTEP_WORDS(region->data.units); ++i)
    region->open[i] |= region->data.mark[i];
  b->runs -= region->runs;
  region->runs = countRuns(region) + region->runs;
  b->runs += region->runs;
}

static MutatorRes regionsBack(Backstep b, size_t to) {
  size_t i;
  for (i = to; i < b->checkpoints; ++i)
    markInterval(b, b->checkpoint[i].undo.first);
  if (!openAllMarked(b)) {
    clearMarks(b);
    applyAll(b);
    return MutatorResACCESS;
  }
  for (i = 0; i < b->regions; ++i)
    openMarksToo(b, b->region[i]);
  for (i = to; i < b->checkpoints; ++i)
    copyBack(b, b->checkpoint[i].undo.first);
  for (i = 0; i < b->regions; ++i)
    closeRegion(b, b->region[i], b->region[i]->mixed);
  return MutatorResOK;
}

static void dropYounger(Backstep b, size_t to) {
  while (b->checkpoints > to + 1) {
    mutatorBackstepFreeChain(b, &backstepNewest(b)->undo);
    mutatorBackstepRemove(b, b->checkpoints - 1);
  }
  mutatorBackstepFreeChain(b, &backstepNewest(b)->undo);
}

MutatorRes mutatorBackstepUndo(Backstep b) {
  const MutatorRes res = regionsBack(b, b->checkpoints - 1);
  if (res == MutatorResOK)
    mutatorBackstepFreeChain(b, &backstepNewest(b)->undo);
  return res;
}

MutatorRes mutatorBackstepRestore(Backstep b, size_t i) {
  BackstepCheckpoint checkpoint = &b->checkpoint[i];
  const MutatorRes res = regionsBack(b, i);
  if (res != MutatorResOK)
    return res;
  dropYounger(b, i);
  mutatorBackstepStackRestore(b, checkpoint->stack.first);
  (void)MutatorInjectImageLoad(b->context, b->image + checkpoint->image * b->imageSize, b->imageSize);
  b->now = checkpoint->tick;
  b->events = checkpoint->events;
  mutatorBackstepValuesSeek(b, checkpoint->values);
  b->stats.restored++;
  return MutatorResOK;
}
