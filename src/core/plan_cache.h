/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/plan_cache.h -- plans of instructions that have faulted before
 */

#ifndef mutator_core_plan_cache_h
#define mutator_core_plan_cache_h

#include "arch/arch.h"
#include "cc/atomic.h"

enum { PlanCachePlanWords = sizeof(ArchPlanStruct) / sizeof(AtomicWord) };
enum { PlanCacheByteWords = ARCH_FETCH_MAX / sizeof(AtomicWord) };

/* One slot, 64 bytes on a 64-bit CPU.  The sequence is odd while it is written. */
typedef struct PlanCacheSlot {
  AtomicWord sequence;
  AtomicWord pc;
  AtomicWord bytes[PlanCacheByteWords]; /* of the instruction, then zeros */
  AtomicWord plan[PlanCachePlanWords];
} PlanCacheSlot;

/* Set at set-up, before any fault; the mask is one less than the number of slots. */
extern PlanCacheSlot *mutatorPlanCacheSlots;
extern size_t mutatorPlanCacheMask;

/* Are an instruction's bytes the same?  So few are compared sooner than memcmp(3) is called. */
static inline MutatorBool planCacheSame(const unsigned char *one, const unsigned char *other, size_t length) {
  size_t i = 0;
  while (i < length && one[i] == other[i])
    i++;
  return i == length;
}

/* mutatorPlanCacheFind -- a plan made from exactly these bytes at this PC
 *
 * bytes    as fetched from pc, `count` of them
 * Returns  true and *plan, or false
 */
MutatorBool mutatorPlanCacheFind(ArchPlan plan, MutatorWord pc, const unsigned char *bytes, size_t count);

/* mutatorPlanCacheAdd -- remember it; does nothing when somebody is writing the slot */
void mutatorPlanCacheAdd(const ArchPlanStruct *plan, MutatorWord pc, const unsigned char *bytes);

/* Set-up (core/setup_plan_cache.c): OK or MEMORY.  Undo is for a set-up that fails later. */
MutatorRes mutatorPlanCacheSetup(size_t plans);
void mutatorPlanCacheUndo(void);

#endif
