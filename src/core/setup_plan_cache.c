/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/setup_plan_cache.c -- memory for the plan cache
 */

#include "core/plan_cache.h"
#include "os/os.h"

static size_t powerOfTwo(size_t atLeast) {
  size_t power = 1;
  while (power < atLeast)
    power *= 2;
  return power;
}

MutatorRes mutatorPlanCacheSetup(size_t plans) {
  size_t count = powerOfTwo(plans);
  PlanCacheSlot *slots = mutatorOSReserve(count * sizeof *slots);
  if (slots == NULL)
    return MutatorResMEMORY;
  mutatorPlanCacheSlots = slots;
  mutatorPlanCacheMask = count - 1;
  return MutatorResOK;
}

void mutatorPlanCacheUndo(void) {
  mutatorOSRelease(mutatorPlanCacheSlots, (mutatorPlanCacheMask + 1) * sizeof *mutatorPlanCacheSlots);
  mutatorPlanCacheSlots = NULL;
}
