/* SPDX-License-Identifier: BSD-2-Clause
 *
 * core/counters.c -- what has happened so far, counted in stripes
 */

#include <mutator/counters.h>

#include "cc/atomic.h"
#include "core/core.h"
#include "core/stripe.h"

#define COUNTERS (sizeof(MutatorCountersStruct) / sizeof(uint64_t))

typedef struct CounterStripeStruct {
  _Alignas(STRIPE_BYTES) uint64_t count[COUNTERS];
} CounterStripeStruct;

static CounterStripeStruct counterStripes[STRIPE_COUNT];

void mutatorCoreCount(size_t counter) { atomicCount(&counterStripes[stripeHere()].count[counter]); }

static uint64_t counterSum(size_t counter) {
  uint64_t sum = 0;
  unsigned i;
  for (i = 0; i < STRIPE_COUNT; ++i)
    sum += atomicCounted(&counterStripes[i].count[counter]);
  return sum;
}

MutatorRes MutatorCountersGet(MutatorCounters counters) {
  size_t i;
  if (!coreAligned(counters))
    return MutatorResPARAM;
  counters->handled = counterSum(CORE_COUNTER(handled));
  counters->forwarded = counterSum(CORE_COUNTER(forwarded));
  counters->faults = counters->handled + counters->forwarded;
  counters->recovered = counterSum(CORE_COUNTER(recovered));
  counters->steps = counterSum(CORE_COUNTER(steps));
  counters->inaccessible = counterSum(CORE_COUNTER(inaccessible));
  counters->planHits = counterSum(CORE_COUNTER(planHits));
  counters->planMisses = counterSum(CORE_COUNTER(planMisses));
  for (i = 0; i < MutatorDeclineLIMIT; ++i)
    counters->declines[i] = counterSum(CORE_COUNTER(declines) + i);
  return MutatorResOK;
}
