/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/touch.c -- writes that make no fault, and what a collector allows
 */

#include <string.h>

#include "backstep/backstep.h"

/* Behind the unit in which `address` is, or in which a region begins. */
static MutatorWord nextAddress(Backstep b, BackstepRegion region, MutatorWord address) {
  const size_t unit = mutatorBackstepUnit(b, &region->data, address);
  return mutatorBackstepAddress(b, &region->data, unit + 1);
}

/* The first region above an address that is in none. */
static BackstepRegion above(Backstep b, MutatorWord address) {
  size_t i;
  for (i = 0; i < b->regions; ++i)
    if (b->region[i]->data.base > address)
      return b->region[i];
  return NULL;
}

static MutatorBool touchUnit(Backstep b, BackstepRegion region, size_t unit) {
  if ((region->wanted[unit] & MutatorAccessWRITE) == 0)
    return 0;
  if (backstepBit(region->open, unit))
    return 1;
  if (!mutatorBackstepOpen(b, region, unit))
    return 0;
  if (mutatorBackstepWatched(b, region, unit))
    mutatorBackstepSearchTouched(b);
  return 1;
}

static MutatorBool touch(Backstep b, MutatorWord base, MutatorWord limit) {
  MutatorWord address = base;
  while (address < limit) {
    BackstepRegion region = mutatorBackstepFind(b, address);
    if (region == NULL) {
      region = above(b, address);
      if (region == NULL || region->data.base >= limit)
        return 1;
      address = region->data.base;
    }
    if (!touchUnit(b, region, mutatorBackstepUnit(b, &region->data, address)))
      return 0;
    address = nextAddress(b, region, address);
  }
  return 1;
}

MutatorRes MutatorBackstepTouch(MutatorBackstep backstep, void *base, void *limit) {
  Backstep b = backstepOf(backstep);
  OSSignalsStruct signals;
  MutatorBool touched;
  if (b == NULL || (MutatorWord)limit < (MutatorWord)base)
    return MutatorResPARAM;
  if (!backstepIsMutator(b) || !mutatorBackstepEnter(b, &signals, 1))
    return MutatorResSTATE;
  touched = touch(b, (MutatorWord)base, (MutatorWord)limit);
  mutatorBackstepLeave(b, &signals);
  return touched ? MutatorResOK : MutatorResACCESS;
}

/* what is allowed ------------------------------------------------------------------ */

static MutatorBool isAllowed(MutatorAccess access) {
  return access == MutatorAccessNONE || access == MutatorAccessREAD ||
         access == (MutatorAccessREAD | MutatorAccessWRITE);
}

/* What was allowed before is saved as a region's bytes are. */
static MutatorBool saveWanted(Backstep b, BackstepRegion region, size_t from, size_t limit) {
  size_t i;
  for (i = from / b->unit; i <= (limit - 1) / b->unit && b->checkpoints > 0; ++i)
    if (!mutatorBackstepSave(b, &region->access, i))
      return 0;
  return 1;
}

static MutatorRes protect(Backstep b, BackstepRegion region, MutatorWord base, MutatorWord limit,
                          MutatorAccess access) {
  const size_t from = mutatorBackstepUnit(b, &region->data, base), to = from + (limit - base) / b->unit;
  if (!saveWanted(b, region, from, to))
    return MutatorResLIMIT;
  memset(region->wanted + from, (int)access, to - from);
  region->mixed = 1;
  return mutatorBackstepApply(b, region, from, to);
}

MutatorRes MutatorBackstepProtect(MutatorBackstep backstep, void *base, void *limit, MutatorAccess access) {
  Backstep b = backstepOf(backstep);
  const MutatorWord first = (MutatorWord)base, last = (MutatorWord)limit;
  OSSignalsStruct signals;
  BackstepRegion region;
  MutatorRes res = MutatorResPARAM;
  if (b == NULL || first >= last || !isAllowed(access) || ((first | last) & (b->unit - 1)) != 0)
    return MutatorResPARAM;
  if (!mutatorBackstepEnter(b, &signals, 1))
    return MutatorResPARAM;
  region = mutatorBackstepFind(b, first);
  if (region != NULL && last <= region->limit)
    res = protect(b, region, first, last, access);
  mutatorBackstepLeave(b, &signals);
  return res;
}
