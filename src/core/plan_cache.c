/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/plan_cache.c -- plans by PC, verified by the instruction's bytes
 *
 * A JIT may rewrite the code at a PC at any time, so a plan is good only for
 * the bytes that it was made from: they are kept beside it and compared.
 *
 * Each slot is a seqlock.  A reader that meets a writer has a miss; a writer
 * that meets another leaves: nobody waits, so a thread stopped or interrupted
 * in the middle of a write costs one slot until it goes on.
 */

#include "core/plan_cache.h"

#include <string.h>

PlanCacheSlot *mutatorPlanCacheSlots;
size_t mutatorPlanCacheMask;

/* Multiplicative hashing; code addresses differ in their low bits. */
static PlanCacheSlot *slotOf(MutatorWord pc) {
  uint64_t hash = (uint64_t)pc * UINT64_C(0x9e3779b97f4a7c15);
  return &mutatorPlanCacheSlots[(size_t)(hash >> 32) & mutatorPlanCacheMask];
}

static void readWords(MutatorWord *words, const AtomicWord *source, size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    words[i] = atomicLoadRelaxed(&source[i]);
}

static void writeWords(AtomicWord *target, const MutatorWord *words, size_t count) {
  size_t i;
  for (i = 0; i < count; i++)
    atomicStoreRelaxed(&target[i], words[i]);
}

typedef struct Entry {
  MutatorWord bytes[PlanCacheByteWords];
  MutatorWord plan[PlanCachePlanWords];
} Entry;

static MutatorBool readSlot(const PlanCacheSlot *slot, MutatorWord pc, Entry *entry) {
  uintptr_t sequence = atomicLoadAcquire(&slot->sequence);
  if ((sequence & 1) != 0 || atomicLoadRelaxed(&slot->pc) != pc)
    return 0;
  readWords(entry->bytes, slot->bytes, PlanCacheByteWords);
  readWords(entry->plan, slot->plan, PlanCachePlanWords);
  atomicFenceAcquire();
  return atomicLoadRelaxed(&slot->sequence) == sequence;
}

MutatorBool mutatorPlanCacheFind(ArchPlan plan, MutatorWord pc, const unsigned char *bytes, size_t count) {
  Entry entry;
  size_t length;
  if (!readSlot(slotOf(pc), pc, &entry))
    return 0;
  memcpy(plan, entry.plan, sizeof *plan);
  length = mutatorArchPlanLength(plan);
  /* A slot never written has length 0: no plan. */
  return length > 0 && length <= count && planCacheSame((const unsigned char *)entry.bytes, bytes, length);
}

static void fillEntry(Entry *entry, const ArchPlanStruct *plan, const unsigned char *bytes) {
  memset(entry, 0, sizeof *entry);
  memcpy(entry->bytes, bytes, mutatorArchPlanLength(plan));
  memcpy(entry->plan, plan, sizeof *plan);
}

void mutatorPlanCacheAdd(const ArchPlanStruct *plan, MutatorWord pc, const unsigned char *bytes) {
  PlanCacheSlot *slot = slotOf(pc);
  uintptr_t sequence = atomicLoadRelaxed(&slot->sequence);
  Entry entry;
  if ((sequence & 1) != 0 || !atomicCompareAndSwap(&slot->sequence, &sequence, sequence + 1))
    return;
  fillEntry(&entry, plan, bytes);
  atomicFenceRelease();
  atomicStoreRelaxed(&slot->pc, pc);
  writeWords(slot->bytes, entry.bytes, PlanCacheByteWords);
  writeWords(slot->plan, entry.plan, PlanCachePlanWords);
  atomicStoreRelease(&slot->sequence, sequence + 2);
}
