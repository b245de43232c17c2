/* SPDX-License-Identifier: BSD-2-Clause
 *
 * backstep/setup_region.c -- regions come and go
 */

#include <string.h>

#include "backstep/backstep.h"

static MutatorBool overlap(MutatorWord base, MutatorWord limit, MutatorWord other, size_t size) {
  return base < other + size && other < limit;
}

/* The client's structure, ours, and the mutator's stack. */
static MutatorBool isTaken(Backstep b, MutatorBackstepRegion client, MutatorWord base, MutatorWord limit) {
  const MutatorWord here = (MutatorWord)&base & ~(mutatorOSPageSize() - 1);
  size_t i;
  if (overlap(base, limit, (MutatorWord)b, b->size) ||
      overlap(base, limit, (MutatorWord)b->client, sizeof *b->client) ||
      overlap(base, limit, (MutatorWord)client, sizeof *client) || overlap(base, limit, here, b->stackCold - here))
    return 1;
  for (i = 0; i < b->regions; ++i)
    if (overlap(base, limit, b->region[i]->data.base, b->region[i]->limit - b->region[i]->data.base) ||
        overlap(base, limit, (MutatorWord)b->region[i]->client, sizeof *client) ||
        overlap(base, limit, (MutatorWord)b->region[i], b->region[i]->size))
      return 1;
  return 0;
}

static void layOutArea(BackstepArea area, BackstepRegion region, MutatorWord base, size_t units, MutatorWord *bits) {
  area->region = region;
  area->base = base;
  area->units = units;
  area->saved = bits;
  area->mark = bits + BACKSTEP_WORDS(units);
}

/* `wanted` is whole units long, since it is saved by units; it comes first, at the mapping's beginning. */
static BackstepRegion make(Backstep b, MutatorBackstepRegion client, MutatorWord base, MutatorWord limit) {
  const size_t units = (limit - base) / b->unit, chunks = (units + b->unit - 1) / b->unit;
  const size_t words = 3 * BACKSTEP_WORDS(units) + 2 * BACKSTEP_WORDS(chunks);
  const size_t size = chunks * b->unit + words * sizeof(MutatorWord) + sizeof(BackstepRegionStruct);
  unsigned char *memory = mutatorOSReserve(size);
  MutatorWord *bits = (MutatorWord *)(void *)(memory + chunks * b->unit);
  BackstepRegion region = (BackstepRegion)(void *)(bits + words);
  if (memory == NULL)
    return NULL;
  memset(memory, MutatorAccessREAD | MutatorAccessWRITE, units);
  layOutArea(&region->data, region, base, units, bits);
  layOutArea(&region->access, region, (MutatorWord)memory, chunks, bits + 2 * BACKSTEP_WORDS(units));
  region->open = bits + 2 * (BACKSTEP_WORDS(units) + BACKSTEP_WORDS(chunks));
  region->wanted = memory;
  region->limit = limit;
  region->client = client;
  region->size = size;
  return region;
}

static void destroy(BackstepRegion region) { mutatorOSRelease(region->wanted, region->size); }

static void insert(Backstep b, BackstepRegion region) {
  size_t i = b->regions++;
  for (; i > 0 && b->region[i - 1]->data.base > region->data.base; --i)
    b->region[i] = b->region[i - 1];
  b->region[i] = region;
  if (b->regions == 1 || region->data.base < atomicLoad(&b->low))
    atomicStore(&b->low, region->data.base);
  if (region->limit > atomicLoad(&b->high))
    atomicStore(&b->high, region->limit);
}

static void takeOut(Backstep b, BackstepRegion region) {
  size_t i = 0;
  while (b->region[i] != region)
    ++i;
  for (b->regions--; i < b->regions; ++i)
    b->region[i] = b->region[i + 1];
}

/* What comes next may be a write to it, and the newest checkpoint is to know what was there before. */
static MutatorRes shut(Backstep b, BackstepRegion region) {
  MutatorRes res;
  if (b->checkpoints > 0)
    return mutatorBackstepApply(b, region, 0, region->data.units);
  memset(region->open, -1, BACKSTEP_WORDS(region->data.units) * sizeof *region->open);
  res = mutatorBackstepApply(b, region, 0, region->data.units);
  region->runs = 1;
  b->runs += res == MutatorResOK;
  return res;
}

static MutatorRes add(Backstep b, MutatorBackstepRegion client, BackstepRegion region) {
  const MutatorBackstepRegionStruct fresh = {
      .signature = CORE_SIGNATURE_BACKSTEP_REGION, .size = sizeof fresh, .owner = b->client, .state = region};
  OSSignalsStruct signals;
  MutatorRes res = MutatorResSTATE;
  if (!mutatorBackstepEnter(b, &signals, 1))
    return res;
  res = shut(b, region);
  if (res == MutatorResOK) {
    insert(b, region);
    *client = fresh;
  }
  mutatorBackstepLeave(b, &signals);
  return res == MutatorResACCESS ? MutatorResPARAM : res;
}

static MutatorBool isAdded(Backstep b, MutatorBackstepRegion client) {
  size_t i;
  for (i = 0; i < b->regions; ++i)
    if (b->region[i]->client == client)
      return 1;
  return 0;
}

MutatorRes MutatorBackstepRegionAdd(MutatorBackstep backstep, MutatorBackstepRegion client, void *base, void *limit) {
  Backstep b = backstepOf(backstep);
  BackstepRegion region;
  MutatorRes res;
  if (b == NULL || !coreAligned(client) || base >= limit ||
      (((MutatorWord)base | (MutatorWord)limit) & (b->unit - 1)) != 0)
    return MutatorResPARAM;
  if (!backstepIsOutside(b) || isAdded(b, client))
    return MutatorResSTATE;
  if (isTaken(b, client, (MutatorWord)base, (MutatorWord)limit))
    return MutatorResPARAM;
  if (b->regions == BackstepRegionLIMIT)
    return MutatorResLIMIT;
  region = make(b, client, (MutatorWord)base, (MutatorWord)limit);
  if (region == NULL)
    return MutatorResMEMORY;
  res = add(b, client, region);
  if (res != MutatorResOK)
    destroy(region);
  return res;
}

MutatorRes MutatorBackstepRegionRemove(MutatorBackstep backstep, MutatorBackstepRegion client) {
  Backstep b = backstepOf(backstep);
  OSSignalsStruct signals;
  BackstepRegion region;
  if (b == NULL || !coreAligned(client) || !isAdded(b, client))
    return MutatorResPARAM;
  if (!backstepIsOutside(b) || !mutatorBackstepEnter(b, &signals, 1))
    return MutatorResSTATE;
  region = client->state;
  if (b->checkpoints > 0)
    mutatorBackstepLose(b);
  b->runs -= region->runs;
  takeOut(b, region);
  client->signature = 0;
  mutatorBackstepLeave(b, &signals);
  destroy(region);
  return MutatorResOK;
}
