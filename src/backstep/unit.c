/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/unit.c -- units of a region: saved once an interval, then open
 */

#include <string.h>

#include "backstep/backstep.h"

BackstepRegion mutatorBackstepFind(Backstep b, MutatorWord address) {
  size_t low = 0, high = b->regions;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (b->region[middle]->limit <= address)
      low = middle + 1;
    else
      high = middle;
  }
  return low < b->regions && b->region[low]->data.base <= address ? b->region[low] : NULL;
}

size_t mutatorBackstepUnit(Backstep b, const BackstepAreaStruct *area, MutatorWord address) {
  return (address - area->base) / b->unit;
}

MutatorWord mutatorBackstepAddress(Backstep b, const BackstepAreaStruct *area, size_t unit) {
  return area->base + unit * b->unit;
}

MutatorBool mutatorBackstepSave(Backstep b, BackstepArea area, size_t unit) {
  BackstepSlot slot;
  if (backstepBit(area->saved, unit))
    return 1;
  slot = b->checkpoints == 0 ? 0 : mutatorBackstepTake(b);
  if (slot == 0)
    return 0;
  mutatorBackstepAppend(b, &backstepNewest(b)->undo, slot);
  b->entries[slot].address = mutatorBackstepAddress(b, area, unit);
  b->entries[slot].area = area;
  memcpy(backstepSlot(b, slot), (const void *)b->entries[slot].address, b->unit);
  backstepBitSet(area->saved, unit);
  b->stats.units++;
  return 1;
}

static MutatorAccess allowed(BackstepRegion region, size_t unit) {
  const MutatorAccess wanted = region->wanted[unit];
  return backstepBit(region->open, unit) ? wanted : wanted & ~(MutatorAccess)MutatorAccessWRITE;
}

/* One past the last unit that is allowed the same as the first. */
static size_t same(BackstepRegion region, size_t from, size_t limit) {
  size_t to;
  if (!region->mixed)
    return backstepBit(region->open, from) ? mutatorBackstepNextClear(region->open, from, limit)
                                           : mutatorBackstepNextSet(region->open, from, limit);
  for (to = from + 1; to < limit && allowed(region, to) == allowed(region, from); ++to)
    continue;
  return to;
}

MutatorRes mutatorBackstepApply(Backstep b, BackstepRegion region, size_t from, size_t limit) {
  MutatorRes res = MutatorResOK;
  while (from < limit && res == MutatorResOK) {
    const size_t to = same(region, from, limit);
    res =
        mutatorOSProtect(mutatorBackstepAddress(b, &region->data, from), (to - from) * b->unit, allowed(region, from));
    from = to;
  }
  return res;
}

/* opening ------------------------------------------------------------------------ */

static MutatorBool isOpen(BackstepRegion region, size_t unit) {
  return unit < region->data.units && backstepBit(region->open, unit);
}

/* What the runs of open units grow by when that unit is one of them: one, none, or one less. */
static size_t growth(BackstepRegion region, size_t unit) {
  return 1 - ((size_t)isOpen(region, unit - 1) + (size_t)isOpen(region, unit + 1));
}

static MutatorBool saveAndMark(Backstep b, BackstepRegion region, size_t unit) {
  if (backstepBit(region->open, unit))
    return 1;
  if (!mutatorBackstepSave(b, &region->data, unit))
    return 0;
  region->runs += growth(region, unit);
  b->runs += growth(region, unit);
  backstepBitSet(region->open, unit);
  return 1;
}

static void unmark(Backstep b, BackstepRegion region, size_t unit) {
  backstepBitClear(region->open, unit);
  region->runs -= growth(region, unit);
  b->runs -= growth(region, unit);
}

/* May it be opened along with others?  What the client has closed stays closed. */
static MutatorBool mayOpen(BackstepRegion region, size_t unit) {
  return (region->wanted[unit] & MutatorAccessWRITE) != 0;
}

/* The gap between two open units becomes open: two runs become one, and the
 * system need not divide any stretch for it.  A gap is not followed farther than `reach` to either side. */
static MutatorRes openGap(Backstep b, BackstepRegion region, size_t unit, size_t reach) {
  size_t from = unit, limit = unit + 1, i;
  while (from > 0 && unit - from < reach && !isOpen(region, from - 1) && mayOpen(region, from - 1))
    --from;
  while (limit < region->data.units && limit - unit < reach && !isOpen(region, limit) && mayOpen(region, limit))
    ++limit;
  for (i = from; i < limit; ++i) {
    if (!saveAndMark(b, region, i))
      return MutatorResLIMIT;
    b->stats.coarsened += i != unit;
  }
  return mutatorBackstepApply(b, region, from, limit);
}

enum { GapFAR = 256 };

/* In order: the unit; the gap it is in, when there are many runs, or the system has no room for more. */
static MutatorRes tryOpen(Backstep b, BackstepRegion region, size_t unit) {
  const MutatorBool many = b->runs >= b->runsLimit && !isOpen(region, unit - 1) && !isOpen(region, unit + 1);
  MutatorRes res;
  if (!saveAndMark(b, region, unit))
    return MutatorResLIMIT;
  if (many) {
    unmark(b, region, unit);
    res = openGap(b, region, unit, GapFAR);
  } else {
    res = mutatorBackstepApply(b, region, unit, unit + 1);
  }
  if (res != MutatorResMEMORY)
    return res;
  unmark(b, region, unit);
  return openGap(b, region, unit, region->data.units);
}

MutatorBool mutatorBackstepOpen(Backstep b, BackstepRegion region, size_t unit) {
  const MutatorRes res = tryOpen(b, region, unit);
  if (res == MutatorResOK || res == MutatorResACCESS)
    return res == MutatorResOK;
  mutatorBackstepLose(b);
  return mutatorBackstepApply(b, region, unit, unit + 1) == MutatorResOK;
}

/* The bytes are those of the last checkpoint: who could have changed them would have come here. */
void mutatorBackstepSaveClosed(Backstep b, BackstepRegion region, size_t unit) {
  if (backstepBit(region->data.saved, unit) || b->checkpoints == 0)
    return;
  if ((region->wanted[unit] & MutatorAccessREAD) == 0 &&
      mutatorOSProtect(mutatorBackstepAddress(b, &region->data, unit), b->unit, MutatorAccessREAD) != MutatorResOK)
    return;
  if (!mutatorBackstepSave(b, &region->data, unit))
    mutatorBackstepLose(b);
  (void)mutatorBackstepApply(b, region, unit, unit + 1);
}

void mutatorBackstepCloseAgain(Backstep b, BackstepRegion region, size_t unit) {
  if (backstepBit(region->open, unit))
    unmark(b, region, unit);
  (void)mutatorBackstepApply(b, region, unit, unit + 1);
}

/* closing ------------------------------------------------------------------------ */

static MutatorRes closeRuns(Backstep b, BackstepRegion region) {
  MutatorRes res = MutatorResOK;
  size_t from = mutatorBackstepNextSet(region->open, 0, region->data.units), limit, i;
  while (from < region->data.units && res == MutatorResOK) {
    limit = mutatorBackstepNextClear(region->open, from, region->data.units);
    for (i = from; i < limit; ++i)
      backstepBitClear(region->open, i);
    res = mutatorBackstepApply(b, region, from, limit);
    from = mutatorBackstepNextSet(region->open, limit, region->data.units);
  }
  return res;
}

static void clear(MutatorWord *bits, size_t count) { memset(bits, 0, BACKSTEP_WORDS(count) * sizeof *bits); }

MutatorRes mutatorBackstepClose(Backstep b, BackstepRegion region) {
  const MutatorBool atOnce = region->runs > BackstepRunsATONCE;
  MutatorRes res = atOnce ? MutatorResOK : closeRuns(b, region);
  b->runs -= region->runs;
  region->runs = 0;
  clear(region->open, region->data.units);
  clear(region->data.saved, region->data.units);
  clear(region->access.saved, region->access.units);
  return atOnce ? mutatorBackstepApply(b, region, 0, region->data.units) : res;
}

/* Unmapped memory is skipped: what is there of the region is opened bit by bit. */
static void openRegion(Backstep b, BackstepRegion region) {
  size_t unit;
  memset(region->open, -1, BACKSTEP_WORDS(region->data.units) * sizeof *region->open);
  region->runs = 1;
  b->runs++;
  if (mutatorBackstepApply(b, region, 0, region->data.units) == MutatorResOK)
    return;
  for (unit = 0; unit < region->data.units; ++unit)
    (void)mutatorBackstepApply(b, region, unit, unit + 1);
}

void mutatorBackstepOpenAll(Backstep b) {
  size_t i;
  b->runs = 0;
  for (i = 0; i < b->regions; ++i)
    openRegion(b, b->region[i]);
}
